"""The whole town: reads every file, holds each row against the others, and refuses unless all of it is sound."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import Area, Category, ClockPolicy, DutyShift, Person, Place, Role, RoutingRule, Service, Unit, Workday
from town.files import Known, Row, read_rows, read_text
from town.outlines import Features, Outline, outlines_of, read_features
from town.problems import Problem, SeedRefused
from town.profile import Profile, profile_in
from town.tables import BUILDERS, CELLS, COLUMNS, OPTIONAL, Around, key_of

OUTLINES, PROFILE = "grids.geojson", "town.toml"
Rows = Mapping[str, list[Row] | None]  # by file; None when it cannot be read


@dataclass(frozen=True)
class Town:
    """All of it, sound: what `load_town` needs and no more."""

    profile: Profile
    areas: tuple[Area, ...]
    categories: tuple[Category, ...]
    places: tuple[Place, ...]
    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    clocks: tuple[ClockPolicy, ...]
    rules: tuple[RoutingRule, ...]
    workdays: tuple[Workday, ...]
    shifts: tuple[DutyShift, ...]
    services: tuple[Service, ...] = ()


@dataclass(frozen=True)
class Written:
    """A town as somebody wrote it, not yet checked; None for what cannot be read at all."""

    rows: dict[str, list[Row] | None]
    features: Features | None
    profile: str | None
    problems: list[Problem]  # so far


def read_town(folder: Path) -> Town:
    """The town in a folder of plain files. Raises SeedRefused with everything that is wrong with it."""
    problems: list[Problem] = []
    there = {file: columns for file, columns in COLUMNS.items() if file not in OPTIONAL or (folder / file).exists()}
    rows: dict[str, list[Row] | None] = {file: [] for file in OPTIONAL} | {
        file: read_rows(folder, file, columns, problems) for file, columns in there.items()
    }
    features, profile = read_features(folder, OUTLINES, problems), read_text(folder, PROFILE, problems)
    return checked(Written(rows, features, profile, problems))


Excused = Callable[[Problem], bool]


def checked(written: Written, excused: Excused = lambda _: False) -> Town:
    """Raises SeedRefused with everything that is wrong but for what is excused; a row that is wrong is as it may be."""
    rows, problems = written.rows, written.problems
    for file, found in rows.items():
        for row in found or ():
            row.subject = key_of(file, row.cells)
    known = {file: _codes(file, found) for file, found in rows.items()}
    levels = {row.cells["code"]: row.cells["level"] for row in rows["areas.csv"] or ()}
    outlines = outlines_of(written.features, OUTLINES, _cells(rows, CELLS), _cells(rows, CELLS[:1]), problems)
    profile = profile_in(written.profile, PROFILE, known["units.csv"], problems)

    people = rows["people.csv"] or ()
    units, roles, own = ({row.cells["code"]: row.cells[name] for row in people} for name in ("unit", "role", "area"))
    around = Around(known, levels, _fields(rows), outlines or {}, units, roles, own)
    built = {file: [BUILDERS[file](row, around) for row in found or ()] for file, found in rows.items()}
    _no_duplicates(rows)
    _one_city(rows, problems)
    _no_circle(rows)
    _every_grid(rows, outlines)
    _catch_all(rows, problems)
    refused = [problem for problem in problems if not excused(problem)]
    if refused or profile is None or outlines is None:
        raise SeedRefused(refused or problems)
    return _town(profile, outlines, built)


def _codes(file: str, rows: list[Row] | None) -> Known:
    return None if rows is None else {row.cells[COLUMNS[file][0]] for row in rows}


def _cells(rows: Rows, levels: Collection[str]) -> Known:
    areas = rows["areas.csv"]
    return None if areas is None else {row.cells["code"] for row in areas if row.cells["level"] in levels}


def _fields(rows: Rows) -> frozenset[str]:
    return frozenset(row.cells["code"] for row in rows["categories.csv"] or () if not row.cells["parent"])


def _town(profile: Profile, outlines: Mapping[str, Outline], built: Mapping[str, list[Any]]) -> Town:
    """Joins the sound parts; an area learns its path from the city down and its outline."""
    areas: list[Area] = built["areas.csv"]
    parents = {area.code: area.parent for area in areas}
    for area in areas:
        area.path = list(_upwards(area.code, parents))[::-1]
        area.outline = outlines[area.code].geometry if area.code in outlines else None
    holds: dict[str, list[str]] = {}
    for one in built["holdings.csv"]:
        holds.setdefault(one.person, []).append(one.area)
    for person in built["people.csv"]:
        person.holds = holds.get(person.code, [])
    return Town(
        profile=profile,
        areas=tuple(areas),
        categories=tuple(built["categories.csv"]),
        places=tuple(built["places.csv"]),
        units=tuple(built["units.csv"]),
        people=tuple(built["people.csv"]),
        clocks=tuple(built["clocks.csv"]),
        rules=tuple(built["rules.csv"]),
        workdays=tuple(built["calendar.csv"]),
        shifts=tuple(built["duty.csv"]),
        services=tuple(built["services.csv"]),
    )


def _upwards(code: str | None, parents: Mapping[str, str | None]) -> Iterator[str]:
    """The code, its parent, and so on; stops where it has been before."""
    seen: set[str] = set()
    while code and code not in seen:
        yield code
        seen.add(code)
        code = parents.get(code)


def _no_duplicates(rows: Rows) -> None:
    for found in rows.values():
        seen: set[str] = set()
        for row in found or ():
            if row.subject in seen:
                row.wrong("duplicate", row.subject)
            seen.add(row.subject)


def _one_city(rows: Rows, problems: list[Problem]) -> None:
    areas = rows["areas.csv"]
    cities = [row for row in areas or () if row.cells["level"] == "0"]
    if areas is not None and not cities:
        problems.append(Problem("areas.csv", 1, "one_city", "0"))
    for row in cities[1:]:
        row.wrong("one_city", row.cells["code"])


def _no_circle(rows: Rows) -> None:
    """Among units; areas and categories cannot run in one, their levels see to it."""
    units = rows["units.csv"] or ()
    parents = {row.cells["code"]: row.cells["parent"] for row in units}
    for row in units:
        above = list(_upwards(row.cells["parent"], parents))
        if row.cells["code"] in above:
            row.wrong("circle", " > ".join([row.cells["code"], *above]))


def _every_grid(rows: Rows, outlines: Mapping[str, Outline] | None) -> None:
    """Has somebody who works in it, somebody who leads it, alone or with all its community, and an outline."""
    areas, staff_known = rows["areas.csv"], rows["people.csv"] is not None and rows["holdings.csv"] is not None
    worked, led = _held(rows, Role.WORKER), _held(rows, Role.LEADER)
    parents = {row.cells["code"]: row.cells["parent"] for row in areas or ()}
    tops = {row.cells["code"] for row in areas or () if row.cells["level"] == "0"}
    for row in areas or ():
        code = row.cells["code"]
        if row.cells["level"] not in CELLS:
            continue
        if staff_known and code not in worked:
            row.wrong("no_worker", code)
        above = {*_upwards(code, parents)}
        if staff_known and above & tops and led.isdisjoint(above - tops):
            row.wrong("no_leader", code)
        if outlines is not None and code not in outlines:
            row.wrong("no_outline", code)


def _held(rows: Rows, role: Role) -> set[str]:
    """The areas that people of this role look after, their own and those they hold."""
    mine = {row.cells["code"]: row.cells["area"] for row in rows["people.csv"] or () if row.cells["role"] == role}
    holdings = rows["holdings.csv"] or ()
    return {*mine.values(), *(row.cells["area"] for row in holdings if row.cells["person"] in mine)}


def _catch_all(rows: Rows, problems: list[Problem]) -> None:
    """One enabled rule asks nothing. What a rule can ask stands in the columns `valid_from` to `predicates`."""
    rules, asks = rows["rules.csv"], COLUMNS["rules.csv"][3:13]
    enabled = [row.cells for row in rules or () if row.cells["enabled"].lower() == "true"]
    if rules is not None and not any(all(not cells[column] for column in asks) for cells in enabled):
        problems.append(Problem("rules.csv", 1, "no_catch_all"))
