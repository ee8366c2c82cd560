"""From a desk to a person, and up the chain: a small town of one street, two communities, three desks."""

from typing import Any

import pytest

from models import Area, AssignTo, Person, Role, Unit
from routing.assign import candidate, chain, of_unit, one_up
from routing.rules import Decision

PATHS = {
    "CX": ("CX",),
    "CX-DG": ("CX", "CX-DG"),
    "CX-DG-01": ("CX", "CX-DG", "CX-DG-01"),
    "CX-DG-01-01": ("CX", "CX-DG", "CX-DG-01", "CX-DG-01-01"),
    "CX-DG-01-02": ("CX", "CX-DG", "CX-DG-01", "CX-DG-01-02"),
    "CX-DG-02": ("CX", "CX-DG", "CX-DG-02"),
    "CX-DG-02-01": ("CX", "CX-DG", "CX-DG-02", "CX-DG-02-01"),
}
AREAS = {code: Area(code=code, name=code, level=len(path) - 1, path=list(path)) for code, path in PATHS.items()}
HERE = PATHS["CX-DG-01-01"]


def person(code: str, role: Role, unit: str, area: str, active: bool = True) -> Person:
    return Person(code=code, name=code, role=role, unit=unit, area=area, active=active)


LIMIN = person("limin", Role.WORKER, "DG-01", "CX-DG-01-01")
NEXT_DOOR = person("next", Role.WORKER, "DG-01", "CX-DG-01-02")
SPARE = person("spare", Role.WORKER, "DG-01", "CX-DG-01")
FAR = person("far", Role.WORKER, "DG-02", "CX-DG-02-01")
GRID_HEAD = person("wangxing", Role.LEADER, "DG-01", "CX-DG-01")
STREET_HEAD = person("he", Role.LEADER, "DG", "CX-DG")
SQUAD_HEAD = person("suyong", Role.LEADER, "DG-CG", "CX-DG")
SQUAD_A = person("a", Role.CLERK, "DG-CG", "CX-DG")
SQUAD_B = person("b", Role.CLERK, "DG-CG", "CX-DG")
BUREAU_HEAD = person("ju", Role.LEADER, "CGJ", "CX")
CLERK = person("clerk", Role.CLERK, "CGJ", "CX")
SUPERVISOR = person("du", Role.SUPERVISOR, "ZLZX", "CX")
ALL = [
    LIMIN, NEXT_DOOR, SPARE, FAR, GRID_HEAD, STREET_HEAD, SQUAD_HEAD, SQUAD_A, SQUAD_B, BUREAU_HEAD, CLERK, SUPERVISOR,
]  # fmt: skip
UNITS = {
    code: Unit(code=code, name=code, name_hant=code, name_en=code, area="CX", parent=parent, duties="")
    for code, parent in {"CGJ": None, "DG-CG": "CGJ", "DG": None, "LOOP-A": "LOOP-B", "LOOP-B": "LOOP-A"}.items()
}


def decision(assign: AssignTo, unit: str = "DG-CG", assignee: str | None = None) -> Decision:
    return Decision(rule="R", unit=unit, co_units=(), assign=assign, assignee=assignee, clock="simple")


CELL, UNIT, NAMED = decision(AssignTo.CELL), decision(AssignTo.UNIT), decision(AssignTo.NAMED, assignee="clerk")


def but(*absent: Person) -> list[Person]:
    return [one for one in ALL if one not in absent]


@pytest.mark.parametrize(
    ("asked", "people", "more", "expected"),
    [
        # the cell's worker, then the community, then the desk
        (CELL, ALL, {}, "limin"),
        (CELL, ALL, {"loads": {"limin": 99}}, "limin"),
        (CELL, ALL, {"refusers": {"limin"}}, "spare"),
        (CELL, ALL, {"refusers": {"limin"}, "areas": AREAS, "loads": {"spare": 1}}, "next"),
        (CELL, but(LIMIN, SPARE), {"areas": AREAS}, "next"),
        (CELL, but(LIMIN, SPARE, NEXT_DOOR), {"areas": AREAS}, "a"),  # never the worker of another community
        (CELL, ALL, {"path": PATHS["CX-DG-01"]}, "spare"),  # only the community is known
        (CELL, ALL, {"path": PATHS["CX-DG"]}, "a"),
        (CELL, ALL, {"path": ()}, "a"),
        # the desk: whoever has least to do
        (UNIT, ALL, {}, "a"),
        (UNIT, ALL, {"loads": {"a": 2, "b": 1}}, "b"),
        (UNIT, ALL, {"loads": {"a": 1, "b": 1}}, "a"),
        (UNIT, ALL, {"refusers": {"a"}}, "b"),
        (UNIT, ALL, {"refusers": {"a", "b"}}, "suyong"),  # the leader when nobody else is left
        (UNIT, ALL, {"refusers": {"a", "b", "suyong"}}, None),
        (UNIT, [FAR, CLERK], {}, None),
        (UNIT, [], {}, None),
        # a named person, or their desk
        (NAMED, ALL, {}, "clerk"),
        (NAMED, ALL, {"refusers": {"clerk"}}, "a"),
        (NAMED, but(CLERK), {}, "a"),
        (decision(AssignTo.NAMED), ALL, {}, "a"),
    ],
)
def test_candidate(asked: Decision, people: list[Person], more: dict[str, Any], expected: str | None) -> None:
    given = {"loads": {}, "path": HERE, **more}
    assert candidate(asked, people, **given) == expected
    assert candidate(asked, people[::-1], **given) == expected


def test_who_is_away_gets_nothing() -> None:
    away = [person(one.code, one.role, one.unit, one.area, active=False) for one in (LIMIN, SQUAD_A)]
    assert candidate(CELL, [*away, SQUAD_B], {}, HERE) == "b"
    assert of_unit("DG-CG", [*away, SQUAD_B], {}) == "b"
    assert candidate(decision(AssignTo.NAMED, assignee="limin"), [*away, SQUAD_B], {}, HERE) == "b"


def test_at_a_desk_with_workers_of_many_grids_the_one_who_knows_the_place_comes_first() -> None:
    station = decision(AssignTo.UNIT, unit="DG-01")
    assert candidate(station, ALL, {"limin": 9, "next": 0}, HERE) in {"limin", "spare"}
    assert candidate(station, [LIMIN, NEXT_DOOR], {"limin": 9, "next": 0}, HERE) == "limin"
    assert candidate(station, [LIMIN, NEXT_DOOR], {"limin": 9, "next": 0}, ()) == "next"


@pytest.mark.parametrize(
    ("holder", "unit", "path", "expected"),
    [
        ("limin", "DG-CG", HERE, ("wangxing", "suyong", "ju", "du")),
        ("limin", "DG-01", HERE, ("wangxing", "he", "du")),
        ("a", "DG-CG", HERE, ("suyong", "wangxing", "ju", "du")),
        ("clerk", "CGJ", HERE, ("ju", "wangxing", "he", "du")),
        ("clerk", "CGJ", (), ("ju", "du")),
        (None, "DG-CG", HERE, ("suyong", "wangxing", "ju", "du")),  # unassigned ones go up as well
        (None, None, HERE, ("wangxing", "he", "du")),
        (None, None, (), ("du",)),
        ("limin", "LOOP-A", (), ("wangxing", "he", "du")),
    ],
)
def test_chain(holder: str | None, unit: str | None, path: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert chain(holder, unit, ALL, AREAS, path, units=UNITS) == expected
    assert chain(holder, unit, ALL[::-1], AREAS, path, units=UNITS) == expected


def test_one_up_climbs_by_level_and_stays_at_the_top() -> None:
    climbed = [one_up("limin", "DG-CG", ALL, AREAS, HERE, units=UNITS, level=level) for level in range(6)]
    assert climbed == ["wangxing", "suyong", "ju", "du", "du", "du"]


def test_one_up_from_somebody_in_the_chain_is_whoever_stands_above_them() -> None:
    assert one_up("wangxing", "DG-01", ALL, AREAS, HERE) == "he"
    assert one_up("du", "DG-01", ALL, AREAS, HERE) is None
    assert one_up("limin", "DG-01", [LIMIN], AREAS, HERE) is None


def test_nobody_goes_up_to_somebody_who_is_away() -> None:
    away = [person(one.code, one.role, one.unit, one.area, active=one.code != "wangxing") for one in ALL]
    assert one_up("limin", "DG-01", away, AREAS, HERE) == "he"
