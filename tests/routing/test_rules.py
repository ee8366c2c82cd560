"""The rule table: order, first match, what is passed over, what is explained."""

import json
import random
import time as clock
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import AssignTo, RoutingRule
from routing.rules import Broken, Decision, Facts, NoRule, RuleBook, ordered, route
from tests.support.plain_rules import PlainScan

AREAS = {"CX": 0, "CX-DG": 1, "CX-DG-01": 2, "CX-DG-01-03": 3, "CX-LH": 1}
GRID = ("CX", "CX-DG", "CX-DG-01", "CX-DG-01-03")
NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)


def rule(code: str, priority: int = 100, **columns: Any) -> RoutingRule:
    given = {"unit": code, "assign": AssignTo.UNIT, "clock": "simple", **columns}
    return RoutingRule(code=code, priority=priority, **given)


def facts(**known: Any) -> Facts:
    return Facts(**{"category": "城市管理", "item": "城市管理/公厕", "area_path": GRID, "at": NOON, **known})


LAST = rule("LAST", 9999)


def test_order_is_priority_then_area_then_category_then_code() -> None:
    rows = [
        rule("1-first", 10),
        rule("2-grid", area="CX-DG-01-03"),
        rule("3-community", area="CX-DG-01", category="城市管理/公厕"),
        rule("4-street-item", area="CX-DG", category="城市管理/公厕"),
        rule("5-street-field", area="CX-DG", category="城市管理"),
        rule("6-street", area="CX-DG"),
        rule("7-city", area="CX", category="城市管理"),
        rule("8-item", category="城市管理/公厕"),
        rule("9-field-a", category="城市管理"),
        rule("9-field-b", category="教育"),
        rule("9-nothing"),
        LAST,
    ]
    mixed = random.Random(7).sample(rows, len(rows))
    assert [row.code for row in ordered(mixed, AREAS)] == [row.code for row in rows]


def test_the_first_that_fits_decides() -> None:
    rows = [
        LAST,
        rule("FIELD", category="城市管理"),
        rule("ITEM", category="城市管理/公厕"),
        rule("EDU", category="教育"),
    ]
    assert route(facts(), rows, AREAS).rule == "ITEM"
    assert route(facts(item=None), rows, AREAS).rule == "FIELD"
    assert route(facts(category="教育", item=None), rows, AREAS).rule == "EDU"
    assert route(facts(category=None, item=None), rows, AREAS).rule == "LAST"


def test_a_decision_says_who_how_and_why() -> None:
    row = rule(
        "R-7",
        category="城市管理",
        area="CX-DG",
        from_time=time(8),
        to_time=time(18),
        unit="DG-CG",
        co_units=["CGJ"],
        assign=AssignTo.NAMED,
        assignee="suyong",
        note="执法队先到场",
    )
    known = facts(danger="gas", confidence=0.91, refusers=frozenset({"b", "a"}), text="公厕没水")
    assert RuleBook([row, LAST], AREAS).route(known) == Decision(
        rule="R-7",
        unit="DG-CG",
        co_units=("CGJ",),
        assign=AssignTo.NAMED,
        assignee="suyong",
        clock="simple",
        area="CX-DG",
        explanation={
            "rule": "R-7",
            "because": [
                {"condition": "category", "value": "城市管理"},
                {"condition": "area", "value": "CX-DG"},
                {"condition": "window", "value": ["08:00", "18:00"]},
            ],
            "unit": "DG-CG",
            "note": "执法队先到场",
        },
        facts={
            "category": "城市管理",
            "item": "城市管理/公厕",
            "area_path": list(GRID),
            "special": [],
            "place_kind": None,
            "danger": "gas",
            "kind": None,
            "urgent": False,
            "confidence": 0.91,
            "at": "2026-11-18T04:00:00+00:00",
            "round": 1,
            "refusers": ["a", "b"],
            "refused_units": [],
            "accused": [],
        },
    )


def test_explanation_and_facts_are_json_and_carry_no_text() -> None:
    decision = RuleBook([LAST], AREAS).route(facts(text="我叫某某"))
    assert "我叫某某" not in json.dumps([decision.explanation, decision.facts], ensure_ascii=False)


def test_disabled_and_expired_rows_are_passed_over_in_silence() -> None:
    rows = [
        rule("OFF", 1, enabled=False),
        rule("PAST", 2, valid_to=date(2026, 11, 17)),
        rule("FUTURE", 3, valid_from=date(2026, 11, 19)),
        LAST,
    ]
    assert (route(facts(), rows, AREAS).rule, route(facts(), rows, AREAS).broken) == ("LAST", ())


def test_broken_rows_are_passed_over_and_reported() -> None:
    rows = [
        rule("MOON", 1, predicates={"moon": "full"}),
        rule("NOWHERE", 2, area="XX"),
        rule("NO-ASSIGN", 3, assign="nobody"),
        rule("NO-NUMBER", 4, min_confidence="much"),
        rule("OFF", 5, enabled=False, predicates={"moon": "full"}),
        LAST,
    ]
    decision = route(facts(), rows, AREAS)
    assert decision.rule == "LAST"
    assert [broken.rule for broken in decision.broken] == ["MOON", "NOWHERE", "NO-ASSIGN", "NO-NUMBER"]
    assert decision.broken[0] == Broken(
        "MOON", "unknown predicate 'moon'; known: weekday, text_has_any, min_round, kind, urgent"
    )


def test_a_row_that_fails_while_it_is_asked_is_passed_over_and_reported() -> None:
    book = RuleBook([rule("TEXT", 1, predicates={"text_has_any": ["水"]}), LAST], AREAS)
    decision = book.route(facts(text=None))
    assert (decision.rule, [broken.rule for broken in decision.broken]) == ("LAST", ["TEXT"])
    assert book.route(facts(text="没水")).rule == "TEXT"


def test_without_a_catch_all_there_may_be_no_rule() -> None:
    book = RuleBook([rule("SCHOOL", category="教育"), rule("MOON", predicates={"moon": 1})], AREAS)
    assert not book.has_catch_all
    with pytest.raises(NoRule, match="城市管理/公厕") as caught:
        book.route(facts())
    assert [broken.rule for broken in caught.value.broken] == ["MOON"]
    assert RuleBook([LAST], AREAS).has_catch_all


def test_a_unit_that_refused_does_not_get_it_again() -> None:
    rows = [rule("A", 1, unit="CGJ"), rule("B", 2, unit="CGJ"), rule("C", 3, unit="ZLZX")]
    assert route(facts(refused_units=frozenset({"CGJ"})), rows, AREAS).rule == "C"


CATEGORIES = [None, "城市管理", "城市管理/公厕", "教育", "教育/招生"]
columns = st.fixed_dictionaries(
    {
        "priority": st.integers(1, 3),
        "enabled": st.booleans(),
        "category": st.sampled_from(CATEGORIES),
        "area": st.sampled_from([None, "XX", *AREAS]),
        "place_kind": st.sampled_from([None, "school"]),
        "danger": st.sampled_from([None, True, False]),
        "from_time": st.none() | st.times(),
        "to_time": st.none() | st.times(),
        "valid_from": st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        "valid_to": st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        "min_confidence": st.sampled_from([0.0, 0.5]),
        "predicates": st.sampled_from([{}, {"weekday": [1, 2]}, {"moon": 1}, {"min_round": 2}]),
    }
)
tables = st.lists(columns, max_size=12).map(lambda rows: [rule(f"R{n}", **row) for n, row in enumerate(rows)])
anything = st.builds(
    Facts,
    category=st.sampled_from([None, "城市管理", "教育"]),
    item=st.sampled_from(CATEGORIES),
    area_path=st.sampled_from([(), GRID[:1], GRID[:2], GRID, ("CX", "CX-LH")]),
    place_kind=st.sampled_from([None, "school", "park"]),
    danger=st.sampled_from([None, "gas"]),
    confidence=st.floats(0, 1),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    round=st.integers(1, 3),
    refused_units=st.frozensets(st.sampled_from(["R0", "R1", "R2"])),
    accused=st.frozensets(st.sampled_from(["R2", "R3", "limin"])),
)


@settings(deadline=None)
@given(tables, anything)
def test_the_index_decides_as_a_plain_scan_does(rows: list[RoutingRule], known: Facts) -> None:
    table = [*rows, LAST]
    assert route(known, table, AREAS).rule == PlainScan(table, AREAS).route(known)
    assert RuleBook(table, AREAS).first(known) == (rule := PlainScan(table, AREAS).route(known), rule)
    assert RuleBook(rows, AREAS).first(known) == (
        (rule, rule) if (rule := PlainScan(rows, AREAS).route(known)) else None
    )


@settings(deadline=None)
@given(tables, anything)
def test_it_never_goes_to_a_unit_it_is_about_nor_to_one_that_refused(rows: list[RoutingRule], known: Facts) -> None:
    co_units = ["R2", "R3", "R4"]
    table = [RoutingRule(**{**row.model_dump(), "co_units": co_units}) for row in rows]
    decision = route(known, [*table, LAST], AREAS)
    assert decision.unit not in known.accused | known.refused_units
    assert not known.accused & {*decision.co_units}


@settings(deadline=None)
@given(tables, anything, st.randoms())
def test_codes_decide_nothing_where_ranks_differ(rows: list[RoutingRule], known: Facts, chance: random.Random) -> None:
    """The same rows under other codes, and under other numbers of rows: the same unit decides."""
    for rank, row in enumerate(rows):
        row.priority = rank
    codes = chance.sample(range(100), len(rows))
    renamed = [RoutingRule(**{**row.model_dump(), "code": f"X{code}"}) for row, code in zip(rows, codes, strict=True)]
    assert route(known, [*rows, LAST], AREAS).unit == route(known, [LAST, *renamed], AREAS).unit


@given(anything)
def test_facts_come_back_from_their_snapshot(known: Facts) -> None:
    again = Facts.of(json.loads(json.dumps(known.snapshot())), known.text)
    assert again.snapshot() == known.snapshot()


def test_a_snapshot_of_an_older_program_is_read_too() -> None:
    old = {"category": "教育", "area_path": ["CX"], "at": "2026-11-18T04:00:00+00:00"}
    assert Facts.of(old) == Facts(category="教育", area_path=("CX",), at=NOON)


@given(tables, anything, st.randoms())
def test_all_facts_get_exactly_one_decision_whatever_the_order_of_rows(
    rows: list[RoutingRule], known: Facts, chance: random.Random
) -> None:
    decision = route(known, [*rows, LAST], AREAS)
    mixed = [LAST, *rows]
    chance.shuffle(mixed)
    assert route(known, mixed, AREAS) == decision
    assert json.loads(json.dumps(decision.facts)) == decision.facts


@given(tables, anything)
def test_no_row_tried_before_the_chosen_one_would_have_fitted(rows: list[RoutingRule], known: Facts) -> None:
    decision = route(known, [*rows, LAST], AREAS)
    before = ordered(rows, AREAS)
    codes = [row.code for row in before]
    earlier = before[: codes.index(decision.rule)] if decision.rule in codes else before
    assert all(_alone(row, known) != row.code for row in earlier)


def _alone(row: RoutingRule, known: Facts) -> str | None:
    try:
        return route(known, [row], AREAS).rule
    except NoRule:
        return None


def test_a_decision_takes_far_less_than_a_millisecond() -> None:
    fields = [rule(f"R{n}", category=f"部门{n % 30}", area="CX-DG" if n % 2 else None) for n in range(59)]
    book, known = RuleBook([*fields, LAST], AREAS), facts()
    spent = []
    for _ in range(200):
        began = clock.perf_counter()
        book.route(known)
        spent.append(clock.perf_counter() - began)
    assert min(spent) < 0.000_2  # 0.03 ms on an idle core; the rest is for a busy one
