"""parse_mode HTML, case by case; offsets are UTF-16 units of the text, byte offsets those of the source."""

from typing import Any

import pytest

from simulator import utf16
from simulator.entities import parse_html
from simulator.errors import Refused
from simulator.texts import read
from tests.simulator.conftest import Stage

PLAIN = {
    "&lt;&gt;&amp;&quot;&laquo;&#12345678;": '<>&"&laquo;&#12345678;',
    "&#x1F600;&#20013": "😀中",
    "a & b &": "a & b &",
    "&ltb": "&ltb",
}
MARKED: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "<b>粗</b>": ("粗", [("bold", 0, 1)]),
    "😀<i>斜</i>": ("😀斜", [("italic", 2, 1)]),
    "<B>a</b><strong>b</strong>": ("ab", [("bold", 0, 1), ("bold", 1, 1)]),
    "<b>a<i>b</i>c</b>": ("abc", [("bold", 0, 3), ("italic", 1, 1)]),
    "<u>a</u><ins>b</ins>": ("ab", [("underline", 0, 1), ("underline", 1, 1)]),
    "<s>a</s><strike>b</strike><del>c</del>": ("abc", [("strikethrough", n, 1) for n in range(3)]),
    "<tg-spoiler>a</tg-spoiler><span class=\"tg-spoiler\">b</span>": ("ab", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
    "<a href=\"https://example.com/?a=1&amp;b=2\">看</a>": ("看", [("text_link", 0, 1, "https://example.com/?a=1&b=2")]),
    "<a href='example.com'>看</a>": ("看", [("text_link", 0, 1, "http://example.com/")]),
    "<a href=nowhere>看</a>": ("看", []),
    "<a>https://example.com/x</a>": ("https://example.com/x", [("text_link", 0, 21, "https://example.com/x")]),
    "<code>x</code><pre>y</pre>": ("xy", [("code", 0, 1), ("pre", 1, 1)]),
    "<pre><code class=\"language-python\">y</code></pre>": ("y", [("pre", 0, 1, "python")]),
    "<blockquote>a</blockquote><blockquote expandable>b</blockquote>": (
        "ab", [("blockquote", 0, 1), ("expandable_blockquote", 1, 1)]),
    "<b></b>空": ("空", []),
    "<b>a</>": ("a", [("bold", 0, 1)]),
}  # fmt: skip
WRONG = {
    "🏟 🏟&lt;<abacaba": "Unclosed start tag at byte offset 13",
    "🏟 🏟&lt;<abac aba>": "Unsupported start tag \"abac\" at byte offset 13",
    "🏟 🏟&lt;<i   =aba>": "Empty attribute name in the tag \"i\" at byte offset 13",
    "🏟 🏟&lt;<i    aba>": "Can't find end tag corresponding to start tag \"i\"",
    "🏟 🏟&lt;<i    aba  =  ": "Unclosed start tag \"i\" at byte offset 13",
    "🏟 🏟&lt;<i    aba  =  190azAz-.,": "Unexpected end of name token at byte offset 27",
    "🏟 🏟&lt;<i    aba  =  \"&lt;&gt;&quot;>": "Unclosed start tag at byte offset 13",
    "🏟 🏟&lt;</": "Unexpected end tag at byte offset 13",
    "🏟 🏟&lt;<b></b></": "Unexpected end tag at byte offset 20",
    "🏟 🏟&lt;<i>a</i   ": "Unclosed end tag at byte offset 17",
    "🏟 🏟&lt;<i>a</em   >": "Unmatched end tag at byte offset 17, expected \"</i>\", found \"</em>\"",
    "<span>a</span>": "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0",
    "1 < 2": "Unsupported start tag \"\" at byte offset 2",
    "&#xDFDF;": "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate "
                "code units",
    "<tg-emoji emoji-id=\"x\">😀</tg-emoji>": "Invalid custom emoji identifier specified",
}  # fmt: skip


@pytest.mark.parametrize("source", PLAIN)
def test_references(source: str) -> None:
    assert parse_html(source) == (PLAIN[source], [])


@pytest.mark.parametrize("source", MARKED)
def test_entities(source: str) -> None:
    text, entities = parse_html(source)
    more = ("url", "language")
    told = [(e["type"], e["offset"], e["length"], *(e[name] for name in more if name in e)) for e in entities]
    assert (text, told) == MARKED[source]


@pytest.mark.parametrize("source", WRONG)
def test_refusals(source: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_html(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {WRONG[source]}"


def test_trimmed_with_its_entities_and_seen_by_itself() -> None:
    text, entities = read("  <b> 😀灯 </b>\r\x00 /my@x_bot http://example.com/a。", "HTML")
    assert text == "😀灯   /my@x_bot http://example.com/a。"
    assert [(e["type"], utf16.cut(text, e["offset"], e["length"])) for e in entities] == [
        ("bold", "😀灯 "), ("bot_command", "/my@x_bot"), ("url", "http://example.com/a"),
    ]  # fmt: skip


async def test_both_libraries_cut_the_same_piece(kit: Any, stage: Stage) -> None:
    sent = await kit.bot.send_message(stage.user.id, "😀😀<b>粗😀</b>尾", parse_mode="HTML")
    entity = sent.entities[0]
    cut = entity.extract_from(sent.text) if kit.name == "aiogram" else sent.parse_entity(entity)
    assert cut == "粗😀"
