"""What the town looks like, read once and handed in: areas, units, categories, places, rules, clocks, workdays."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.clock import WorkCalendar
from cases.guide import Guide, read_guide
from models import STEPS, Area, Category, ClockPolicy, DutyShift, Person, Place, Role, RoutingRule, Town, Unit, Workday
from models.town import COMMUNITY, STREET
from routing.assign import held
from routing.outlines import Outlines
from routing.places import ROAD, PlaceIndex
from routing.rules import RuleBook
from routing.special import SpecialGrids

T = TypeVar("T")
AT_ONCE = 2000  # rows, some 20 ms


class NoTown(LookupError):
    """There is nothing to decide with: the operator loads a town first."""


@dataclass(frozen=True)
class Member:
    """Somebody on the staff as others may know them."""

    code: str
    name: str
    role: Role
    unit: str = ""
    area: str = ""
    active: bool = True
    holds: Sequence[str] = ()


@dataclass(frozen=True)
class Book:
    town: Town
    areas: Mapping[str, Area]
    units: Mapping[str, Unit]
    categories: Mapping[str, Category]
    places: Mapping[str, Place]
    policies: Mapping[str, ClockPolicy]
    rules: RuleBook
    index: PlaceIndex
    calendar: WorkCalendar
    people: Mapping[str, str]  # code → name, also of those who left
    workers: frozenset[str]  # those of them who are grid workers
    unit_of: Mapping[str, str]  # where each of them works
    staff: Mapping[str, Sequence[Member]]  # those who are here, by unit
    members: Mapping[str, Member]  # everybody, also those who left
    heads: Sequence[Member]  # leaders and supervisors who are here: of them chains are made
    duty: Sequence[DutyShift]
    items: Mapping[str, Sequence[Category]] = field(default_factory=dict)  # by department's field
    guide: Guide = field(default_factory=Guide)

    @cached_property
    def by_community(self) -> Mapping[str, Sequence[Member]]:
        """Those who are here and look after a community or a grid of it, by the community."""
        found: dict[str, list[Member]] = {}
        for one in self.members.values():
            paths = (self.path(area) for area in held(one) if one.active)
            for community in {path[COMMUNITY] for path in paths if len(path) > COMMUNITY}:
                found.setdefault(community, []).append(one)
        return found

    @cached_property
    def holders(self) -> Mapping[str, Sequence[Member]]:
        """Those who are here and hold a grid, by the grid; special ones among them."""
        found: dict[str, list[Member]] = {}
        for one in self.members.values():
            for area in held(one) if one.active else ():
                found.setdefault(area, []).append(one)
        return found

    @cached_property
    def by_role(self) -> Mapping[Role, Sequence[str]]:
        """Those who are here, by code."""
        found: dict[Role, list[str]] = {}
        for one in self.members.values():
            if one.active:
                found.setdefault(one.role, []).append(one.code)
        return found

    @cached_property
    def handling(self) -> Mapping[str, Sequence[str]]:
        """Units with somebody who handles cases, by their street; under the empty name those of the whole city."""
        found: dict[str, list[str]] = {"": []}
        for code, unit in self.units.items():
            if any(one.role in STEPS["sign"].who for one in self.staff.get(code, ())):
                street = self.path(unit.area)[STREET : STREET + 1]
                found.setdefault(street[0] if street else "", []).append(code)
        return found

    @cached_property
    def lived_in(self) -> Mapping[str, Sequence[Place]]:
        """Where people live, buildings and in the country natural villages (自然村), by each area it lies in."""
        found: dict[str, list[Place]] = {}
        for place in sorted(self.places.values(), key=lambda one: one.code):
            for area in self.path(place.grid) if place.households else ():
                found.setdefault(area, []).append(place)
        return found

    @cached_property
    def special(self) -> SpecialGrids:
        return SpecialGrids(_in_force(self.areas.values()))

    @cached_property
    def outlines(self) -> Outlines:
        return Outlines(self.areas.values())

    def warm(self) -> None:
        """In a thread, before anybody waits for what takes a second in a large town."""
        _ = (self.guide.finder, self.outlines, self.special, self.lived_in, self.by_community, self.holders)

    def with_guide(self, guide: Guide) -> "Book":
        """The same town with other services; what was worked out of the rest is kept."""
        book = replace(self, guide=guide)
        vars(book).update((name, worked) for name, worked in vars(self).items() if name not in vars(book))
        return book

    def special_at(self, place: str | None, lon: float | None, lat: float | None, grid: str | None) -> tuple[str, ...]:
        """The special grids it lies in: by the pin, else by the place, else by what is known of the grid."""
        known = self.places.get(place or "")
        if lon is None and known is not None and known.kind != ROAD:
            lon, lat = known.lon, known.lat
        return self.special.at(lon, lat, grid)

    def path(self, grid: str | None) -> tuple[str, ...]:
        """Area codes from the city down to the grid; nothing known, nothing in it."""
        area = self.areas.get(grid or "")
        return tuple(area.path) if area else ()

    def upward(self, unit: str | None) -> list[str]:
        """The unit and those it belongs to, each once."""
        found = list[str]()
        while unit and unit in self.units and unit not in found:
            found.append(unit)
            unit = self.units[unit].parent
        return found

    def of_role(self, role: Role) -> list[str]:
        """Those who are here, by code."""
        return list(self.by_role.get(role, ()))

    def leading(self, unit: str | None) -> list[str]:
        """A unit's leaders, by code."""
        return [one.code for one in self.staff.get(unit or "", ()) if one.role is Role.LEADER]

    def category_name(self, code: str | None, locale: str = "zh-Hans") -> str:
        return named(self.categories.get(code or ""), locale)

    def unit_name(self, code: str | None, locale: str = "zh-Hans") -> str:
        return named(self.units.get(code or ""), locale)

    def area_name(self, code: str | None) -> str:
        area = self.areas.get(code or "")
        return area.name if area else ""

    def place_name(self, code: str | None) -> str:
        place = self.places.get(code or "")
        return place.name if place else ""


def named(row: Any, locale: str) -> str:
    """A row's name in the reader's language, or nothing for no row."""
    if row is None:
        return ""
    return str({"zh-Hant": row.name_hant, "en": row.name_en}.get(locale) or row.name)


async def read_book(session: AsyncSession) -> Book:
    """Everything a decision may look at that is not the case itself, read whole.

    A city has hundreds of thousands of places: those who talk meanwhile are answered between parts of it.
    """
    areas = by_code(await _all(session, Area))
    categories = by_code(await session.exec(select(Category).order_by(Category.code)))
    places = by_code(await _all(session, Place))
    town = (await session.exec(select(Town))).first()
    if town is None:
        raise NoTown("no town has been loaded yet")
    rules = (await session.exec(select(RoutingRule))).all()
    people = await _all(session, Person)
    index = await asyncio.to_thread(PlaceIndex, _in_force(places.values()), _in_force(areas.values()))
    members = {one.code: _member(one) for one in people}
    workdays = (await session.exec(select(Workday))).all()
    return Book(
        areas=areas,
        units=by_code(await session.exec(select(Unit))),
        categories=categories,
        places=places,
        policies=by_code(await session.exec(select(ClockPolicy))),
        rules=RuleBook(rules, {code: area.level for code, area in areas.items()}),
        index=index,
        calendar=WorkCalendar({row.day: row.working for row in workdays}, town.opens, town.closes),
        town=town,
        people={person.code: person.name for person in people},
        workers=frozenset(person.code for person in people if person.role is Role.WORKER),
        unit_of={person.code: person.unit for person in people},
        staff=_by_unit(members.values()),
        members=members,
        heads=[one for one in members.values() if one.active and one.role in (Role.LEADER, Role.SUPERVISOR)],
        duty=(await session.exec(select(DutyShift).order_by(col(DutyShift.id)))).all(),
        items=_by_parent(_in_force(categories.values())),
        guide=await read_guide(session),
    )


async def _all(session: AsyncSession, table: type[T]) -> list[T]:
    """By code, some at a time."""
    code, found = col(table.code), list[T]()  # type: ignore[attr-defined]
    while True:
        rows = select(table).where(code > (found[-1].code if found else "")).order_by(code).limit(AT_ONCE)  # type: ignore[attr-defined]
        found += (more := (await session.exec(rows)).all())
        if len(more) < AT_ONCE:
            return found


def _member(one: Person) -> Member:
    return Member(one.code, one.name, one.role, one.unit, one.area, one.active, tuple(one.holds))


def by_code(rows: Iterable[T]) -> dict[str, T]:
    return {row.code: row for row in rows}  # type: ignore[attr-defined]


def _in_force(rows: Iterable[T]) -> list[T]:
    """Without those that rest: they keep their names for old cases, and nothing new comes to them."""
    return [row for row in rows if row.active]  # type: ignore[attr-defined]


def _by_unit(members: Iterable[Member]) -> dict[str, list[Member]]:
    units: dict[str, list[Member]] = {}
    for member in members:
        if member.active:
            units.setdefault(member.unit, []).append(member)
    return units


def _by_parent(categories: Iterable[Category]) -> dict[str, list[Category]]:
    parents: dict[str, list[Category]] = {}
    for category in categories:
        if category.parent:
            parents.setdefault(category.parent, []).append(category)
    return parents
