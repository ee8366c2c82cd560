"""Fourth stop of routing: from a desk to a person, and from a person to whoever stands above.

Pure choices over the rows handed in. None means that nobody is left: a dispatcher decides.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from models import Area, AssignTo, Role, Unit
from models.town import COMMUNITY, GRID, SPECIAL, STREET
from routing.rules import Decision

CELLS = frozenset({GRID, SPECIAL})  # levels that somebody works in


class Somebody(Protocol):
    """What a chain has to know of a person."""

    @property
    def code(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def unit(self) -> str: ...
    @property
    def area(self) -> str: ...
    @property
    def holds(self) -> Sequence[str]: ...
    @property
    def active(self) -> bool: ...


def held(one: Somebody) -> tuple[str, ...]:
    """Every area somebody looks after: their own and the grids they hold besides."""
    return (one.area, *(one.holds or ()))


def candidate(
    decision: Decision,
    people: Sequence[Somebody],
    loads: Mapping[str, int],
    path: Sequence[str],
    refusers: Collection[str] = frozenset(),
    areas: Mapping[str, Area] | None = None,
    away: Collection[str] = frozenset(),
) -> str | None:
    """The code of the person to handle it, or None. `loads`: person → open cases; `path`: area codes, city → grid.

    Whoever refused it, or is complained about, never gets it: rather nobody, and a dispatcher decides.
    With `areas` a worker of a neighbouring grid of the same community counts as one of the community.
    Who is `away` is named only where all others who come as near are away too: then `stand_in` says who takes it.
    """
    able = [person for person in people if person.active and person.code not in refusers]
    groups: Iterator[list[Somebody]] = _desk(decision.unit, able, path)
    if decision.assign == AssignTo.NAMED:
        groups = _first([person for person in able if person.code == decision.assignee], groups)
    if decision.assign == AssignTo.CELL:
        special = decision.area if _level(decision.area, areas or {}) == SPECIAL else None
        groups = _special(able, special, groups) if special else _cell(able, path, areas or {}, groups)
    return _least_loaded(groups, loads, away)


def of_unit(
    unit: str,
    people: Sequence[Somebody],
    loads: Mapping[str, int],
    path: Sequence[str] = (),
    refusers: Collection[str] = frozenset(),
    away: Collection[str] = frozenset(),
) -> str | None:
    """The least loaded active handler of a unit; its leader only where there is nobody else."""
    able = [person for person in people if person.active and person.code not in refusers]
    return _least_loaded(_desk(unit, able, path), loads, away)


def stand_in(person: str, covers: Mapping[str, str | None], above: Sequence[str], never: Collection[str]) -> str:
    """Who takes what would be theirs: they themselves, their cover, the cover's own, or the nearest leader who is here.

    `covers`: whoever is away → who they named. If nobody else may have it, it waits for them: it is never nobody's.
    """
    found, asked = list[str](), covers.get(person)
    while asked and asked not in found:
        found.append(asked)
        asked = covers.get(asked)
    takers = (code for code in (*found, *above) if code not in covers and code not in never)
    return next(takers, person) if person in covers else person


def _least_loaded(groups: Iterator[list[Somebody]], loads: Mapping[str, int], away: Collection[str]) -> str | None:
    """Of the first group that has anybody, whoever is here and has least to do; the code decides between equals."""
    group = next((group for group in groups if group), [])
    codes = (person.code for person in group)
    return min(codes, key=lambda code: (code in away, loads.get(code, 0), code), default=None)


def _first(group: list[Somebody], others: Iterator[list[Somebody]]) -> Iterator[list[Somebody]]:
    yield group
    yield from others


def _cell(
    able: Sequence[Somebody], path: Sequence[str], areas: Mapping[str, Area], others: Iterator[list[Somebody]]
) -> Iterator[list[Somebody]]:
    """The grid's own worker, then those of the community, then the desk."""
    workers = [person for person in able if person.role == Role.WORKER]
    if len(path) > GRID:
        yield [worker for worker in workers if path[GRID] in held(worker)]
    if len(path) > COMMUNITY:
        yield [worker for worker in workers if _works_in(worker, path[COMMUNITY], areas)]
    yield from others


def _works_in(worker: Somebody, community: str, areas: Mapping[str, Area]) -> bool:
    """Not whoever has a special grid of it: for them only what a rule says."""
    return any(community in _path_of(own, areas) for own in held(worker) if _level(own, areas) != SPECIAL)


def _special(able: Sequence[Somebody], area: str, others: Iterator[list[Somebody]]) -> Iterator[list[Somebody]]:
    """Whoever works in the special grid the rule is about, then the desk."""
    yield [person for person in able if person.role == Role.WORKER and area in held(person)]
    yield from others


def _level(area: str | None, areas: Mapping[str, Area]) -> int | None:
    return areas[area].level if area and area in areas else None


def _path_of(area: str, areas: Mapping[str, Area]) -> Sequence[str]:
    return areas[area].path if area in areas else (area,)


def _desk(unit: str, able: Sequence[Somebody], path: Sequence[str]) -> Iterator[list[Somebody]]:
    """Handlers who look after the place, then clerks, then workers of other places, leaders last."""
    members = [person for person in able if person.unit == unit]
    handlers = [person for person in members if person.role in (Role.CLERK, Role.WORKER)]
    leaders = [person for person in members if person.role == Role.LEADER]
    yield [person for person in handlers if not set(path).isdisjoint(held(person))]
    yield [person for person in handlers if person.role == Role.CLERK]
    yield handlers
    yield [person for person in leaders if person.area in path]
    yield leaders


def managers(
    accused: Collection[str], people: Sequence[Somebody], areas: Mapping[str, Area], units: Mapping[str, Unit]
) -> frozenset[str]:
    """Who stands directly above each of these people, in any of their grids: to judge them is not theirs (C7)."""
    whom = [one for one in people if one.code in accused]
    above = [over(one.code, one.unit, people, areas, units=units) for one in whom]
    leading = [one.code for one in people if one.role == Role.LEADER and one.active and _leads_any(one, whom, areas)]
    return frozenset(rungs[0] for rungs in above if rungs).union(leading)


def _leads_any(leader: Somebody, whom: Sequence[Somebody], areas: Mapping[str, Area]) -> bool:
    return any(not _cells(one, areas).isdisjoint(held(leader)) for one in whom if one.role == Role.WORKER)


def _cells(worker: Somebody, areas: Mapping[str, Area]) -> set[str]:
    """The grids and special grids they work in."""
    return {area for area in held(worker) if _level(area, areas) in CELLS}


def barred(
    accused: Collection[str], people: Sequence[Somebody], areas: Mapping[str, Area], units: Mapping[str, Unit]
) -> frozenset[str]:
    """Everybody a complaint about these people and units never goes to: they, such a unit's people, their managers."""
    own = (one.code for one in people if one.code in accused or one.unit in accused)
    return managers(accused, people, areas, units).union(own)


def one_up(
    person: str | None,
    unit: str | None,
    people: Sequence[Somebody],
    areas: Mapping[str, Area],
    path: Sequence[str] = (),
    *,
    units: Mapping[str, Unit] | None = None,
    level: int = 0,
) -> str | None:
    """Who stands above `person` for a case of lead unit `unit`; `level` more rungs above for each time it went up.

    Past the top it stays at the top; None when `person` is the top, or nobody stands above at all.
    """
    above = over(person, unit, people, areas, path, units=units)
    return above[min(level, len(above) - 1)] if above else None


def over(
    person: str | None,
    unit: str | None,
    people: Sequence[Somebody],
    areas: Mapping[str, Area],
    path: Sequence[str] = (),
    *,
    units: Mapping[str, Unit] | None = None,
) -> tuple[str, ...]:
    """The part of the chain that stands above `person`, lowest first; nobody above the top."""
    above = chain(person, unit, people, areas, path, units=units)
    return above[above.index(person) + 1 :] if person in above else above


def chain(
    person: str | None,
    unit: str | None,
    people: Sequence[Somebody],
    areas: Mapping[str, Area],
    path: Sequence[str] = (),
    *,
    units: Mapping[str, Unit] | None = None,
) -> tuple[str, ...]:
    """Everybody above a case, lowest first: grid, own unit or community, street, lead department, supervisor.

    Without a place the path is that of whoever has the case. A grid that nobody leads by itself is its community's.
    """
    active = sorted((one for one in people if one.active), key=lambda one: (one.unit != unit, one.code))
    holder = next((one for one in people if one.code == person), None)
    where = path or (_path_of(holder.area, areas) if holder else ())
    own = holder.unit if holder else unit
    works = _cells(holder, areas) if holder and holder.role == Role.WORKER else set[str]()
    cells = {cell for cell in works if cell in where[GRID:] or _level(cell, areas) == SPECIAL}
    rungs: list[Callable[[Somebody], bool]] = [
        lambda one: not cells.isdisjoint(held(one)),
        lambda one: one.unit == own and _covers(one, where),
        lambda one: len(where) > GRID and where[GRID] in held(one),
        lambda one: len(where) > COMMUNITY and one.area == where[COMMUNITY],
        lambda one: len(where) > STREET and one.area == where[STREET],
        *(_leads(desk) for desk in _upward(unit, units or {})),
    ]
    leaders = [one for one in active if one.role == Role.LEADER]
    found = [next((one.code for one in leaders if rung(one)), None) for rung in rungs]
    found.append(next((one.code for one in active if one.role == Role.SUPERVISOR), None))
    return tuple(dict.fromkeys(code for code in found if code))


def _covers(one: Somebody, path: Sequence[str]) -> bool:
    return not path or one.area in path


def _leads(unit: str) -> Callable[[Somebody], bool]:
    return lambda one: one.unit == unit


def _upward(unit: str | None, units: Mapping[str, Unit]) -> Iterator[str]:
    """The unit, then the one above it; a loop in the table ends where it began."""
    seen: set[str] = set()
    while unit and unit not in seen:
        seen.add(unit)
        yield unit
        unit = units[unit].parent if unit in units else None
