"""Special grids, several grids in one hand, a grid's own leader, and who stands in; on test_assign's small town."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Area, AssignTo, Person, Role
from routing.assign import barred, candidate, chain, managers, stand_in
from routing.overlaps import conflicts
from routing.rules import Decision, Facts, RuleBook
from routing.special import SpecialGrids, overlapping
from tests.routing.test_assign import ALL, AREAS, HERE, UNITS, person
from tests.routing.test_places import square
from tests.routing.test_rules import NOON, rule
from tests.routing.test_table_check import TODAY

SPECIAL = {
    "HILLS": Area(code="HILLS", name="护林网格", level=4, path=["CX", "CX-DG", "CX-DG-01", "HILLS"]),
    "PARK": Area(code="PARK", name="企业网格", level=4, path=["CX", "PARK"]),
}
WITH_SPECIAL = AREAS | SPECIAL


def holding(code: str, role: Role, unit: str, area: str, *holds: str) -> Person:
    found = person(code, role, unit, area)
    found.holds = list(holds)
    return found


RANGER = holding("ranger", Role.WORKER, "DG-01", "HILLS")
TWO_GRIDS = holding("two", Role.WORKER, "DG-01", "CX-DG-01-02", "CX-DG-01-01", "PARK")
GRID_LEADER = holding("head", Role.LEADER, "DG-01", "CX-DG-02", "CX-DG-01-01")
HILLS_LEADER = holding("warden", Role.LEADER, "CGJ", "CX", "HILLS")
TOWN = [*ALL, RANGER, TWO_GRIDS, GRID_LEADER, HILLS_LEADER]


def by(area: str | None, assign: AssignTo = AssignTo.CELL) -> Decision:
    return Decision(rule="R", unit="CGJ", co_units=(), assign=assign, assignee=None, clock="simple", area=area)


@pytest.mark.parametrize(
    ("asked", "more", "expected"),
    [
        (by("HILLS"), {}, "ranger"),
        (by("PARK"), {}, "two"),
        (by("HILLS"), {"refusers": {"ranger"}}, "clerk"),  # then the unit's own desk, no grid worker
        (by("CX-DG-01"), {"refusers": {"limin"}}, "two"),  # an ordinary rule never takes the ranger
        (
            by("CX-DG-01"),
            {"refusers": {"limin"}, "loads": {"two": 1, "spare": 5}},
            "two",
        ),  # who holds the grid comes first
        (by("HILLS", AssignTo.UNIT), {}, "clerk"),
        (by("CX-DG-01"), {"away": {"limin"}}, "two"),  # the other who holds it is here
        (by("HILLS"), {"away": {"ranger"}}, "ranger"),  # nobody else: whoever stands in takes it
    ],
)
def test_who_works_in_it(asked: Decision, more: dict[str, Any], expected: str) -> None:
    assert candidate(asked, TOWN, **{"loads": {}, "path": HERE, "areas": WITH_SPECIAL, **more}) == expected


def test_a_rule_may_name_a_special_grid_and_it_is_the_most_specific_area() -> None:
    levels = {code: area.level for code, area in WITH_SPECIAL.items()}
    rows = [rule("GRID", area="CX-DG-01-01"), rule("HILLS", area="HILLS"), rule("LAST", priority=900)]
    book = RuleBook(rows, levels)
    here = {"category": "自然资源", "at": NOON, "area_path": HERE}
    assert [book.route(Facts(**here, special=s)).rule for s in (("HILLS",), ("PARK",), ())] == ["HILLS", "GRID", "GRID"]
    told = book.route(Facts(**here, special=("HILLS",)))
    assert (told.area, told.facts["special"]) == ("HILLS", ["HILLS"])
    assert Facts.of(told.facts).special == ("HILLS",)


def test_a_grid_may_have_a_leader_of_its_own() -> None:
    above = chain("limin", "DG-CG", TOWN, WITH_SPECIAL, HERE, units=UNITS)
    assert above[:3] == ("head", "wangxing", "suyong")
    assert chain("ranger", "CGJ", TOWN, WITH_SPECIAL, HERE, units=UNITS)[0] == "warden"
    assert chain("next", "DG-01", TOWN, WITH_SPECIAL, units=UNITS)[0] == "wangxing"
    # in another grid than the one that is led, the community's leader comes first
    assert chain("two", "DG-01", TOWN, WITH_SPECIAL, AREAS["CX-DG-01-02"].path, units=UNITS)[0] == "wangxing"


def test_whoever_leads_any_grid_of_theirs_does_not_judge_a_complaint_about_them() -> None:
    assert managers({"two"}, TOWN, WITH_SPECIAL, UNITS) >= {"head", "wangxing"}
    assert managers({"ranger"}, TOWN, WITH_SPECIAL, UNITS) >= {"warden"}


def test_where_a_point_lies_and_what_covers_a_grid_whole() -> None:
    def drawn(code: str, level: int, *outline: float) -> Area:
        return Area(code=code, name=code, level=level, path=[code], outline=square(*outline))

    grids = [drawn("G1", 3, 112.00, 30.00), drawn("G2", 3, 112.01, 30.00)]
    over = [
        drawn("WIDE", 4, 111.99, 29.99, 0.1),
        drawn("SMALL", 4, 112.00, 30.00),
        drawn("HALF", 4, 112.005, 30.0, 0.02),
    ]
    found = SpecialGrids([*grids, *over])
    assert found.at(112.007, 30.005, "G1") == ("SMALL", "HALF", "WIDE")
    assert found.at(112.03, 30.005, "G2") == ("WIDE",)  # a pin says more than the grid
    assert (found.at(None, None, "G1"), found.at(None, None, "G2")) == (("SMALL", "WIDE"), ("HALF", "WIDE"))
    assert (found.at(None, None, None), found.at(100.0, 30.0, "G1"), SpecialGrids(grids).at(112, 30, "G1")) == (
        (),
        (),
        (),
    )
    assert overlapping(over)["SMALL"] == {"SMALL", "HALF", "WIDE"}


def test_rules_of_special_grids_that_lie_over_each_other_can_collide() -> None:
    rows = [
        rule("A", area="HILLS", unit="CGJ", min_confidence=0.0),
        rule("B", area="PARK", unit="DG", min_confidence=0.0),
        rule("C", area="CX-DG", unit="X"),
    ]
    over = {"HILLS": {"HILLS", "PARK"}, "PARK": {"HILLS", "PARK"}}
    assert [one.rules for one in conflicts(rows, TODAY, over)] == [("A", "B")]
    assert list(conflicts(rows, TODAY, {"HILLS": {"HILLS"}, "PARK": {"PARK"}})) == []


@pytest.mark.parametrize(
    ("covers", "expected"),
    [
        ({}, "limin"),
        ({"limin": "next"}, "next"),
        ({"limin": None}, "wangxing"),
        ({"limin": "next", "next": "spare"}, "spare"),
        ({"limin": "next", "next": "limin"}, "wangxing"),  # they named each other
        ({"limin": "next", "next": None}, "wangxing"),
        ({"limin": None, "wangxing": "limin"}, "he"),
        ({"limin": "clerk"}, "wangxing"),  # clerk may not have it
        (dict.fromkeys(("limin", "wangxing", "he")), "limin"),  # nobody: it waits for whoever it is
    ],
)
def test_who_stands_in(covers: dict[str, str | None], expected: str) -> None:
    assert stand_in("limin", covers, ("wangxing", "he"), {"clerk"}) == expected


CODES = [one.code for one in TOWN]


@given(
    about=st.sets(st.sampled_from(CODES), max_size=3),
    away=st.dictionaries(st.sampled_from(CODES), st.sampled_from(CODES) | st.none()),
    area=st.sampled_from(["HILLS", "PARK", "CX-DG-01", None]),
    assign=st.sampled_from([AssignTo.CELL, AssignTo.UNIT]),
)
def test_one_answer_and_never_the_accused_nor_their_manager(
    about: set[str], away: dict[str, str | None], area: str | None, assign: AssignTo
) -> None:
    never = barred(about, TOWN, WITH_SPECIAL, UNITS)
    first = candidate(by(area, assign), TOWN, {}, HERE, never, WITH_SPECIAL, away)
    if first is None:  # nobody is left: a dispatcher decides
        assert {
            one.code for one in TOWN if one.unit == "CGJ" and one.role in (Role.CLERK, Role.WORKER, Role.LEADER)
        } <= never
        return
    above = chain(first, "CGJ", TOWN, WITH_SPECIAL, HERE, units=UNITS)
    taker = stand_in(first, away, above, never)
    assert taker not in never and taker in CODES
    assert taker not in away or not {*above} - never - {*away}  # nobody who is away, unless nobody else may
