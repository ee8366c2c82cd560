"""Every condition of a rule, with what fits and what does not."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from models import AssignTo, RoutingRule
from routing.conditions import CONDITIONS, PREDICATES, BadCondition, conditions_of
from routing.facts import SHANGHAI, Facts

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)  # a Wednesday, 12:00 in Shanghai


def rule(**asks: Any) -> RoutingRule:
    return RoutingRule(code="R", priority=1, unit="U", assign=AssignTo.UNIT, clock="simple", **asks)


def facts(**known: Any) -> Facts:
    return Facts(**{"at": NOON, **known})


def shanghai(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=SHANGHAI)


def fits(asks: dict[str, Any], known: dict[str, Any]) -> bool:
    return all(condition.holds(facts(**known)) for condition in conditions_of(rule(**asks)))


NOISE = {"category": "生态环境", "item": "生态环境/生活噪音"}
GRID = {"area_path": ("CX", "CX-DG", "CX-DG-01", "CX-DG-01-03")}


@pytest.mark.parametrize(
    ("asks", "known", "expected"),
    [
        # category: the item, or the field above it
        ({"category": "生态环境/生活噪音"}, NOISE, True),
        ({"category": "生态环境"}, NOISE, True),
        ({"category": "生态环境/餐饮油烟"}, NOISE, False),
        ({"category": "生态环境/生活噪音"}, {"category": "生态环境"}, False),
        ({"category": "生态"}, NOISE, False),
        ({"category": "城市管理"}, {}, False),
        # area: any level; an unknown place lies nowhere
        ({"area": "CX"}, GRID, True),
        ({"area": "CX-DG"}, GRID, True),
        ({"area": "CX-DG-01-03"}, GRID, True),
        ({"area": "CX-DG-01-04"}, GRID, False),
        ({"area": "CX-DG"}, {"area_path": ("CX",)}, False),
        ({"area": "CX"}, {}, False),
        # kind of place
        ({"place_kind": "school"}, {"place_kind": "school"}, True),
        ({"place_kind": "school"}, {"place_kind": "market"}, False),
        ({"place_kind": "school"}, {}, False),
        # danger: with, without, either
        ({"danger": True}, {"danger": "gas"}, True),
        ({"danger": True}, {}, False),
        ({"danger": True}, {"danger": ""}, False),
        ({"danger": False}, {}, True),
        ({"danger": False}, {"danger": "gas"}, False),
        ({"danger": None}, {"danger": "gas"}, True),
        # confidence
        ({"min_confidence": 0.8}, {"confidence": 0.8}, True),
        ({"min_confidence": 0.8}, {"confidence": 0.79}, False),
        ({"min_confidence": 0.0}, {}, True),
        # predicates
        ({"predicates": {"weekday": [3]}}, {}, True),
        ({"predicates": {"weekday": [6, 7]}}, {}, False),
        ({"predicates": {"weekday": [4]}}, {"at": datetime(2026, 11, 18, 16, tzinfo=UTC)}, True),  # Thursday there
        ({"predicates": {"kind": ["praise", "question"]}}, {"kind": "praise"}, True),
        ({"predicates": {"kind": ["praise", "question"]}}, {"kind": "help"}, False),
        ({"predicates": {"kind": ["praise", "question"]}}, {}, False),
        ({"predicates": {"urgent": True}}, {"urgent": True}, True),
        ({"predicates": {"urgent": True}}, {}, False),
        ({"predicates": {"urgent": False}}, {}, True),
        ({"predicates": {"text_has_any": ["物业费", "业委会"]}}, {"text": "业委会不换届"}, True),
        ({"predicates": {"text_has_any": ["物业费", "业委会"]}}, {"text": "業委會不換屆"}, True),
        ({"predicates": {"text_has_any": ["物业费", "业委会"]}}, {"text": "路灯不亮"}, False),
        ({"predicates": {"min_round": 2}}, {"round": 2}, True),
        ({"predicates": {"min_round": 2}}, {}, False),
        ({"predicates": {"min_round": 2, "weekday": [3]}}, {"round": 2}, True),
        ({"predicates": {"min_round": 2, "weekday": [7]}}, {"round": 2}, False),
        ({}, {}, True),
    ],
)
def test_conditions(asks: dict[str, Any], known: dict[str, Any], expected: bool) -> None:
    assert fits(asks, known) is expected


NIGHT = {"from_time": time(22), "to_time": time(6)}
DAY = {"from_time": time(8, 30), "to_time": time(17, 30)}


@pytest.mark.parametrize(
    ("asks", "clock", "expected"),
    [
        (NIGHT, "21:59", False),
        (NIGHT, "22:00", True),
        (NIGHT, "23:59", True),
        (NIGHT, "00:00", True),
        (NIGHT, "05:59", True),
        (NIGHT, "06:00", False),
        (NIGHT, "12:00", False),
        (DAY, "08:29", False),
        (DAY, "08:30", True),
        (DAY, "17:29", True),
        (DAY, "17:30", False),
        ({"from_time": time(20)}, "19:59", False),
        ({"from_time": time(20)}, "23:59", True),
        ({"from_time": time(20)}, "00:00", False),
        ({"to_time": time(6)}, "00:00", True),
        ({"to_time": time(6)}, "06:00", False),
        ({"from_time": time(8), "to_time": time(8)}, "03:00", True),
        ({"from_time": time(0), "to_time": time(0)}, "12:00", True),
    ],
)
def test_a_window_of_the_day_may_run_over_midnight(asks: dict[str, Any], clock: str, expected: bool) -> None:
    assert fits(asks, {"at": shanghai(f"2026-11-18 {clock}")}) is expected


JUNE = {"valid_from": date(2026, 6, 1), "valid_to": date(2026, 6, 24)}


@pytest.mark.parametrize(
    ("asks", "moment", "expected"),
    [
        (JUNE, "2026-05-31 23:59", False),
        (JUNE, "2026-06-01 00:00", True),  # still 31 May in UTC
        (JUNE, "2026-06-24 23:59", True),
        (JUNE, "2026-06-25 00:00", False),  # still 24 June in UTC
        ({"valid_from": date(2026, 6, 1)}, "2030-01-01 00:00", True),
        ({"valid_from": date(2026, 6, 1)}, "2026-05-31 12:00", False),
        ({"valid_to": date(2026, 6, 24)}, "2020-01-01 00:00", True),
        ({"valid_to": date(2026, 6, 24)}, "2026-06-25 12:00", False),
    ],
)
def test_validity_is_counted_in_days_of_the_town(asks: dict[str, Any], moment: str, expected: bool) -> None:
    assert fits(asks, {"at": shanghai(moment)}) is expected


@pytest.mark.parametrize(
    "predicates",
    [
        {"moon": "full"},
        {"weekday": []},
        {"weekday": [0]},
        {"weekday": [8]},
        {"weekday": ["1"]},
        {"weekday": 3},
        {"kind": []},
        {"kind": "praise"},
        {"kind": ["thanks"]},
        {"kind": [["praise"]]},
        {"urgent": 1},
        {"text_has_any": []},
        {"text_has_any": [""]},
        {"text_has_any": "物业"},
        {"text_has_any": [1]},
        {"min_round": 0},
        {"min_round": "2"},
        {"min_round": True},
        ["weekday"],
    ],
)
def test_a_predicate_that_cannot_be_read_says_so(predicates: Any) -> None:
    with pytest.raises(BadCondition):
        conditions_of(rule(predicates=predicates))


def test_every_condition_is_named_as_it_is_explained() -> None:
    asks = NOISE | {"area": "CX-DG", "place_kind": "school", "danger": True, "min_confidence": 0.5} | NIGHT | JUNE
    del asks["item"]
    found = conditions_of(rule(**asks, predicates={"min_round": 1}))
    assert [condition.name for condition in found] == list(CONDITIONS)
    assert {condition.name: condition.value for condition in found} == {
        "category": "生态环境",
        "area": "CX-DG",
        "place_kind": "school",
        "danger": True,
        "window": ["22:00", "06:00"],
        "validity": ["2026-06-01", "2026-06-24"],
        "min_confidence": 0.5,
        "predicates": {"min_round": 1},
    }


def test_every_predicate_is_tried_above() -> None:
    assert set(PREDICATES) == {"weekday", "text_has_any", "min_round", "kind", "urgent"}


def test_facts_need_an_aware_time() -> None:
    with pytest.raises(ValueError, match="naive"):
        Facts(at=datetime(2026, 11, 18))  # noqa: DTZ001 - what is refused here
