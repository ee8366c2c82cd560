"""Checking a rule table: each kind of thing to mend in a small town made here, and nothing in the shipped one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import Area, AssignTo, Category, Person, Role, RoutingRule, Unit
from routing.facts import SHANGHAI, Facts
from routing.findings import Finding, Kind, Tables
from routing.rules import RuleBook
from routing.table_check import check
from tests.support.databases import ROOT
from town import read_town

TODAY = date(2026, 11, 22)


def area(code: str, level: int, parent: str | None, *path: str) -> Area:
    return Area(code=code, name=code, level=level, parent=parent, path=[*path, code])


AREAS = [
    area("C", 0, None),
    area("S1", 1, "C", "C"),
    area("S2", 1, "C", "C"),
    area("V1", 2, "S1", "C", "S1"),
    area("G1", 3, "V1", "C", "S1", "V1"),
    area("G2", 3, "V1", "C", "S1", "V1"),
]
CATEGORIES = [
    Category(code=code, parent=code.split("/")[0] if "/" in code else None, name=code, name_hant=code, name_en=code)
    for code in ("城管", "城管/占道", "城管/公厕", "教育")
]


def unit(code: str, parent: str | None = None, area: str = "C") -> Unit:
    return Unit(code=code, name=code, name_hant=code, name_en=code, area=area, parent=parent, duties="")


def person(code: str, role: Role, unit: str, area: str = "C", active: bool = True) -> Person:
    return Person(code=code, name=code, role=role, unit=unit, area=area, active=active)


UNITS = [unit("DESK"), unit("A"), unit("B")]
PEOPLE = [
    person("desk", Role.DISPATCHER, "DESK"),
    person("clerk", Role.CLERK, "DESK"),
    person("top", Role.SUPERVISOR, "DESK"),
    person("a", Role.CLERK, "A"),
    person("b", Role.CLERK, "B"),
]


def rule(code: str, priority: int = 100, **columns: Any) -> RoutingRule:
    columns = {"unit": "A", "assign": AssignTo.UNIT, "clock": "simple", "min_confidence": 0.0, **columns}
    return RoutingRule(code=code, priority=priority, **columns)


LAST = rule("LAST", 9999, unit="DESK")
ALL = [rule("F1", 500, category="城管"), rule("F2", 500, category="教育")]
SOUND = Tables([*ALL, LAST], AREAS, CATEGORIES, UNITS, PEOPLE, frozenset({"simple"}), "DESK", TODAY)


def found(rules: Sequence[RoutingRule], **other: Any) -> list[Finding]:
    return list(check(replace(SOUND, rules=[*rules, LAST], **other)).findings)


def brief(rules: Sequence[RoutingRule], **other: Any) -> list[tuple[Any, ...]]:
    return [(str(one.kind), one.reason, one.rules) for one in found(rules, **other) if one.kind is not Kind.GAP]


def holes(*rules: RoutingRule) -> set[tuple[Any, ...]]:
    return {(one.category, one.area, one.window) for one in found(rules) if one.kind is Kind.GAP}


NIGHT, DAY = {"from_time": time(22), "to_time": time(6)}, {"from_time": time(6), "to_time": time(22)}


def test_a_sound_table_has_nothing_to_mend() -> None:
    assert check(SOUND).sound


def test_the_shipped_town_has_nothing_to_mend() -> None:
    town = read_town(ROOT / "data")
    clocks = frozenset(one.code for one in town.clocks)
    desk = town.profile.desk
    tables = Tables(town.rules, town.areas, town.categories, town.units, town.people, clocks, desk, TODAY)
    assert check(tables).findings == ()


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # over, or behind an earlier row
        ([rule("X", valid_to=date(2026, 11, 21))], [("never", "past", ("X",))]),
        ([rule("X", valid_to=TODAY)], []),
        ([rule("X", valid_to=date(2020, 1, 1), enabled=False)], []),
        ([rule("X", 1, category="城管"), rule("Y", 2, category="城管/公厕")], [("never", "shadowed", ("Y", "X"))]),
        ([rule("X", 2, category="城管"), rule("Y", 1, category="城管/公厕")], []),
        ([rule("X", 1, area="S1"), rule("Y", 2, area="G1")], [("never", "shadowed", ("Y", "X"))]),
        ([rule("X", 1, area="S2"), rule("Y", 2, area="G1")], []),
        ([rule("X", 1, area="S1"), rule("Y", 2)], []),
        ([rule("X", 1, danger=True), rule("Y", 2, danger=False)], []),
        ([rule("X", 1, place_kind="school"), rule("Y", 2, place_kind="school")], [("never", "shadowed", ("Y", "X"))]),
        ([rule("X", 1, min_confidence=0.5), rule("Y", 2, min_confidence=0.8)], [("never", "shadowed", ("Y", "X"))]),
        ([rule("X", 1, min_confidence=0.8), rule("Y", 2, min_confidence=0.5)], []),
        ([rule("X", 1, valid_from=date(2027, 1, 1)), rule("Y", 2, area="S1")], []),
        ([rule("X", 1, predicates={"kind": ["praise", "help"]}), rule("Y", 2, predicates={"kind": ["help"]})],
         [("never", "shadowed", ("Y", "X"))]),
        ([rule("X", 1, predicates={"text_has_any": ["水"]}), rule("Y", 2, predicates={"text_has_any": ["水費"]})],
         [("never", "shadowed", ("Y", "X"))]),
        ([rule("X", 1, predicates={"text_has_any": ["水费"]}), rule("Y", 2, predicates={"text_has_any": ["水"]})], []),
        ([rule("X", 1, predicates={"min_round": 2}), rule("Y", 2, predicates={"min_round": 3})],
         [("never", "shadowed", ("Y", "X"))]),
        # behind several together
        ([rule("X", 1, area="S1", **NIGHT), rule("Y", 2, area="S1", **DAY), rule("Z", 3, area="S1")],
         [("never", "shadowed", ("Z", "X", "Y"))]),
        ([rule("X", 1, area="S1", **NIGHT), rule("Z", 3, area="S1")], []),
        ([rule("X", 1, area="S1", danger=True), rule("Y", 2, area="S1", danger=False), rule("Z", 3, area="G1")],
         [("never", "shadowed", ("Z", "X", "Y"))]),
        # behind another unit: only when that one has refused
        ([rule("X", 1, area="S1"), rule("Y", 2, area="S1", unit="B")], [("never", "after_refusal", ("Y", "X"))]),
        # of one rank
        ([rule("X", area="S1"), rule("Y", area="S1", unit="B")], [("conflict", "", ("X", "Y"))]),
        ([rule("X", area="S1"), rule("Y", area="S2", unit="B")], []),
        ([rule("X", category="城管"), rule("Y", category="教育", unit="B")], []),
        ([rule("X", area="S1", **NIGHT), rule("Y", area="S1", unit="B", **DAY)], []),
        ([rule("X", area="S1", **NIGHT), rule("Y", area="S1", unit="B", from_time=time(5), to_time=time(7))],
         [("conflict", "", ("X", "Y"))]),
        ([rule("X", area="S1", predicates={"kind": ["help"]}),
          rule("Y", area="S1", unit="B", predicates={"kind": ["praise"]})], []),
        ([rule("X", area="S1", valid_to=TODAY), rule("Y", area="S1", unit="B", valid_from=date(2027, 1, 1))], []),
        # broken
        ([rule("X", predicates={"moon": 1})],
         [("broken", "unknown predicate 'moon'; known: weekday, text_has_any, min_round, kind, urgent", ("X",))]),
        ([rule("X", area="XX")], [("broken", "unknown area 'XX'", ("X",))]),
        ([rule("X", clock="XX")], [("broken", "unknown clock 'XX'", ("X",))]),
        # nobody there
        ([rule("X", area="S1", assign=AssignTo.NAMED, assignee="gone")], [("nobody", "named_gone", ("X",))]),
    ],
)  # fmt: skip
def test_what_a_row_does_to_the_table(rules: list[RoutingRule], expected: list[tuple[Any, ...]]) -> None:
    assert [one for one in brief([*rules, *ALL]) if one[2][0] not in ("F1", "F2")] == expected


def test_the_catch_all_hides_nothing_and_must_be_there() -> None:
    without = check(replace(SOUND, rules=ALL)).findings
    assert [(one.kind, one.reason) for one in without] == [(Kind.BROKEN, "no_catch_all")]
    first = [(str(one.kind), one.rules) for one in check(replace(SOUND, rules=[*ALL, rule("LAST", 1)])).findings]
    assert ("never", ("F1", "LAST")) in first and ("never", ("F2", "LAST")) in first


def test_holes_are_told_once_and_as_large_as_they_are() -> None:
    f2 = ALL[1]
    assert holes(f2) == {("城管", "C", None)}  # a field for its items, the city for places unknown
    item = rule("I", category="城管/占道")
    assert holes(f2, item) == {("城管", "C", None), ("城管/公厕", "C", None)}
    street = rule("S", category="城管", area="S1")
    assert holes(f2, street) == {("城管", "S2", None), ("城管", None, None)}
    grid = rule("G", category="城管", area="G1")
    assert holes(f2, grid) == {("城管", "G2", None), ("城管", "S2", None), ("城管", None, None)}
    both = rule("G2", category="城管", area="S2")
    assert holes(f2, grid, both) == {("城管", "G2", None), ("城管", None, None)}
    night = rule("N", category="城管", **NIGHT)
    assert holes(f2, night) == {("城管", "C", ("06:00", "22:00"))}
    assert holes(f2, night, rule("D", category="城管", area="S1", **DAY)) == {
        ("城管", "S2", ("06:00", "22:00")),
        ("城管", None, ("06:00", "22:00")),
    }
    danger = rule("X", category="城管", danger=True)
    assert ("城管", "C", None) in holes(f2, danger)  # ordinary cases are without


def test_desks_without_people_and_chains_without_an_end() -> None:
    away = [*PEOPLE[:4], person("b", Role.CLERK, "B", active=False)]
    rules = [rule("X", area="S1", unit="B", co_units=["B"]), rule("Y", area="S2", co_units=["B"]), *ALL]
    assert brief(rules, people=away) == [("nobody", "unit_empty", ("X", "Y"))]
    assert [one.reason for one in found(ALL, people=PEOPLE[1:])] == ["no_dispatcher"]
    nobody = found(ALL, people=[one for one in PEOPLE if one.role is not Role.SUPERVISOR])
    assert [(one.kind, one.reason, one.units) for one in nobody] == [
        (Kind.ENDLESS, "no_supervisor", ("DESK", "A", "B"))
    ]
    loop = [unit("DESK"), unit("A", "B"), unit("B", "C1"), unit("C1", "B")]
    assert [(one.reason, one.units) for one in found(ALL, units=loop)] == [("loop", ("B", "C1"))]


def test_a_report_is_data() -> None:
    report = check(replace(SOUND, rules=[rule("X", predicates={"moon": 1}), *ALL, LAST]))
    told = json.loads(json.dumps(report.as_json(), ensure_ascii=False))
    assert (told["sound"], told["rules"], told["counts"]["broken"]) == (False, 4, 1)
    assert told["findings"][0]["rules"] == ["X"]


columns = st.fixed_dictionaries(
    {
        "priority": st.integers(1, 2),
        "unit": st.sampled_from(["A", "B"]),
        "category": st.sampled_from([None, "城管", "城管/公厕"]),
        "area": st.sampled_from([None, "C", "S1", "G1"]),
        "danger": st.sampled_from([None, True, False]),
        "from_time": st.sampled_from([None, time(6), time(22)]),
        "to_time": st.sampled_from([None, time(6), time(22)]),
        "place_kind": st.sampled_from([None, None, "school"]),
        "predicates": st.sampled_from([{}, {}, {"urgent": True}, {"weekday": [6, 7]}]),
    }
)
PATHS = [(), ("C",), ("C", "S1"), ("C", "S1", "V1", "G1"), ("C", "S2")]
LEVELS = {one.code: one.level for one in AREAS}


@settings(max_examples=60, deadline=None)
@given(st.lists(columns, max_size=7), st.lists(st.integers(0, 2**30), min_size=30, max_size=30))
def test_what_is_said_never_to_decide_never_does(rows: list[dict[str, Any]], seeds: list[int]) -> None:
    rules = [rule(f"R{n}", **row) for n, row in enumerate(rows)] + [LAST]
    dead = {one.rules[0] for one in found(rules[:-1]) if one.kind is Kind.NEVER}
    book = RuleBook(rules, LEVELS)
    for seed in seeds:
        label = [("城管", None), ("城管", "城管/公厕"), ("教育", None)][seed % 3]
        at = datetime(2026, 11, 23 + seed % 7, seed % 24, tzinfo=SHANGHAI)
        known = Facts(
            category=label[0], item=label[1], area_path=PATHS[seed // 3 % 5], at=at, urgent=bool(seed & 8),
            danger="gas" if seed & 16 else None, place_kind="school" if seed & 32 else None,
        )  # fmt: skip
        assert book.route(known).rule not in dead


@settings(max_examples=40, deadline=None)
@given(st.lists(columns, max_size=7))
def test_a_hole_is_one_and_there_are_no_others(rows: list[dict[str, Any]]) -> None:
    rules = [rule(f"R{n}", **row) for n, row in enumerate(rows)] + [LAST]
    told = [one for one in found(rules[:-1]) if one.kind is Kind.GAP]
    book, paths = RuleBook(rules, LEVELS), {one.code: tuple(one.path) for one in AREAS}
    for label in (("城管", None), ("城管", "城管/占道"), ("城管", "城管/公厕"), ("教育", None)):
        for where in ("G1", "G2", "S2", None):
            around = paths[where] if where else ("C", None)
            for hour in (3, 12, 23):
                week = [datetime(2026, 11, 22 + day, hour, tzinfo=SHANGHAI) for day in range(7)]
                path = paths.get(where or "", ())
                known = [Facts(category=label[0], item=label[1], area_path=path, at=at) for at in week]
                falls = any(book.catches_all(book.route(facts).rule) for facts in known)
                at = f"{hour:02}:00"
                meant = [one for one in told if one.area in around and _within(at, one.window)]
                said = [
                    one
                    for one in meant
                    if one.category in ((label[0], label[1]) if one.whole else (label[1] or label[0],))
                ]
                assert bool(said) is falls


def _within(at: str, window: tuple[str, str] | None) -> bool:
    return window is None or window[0] <= at < window[1]
