"""A line becomes calls: parts, captions, albums, keyboards; and a refusal becomes one of ours."""

import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import telegram_texts as texts
from bot.channels.base import ChannelError, Impossible, Moved, TooFast, Unreachable
from bot.channels.telegram_texts import Call, Did, plan, split, units
from bot.messages import File, Outgoing, Sent
from simulator.entities import parse_html

FAMILY, FLAG, KEYCAP = "👨‍👩‍👧‍👦", "🇨🇳", "1️⃣"
WHOLE = (FAMILY, FLAG, KEYCAP, "👍🏽", "é", "\r\n", "🏴󠁧󠁢󠁥󠁮󠁧󠁿")
BUTTONS = [[("t1", "提交"), ("t2", "改地点")], [("t3", "先不报了")]]
PIECES = st.lists(st.sampled_from(["灯坏了", "。", "\n", " ", "<b>&", "😀", "x" * 40, *WHOLE]), max_size=400)


def files(photos: int, voices: int = 0) -> list[File]:
    kinds = ["photo"] * photos + ["voice"] * voices
    return [File(kind, f"sha{n}", Path(f"/nowhere/{n}")) for n, kind in enumerate(kinds)]


def out(text: str = "", **more: Any) -> Outgoing:
    return Outgoing(1, "710000001", text, **more)


def shape(calls: Sequence[Call]) -> list[tuple[str, int, str, bool]]:
    return [(call.method, len(call.files), call.html, bool(call.buttons)) for call in calls]


@given(st.one_of(PIECES.map("".join), st.text(max_size=300)), st.integers(2, 200))
def test_parts_join_to_the_text_and_none_is_too_long(text: str, most: int) -> None:
    parts = split(text, most)
    assert "".join(parts) == text
    assert all(0 < units(part) <= most for part in parts)
    assert [units(part) for part in parts] == [len(part.encode("utf-16-le", "surrogatepass")) // 2 for part in parts]


@given(PIECES)
def test_what_is_seen_as_one_character_is_never_cut(pieces: list[str]) -> None:
    text = "".join(pieces)
    cuts, at = set[int](), 0
    for part in split(text, 64):
        at += len(part)
        cuts.add(at)
    for whole in WHOLE:
        for found in re.finditer(re.escape(whole), text):
            flags = whole == FLAG  # which two of many letters are a flag depends on those before
            assert flags or not cuts & set(range(found.start() + 1, found.end()))


def test_flags_are_cut_between_two() -> None:
    assert split(FLAG * 10, 10) == [FLAG * 2] * 5


def test_cut_at_a_line_end_then_a_sentence_then_a_word() -> None:
    assert split("一二三四五。\n六七八九。十", 10) == ["一二三四五。\n", "六七八九。十"]
    assert split("一二三四五六。七八九十", 10) == ["一二三四五六。", "七八九十"]
    assert split("one two three", 10) == ["one two ", "three"]
    assert split("一" * 25, 10) == ["一" * 10, "一" * 10, "一" * 5]


def test_a_heap_of_marks_is_cut_somewhere() -> None:
    assert [units(part) for part in split("e" + "\u0301" * 24, 10)] == [10, 10, 5]


@given(st.text(max_size=60), st.text(max_size=9000))
def test_what_telegram_reads_is_what_was_written(title: str, text: str) -> None:
    calls = plan(out(text, title=title))
    read = [parse_html(call.html) for call in calls]
    assert all(units(plain) <= texts.TEXT_MOST for plain, _ in read)
    clean = [texts._sound(part).strip() for part in (title, text)]
    assert "".join(plain for plain, _ in read).split() == "\n".join(filter(None, clean)).split()
    assert {entity["type"] for _, found in read for entity in found} <= {"bold"}


def test_the_title_stands_out_and_everything_is_escaped() -> None:
    assert plan(out("剩 <2 小时> & “油烟”", title="【新任务】1121-0042")) == [
        Call("sendMessage", "<b>【新任务】1121-0042</b>\n剩 &lt;2 小时&gt; &amp; “油烟”")
    ]


def test_a_long_line_has_its_buttons_on_the_last_part() -> None:
    calls = plan(out("灯坏了。\n" * 1000, title="题", buttons=BUTTONS))
    assert [bool(call.buttons) for call in calls] == [False, True]
    assert [unescape(call.html).count("题") for call in calls] == [1, 0]


def test_words_go_with_files_where_they_can() -> None:
    words = "已清洗"
    assert shape(plan(out(words, files=files(1)))) == [("sendPhoto", 1, words, False)]
    assert shape(plan(out(words, files=files(3)))) == [("sendMediaGroup", 3, words, False)]
    assert shape(plan(out(words, files=files(0, 1)))) == [("sendVoice", 1, words, False)]
    assert shape(plan(out(files=files(2)))) == [("sendMediaGroup", 2, "", False)]
    assert shape(plan(out("长" * 1025, files=files(1)))) == [
        ("sendPhoto", 1, "", False),
        ("sendMessage", 0, "长" * 1025, False),
    ]
    assert len(plan(out("😀" * 512, files=files(1)))) == 1
    assert len(plan(out("😀" * 513, files=files(1)))) == 2


def test_what_has_buttons_or_a_title_stays_a_text_that_can_be_edited() -> None:
    assert shape(plan(out("请看", files=files(2), buttons=BUTTONS))) == [
        ("sendMediaGroup", 2, "", False),
        ("sendMessage", 0, "请看", True),
    ]
    assert [call.method for call in plan(out("请看", title="题", files=files(1)))] == ["sendPhoto", "sendMessage"]
    assert shape(plan(out(files=files(2), buttons=BUTTONS)))[1] == ("sendMessage", 0, texts.ONLY_BUTTONS, True)


def test_many_files_are_several_albums_and_voices_come_after() -> None:
    calls = plan(out("全部", files=[*files(21), *files(0, 2)]))
    assert [(call.method, len(call.files)) for call in calls] == [
        ("sendMediaGroup", 10), ("sendMediaGroup", 10), ("sendPhoto", 1), ("sendVoice", 1), ("sendVoice", 1),
        ("sendMessage", 0),
    ]  # fmt: skip


def test_nothing_to_say_is_no_call() -> None:
    assert plan(out(" \n")) == plan(out("", edits="5")) == []


def test_an_edit_is_one_message_whatever_its_length() -> None:
    assert plan(out("改好了", title="题", edits="5", buttons=BUTTONS, files=files(2))) == [
        Call("editMessageText", "<b>题</b>\n改好了", buttons=BUTTONS)
    ]
    [long] = plan(out("字" * 5000, edits="5"))
    assert (units(long.html), long.html[-1]) == (4096, "…")


def test_a_button_for_the_position_never_shares_a_message_with_others() -> None:
    assert plan(out("在哪里？", asks_pin="发送位置")) == [Call("sendMessage", "在哪里？", asks_pin="发送位置")]
    assert plan(out("在哪里？", asks_pin="发送位置", buttons=BUTTONS)) == [
        Call("sendMessage", "发送位置", asks_pin="发送位置"),
        Call("sendMessage", "在哪里？", buttons=BUTTONS),
    ]


def test_it_is_taken_away_by_the_next_line_and_never_by_one_that_will_be_edited() -> None:
    assert plan(out("收到"), keyboard=True) == [Call("sendMessage", "收到", clears=True)]
    methods = [(call.method, call.clears) for call in plan(out("收到", buttons=BUTTONS), keyboard=True)]
    assert methods == [("clearKeyboard", True), ("sendMessage", False)]
    assert plan(out("收到", title="题"), keyboard=True)[0].method == "clearKeyboard"
    assert plan(out("改", edits="5"), keyboard=True) == plan(out("改", edits="5"))


async def test_goes_on_after_what_went_out_and_says_what_did() -> None:
    line = out("长" * 1100, files=[*files(2), *files(0, 1)])
    done = list[str]()

    async def do(call: Call) -> Did:
        if call.method == "sendVoice" and "sendVoice" not in done:
            done.append(call.method)
            raise TooFast(3)
        done.append(call.method)
        return Did([f"{call.method}{n}" for n in range(call.parts)], {file.sha256: "n" for file in call.files})

    with pytest.raises(TooFast) as stopped:
        await texts.carry_out(line, plan(line), do)
    assert stopped.value.sent == ("sendMediaGroup0", "sendMediaGroup1")
    again = out(line.text, files=line.files, sent=stopped.value.sent)
    sent = await texts.carry_out(again, plan(again), do)
    assert sent == Sent([*stopped.value.sent, "sendVoice0", "sendMessage0"], {"sha0": "n"})
    assert done == ["sendMediaGroup", "sendVoice", "sendVoice", "sendMessage"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((403, "Forbidden: bot was blocked by the user"), Unreachable),
        ((403, "Forbidden: user is deactivated"), Unreachable),
        ((403, "Forbidden: bot was kicked from the group chat"), Unreachable),
        ((400, "Bad Request: chat not found"), Unreachable),
        ((400, "Bad Request: not enough rights to send text messages to the chat"), Unreachable),
        ((400, "Bad Request: group chat was upgraded to a supergroup chat", None, -1001), Moved),
        ((429, "Too Many Requests: retry after 7", 7), TooFast),
        ((400, "Bad Request: can't parse entities"), Impossible),
        ((413, "Request Entity Too Large"), Impossible),
        ((401, "Unauthorized"), ChannelError),
        ((404, "Not Found"), ChannelError),
        ((409, "Conflict: terminated by other getUpdates request"), ChannelError),
        ((502, "Bad Gateway"), ChannelError),
        ((0, "no answer"), ChannelError),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_what_an_answer_means(answer: tuple[Any, ...], kind: type[ChannelError]) -> None:
    assert type(texts.refused(*answer)) is kind
