"""Receipts (受理告知书): what people write never breaks a page, and what stands on it is what they may know."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from app.database import Sessions
from bot.papers import receipt
from bot.papers.typeset import paragraphs, pictures, press
from bot.wording import Wording
from cases.book import Book, read_book
from cases.keys import Keys
from models import Case, Status

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
WHITE = 255
HOSTILE = {
    "markup": "#set page(fill: red)\n#pagebreak()\n*粗* _斜_ $x^2$ `代码` <b> @x ~ // /* \\ \\u{1} = 标题\n- 一\n+ 二",
    "code": '#panic("x") #import "/etc/passwd" #read("house.typ") #(sys.inputs)',
    "emoji": "👨‍👩‍👧 😀🏳️‍🌈 ☎️",
    "rare": "𠮷𪚥𫠝 龘 ㍿ ﷽",
    "signs": "\x00\x07\u202e反\u2028行\ufffe\ud800\t\r\n\n\n",
    "endless": "a" * 3000,
    "long": "楼下烧烤店天天到半夜，" * 300,
    "empty": "",
}


@pytest.fixture
async def book(town: Sessions) -> Book:
    async with town() as session:
        return await read_book(session)


def paper(book: Book, text: str, locale: str = "zh-Hans", **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "unit": "CGJ",
        "assignee": "limin",
        "category": "城市管理",
        "place": "B0103",
        "due_at": NOW,
        "status": Status.DISPATCHED,
    }
    case = Case(
        id=uuid4(), number="261120-0042", code_hash="x", resident=uuid4(), text=text,
        submitted_at=NOW, **{**given, **changes},
    )  # fmt: skip
    return receipt.data(book, Wording(book, Keys("for tests only: 0123456789abcdef")), case, locale, NOW)


async def test_nothing_written_breaks_a_page_or_is_obeyed(book: Book) -> None:
    """One long page of everything is whiter than red, and as long as the words alone make it."""
    counts = {name: len(pictures("receipt", paper(book, text), "zh-Hans", 12)) for name, text in HOSTILE.items()}
    assert counts == dict.fromkeys(HOSTILE, 1) | {"endless": 2, "long": 3}
    told = paper(book, "\n".join(HOSTILE.values()), place=None, place_text=HOSTILE["markup"])
    assert press("receipt", told, "zh-Hans", NOW).startswith(b"%PDF-")
    assert paper(book, HOSTILE["empty"])["words"] == ["（只有照片或语音）"]
    assert paragraphs(HOSTILE["code"]) == [HOSTILE["code"]]
    assert paragraphs("a\x00b\n\n😀👍 c ") == ["ab", "□ c"]


async def test_the_same_case_gives_the_same_bytes(book: Book) -> None:
    assert press("receipt", paper(book, "路灯"), "en", NOW) == press("receipt", paper(book, "路灯"), "en", NOW)


async def test_who_handles_it_and_by_when_in_plain_words(book: Book) -> None:
    facts = dict(paper(book, "路灯")["facts"])
    assert (facts["编号"], facts["地点"]) == ("261120-0042", "丹桂苑 3 栋")
    assert (facts["谁来办"], facts["什么时候答复"]) == ("城市管理局，网格员李敏", "最晚 2026 年 11 月 20 日 10:00")
    held = dict(paper(book, "路灯", unit=None, assignee=None, due_at=None, status=Status.TRIAGE)["facts"])
    assert "社会治理中心" in held["谁来办"] and "告诉您" in held["什么时候答复"]
    over = dict(paper(book, "路灯", status=Status.CLOSED)["facts"])
    assert "什么时候答复" not in over and over["现在到哪一步"].startswith("已归档")
