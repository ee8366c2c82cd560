"""A rule in plain words: every condition and predicate, in three languages, from the JSON kept on the case."""

from datetime import date, time
from typing import Any

import pytest

from app.database import Sessions
from bot.because import PREDICATES, WORDS, explained
from cases.book import Book, read_book
from models import AssignTo, RoutingRule
from routing import conditions
from routing.rules import RuleBook


@pytest.fixture
async def book(town: Sessions) -> Book:
    async with town() as session:
        return await read_book(session)


def test_every_condition_and_predicate_has_words() -> None:
    assert {*WORDS, "category"} == {*conditions.CONDITIONS}
    assert {*PREDICATES} == {*conditions.PREDICATES}


NIGHT: dict[str, Any] = {"from_time": time(22), "to_time": time(6)}
NOISE: dict[str, Any] = {"category": "生态环境/生活噪音", "area": "CX-DG", **NIGHT}
EVERYTHING: dict[str, Any] = {
    "place_kind": "school",
    "danger": False,
    "from_time": time(8, 30),
    "to_time": time(17, 30),
    "valid_from": date(2026, 6, 1),
    "min_confidence": 0.8,
    "predicates": {
        "weekday": [6, 7],
        "text_has_any": ["水费", "电费"],
        "min_round": 2,
        "kind": ["praise"],
        "urgent": True,
    },
}


async def test_in_three_languages(book: Book) -> None:
    """One test for one database."""

    def told(asks: dict[str, Any], locale: str, **more: Any) -> str:
        rule = RoutingRule(code="R-17", priority=1, unit="DG-CG", assign=AssignTo.UNIT, clock="simple", **asks)
        kept = RuleBook([rule], {code: area.level for code, area in book.areas.items()})
        explanation = kept.rows[0].outcome["explanation"]
        return explained(book, explanation, None, locale, **more)

    assert told(NOISE | {"note": "夜间由城管中队先到场"}, "zh-Hans") == (
        "规则 R-17：广场舞、摊点等生活噪音（在丹桂街道，22:00 至次日 6:00） → 丹桂街道城管中队。"
        "因为：夜间由城管中队先到场。"
    )
    assert told(NOISE, "zh-Hant").startswith("規則 R-17：廣場舞、攤點等生活噪音（在丹桂街道，22:00 至次日 6:00）")
    assert told(NOISE, "en").endswith("(in 丹桂街道, from 22:00 to 6:00 the next day) → Dangui City Management Squad.")
    assert told({}, "zh-Hans") == "规则 R-17：其他规则都不适用 → 丹桂街道城管中队。"
    assert told(EVERYTHING, "zh-Hans") == (
        "规则 R-17：任何事项（地点是学校，没有危险，8:30 至 17:30，2026-06-01 起，归类把握不低于 80%，周六或周日，"
        "提到水费或电费，第 2 次办理及以后，表扬，紧急） → 丹桂街道城管中队。"
    )
    assert "until 2026-06-24" in told({"valid_to": date(2026, 6, 24)}, "en")
    assert explained(book, {}, None, "zh-Hans") == "没有按规则派单，由人工分拨。"
    past = told({}, "zh-Hans", accused=["limin", "DG-01", "DG-CG"])
    assert past.endswith("反映的是李敏、丹桂街道城管中队，已避开本人、其上级和所在单位。")
