"""The whole town: reads every file, holds each row against the others, and refuses unless all of it is sound."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.town.files import Known, Row, read_rows
from app.town.outlines import Outline, read_outlines
from app.town.problems import Problem, SeedRefused
from app.town.profile import Profile, read_profile
from app.town.tables import BUILDERS, CELLS, COLUMNS, KEYED, Around
from models import Area, Category, ClockPolicy, DutyShift, Person, Place, Role, RoutingRule, Unit, Workday

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


def read_town(folder: Path) -> Town:
    """The town in a folder of plain files. Raises SeedRefused with everything that is wrong with it."""
    problems: list[Problem] = []
    rows = {file: read_rows(folder, file, columns, problems) for file, columns in COLUMNS.items()}
    known = {file: _codes(file, found) for file, found in rows.items()}
    levels = {row.cells["code"]: row.cells["level"] for row in rows["areas.csv"] or ()}
    outlines = read_outlines(folder, OUTLINES, _cells(rows, CELLS), _cells(rows, CELLS[:1]), problems)
    profile = read_profile(folder, PROFILE, known["units.csv"], problems)

    people = rows["people.csv"] or ()
    units, roles, own = ({row.cells["code"]: row.cells[name] for row in people} for name in ("unit", "role", "area"))
    around = Around(known, levels, _fields(rows), outlines or {}, units, roles, own)
    built = {file: [BUILDERS[file](row, around) for row in found or ()] for file, found in rows.items()}
    _no_duplicates(rows)
    _one_city(rows, problems)
    _no_circle(rows)
    _every_grid(rows, outlines)
    _catch_all(rows, problems)
    if problems or profile is None or outlines is None:
        raise SeedRefused(problems)
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
    for person in built["people.csv"]:
        person.holds = [one.area for one in built["holdings.csv"] if one.person == person.code]
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
    )


def _upwards(code: str | None, parents: Mapping[str, str | None]) -> Iterator[str]:
    """The code, its parent, and so on; stops where it has been before."""
    seen: set[str] = set()
    while code and code not in seen:
        yield code
        seen.add(code)
        code = parents.get(code)


def _no_duplicates(rows: Rows) -> None:
    for file, found in rows.items():
        seen: set[str] = set()
        for row in found or ():
            columns = COLUMNS[file][:1] if file in KEYED else COLUMNS[file]
            key = " / ".join(row.cells[column] for column in columns)
            if key in seen:
                row.wrong("duplicate", key)
            seen.add(key)


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
