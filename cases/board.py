"""What the dashboard (大屏, 一张图) shows of this moment: open cases by place, clocks that end next, what just came in.

All of it only of cases the person in front of it may see; sums over time are in `cells`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy
from sqlalchemy import ColumnElement, func, text, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, hot
from cases.book import Book
from cases.cells import Key
from models import OPEN, Area, AreaDay, Case, ClockAct, Person, Role, Timer
from models.hot import Colour
from models.town import GRID, SPECIAL

ENDING, RECENT, LISTED = 6, 200, 100  # how many of each at most
FRESH = timedelta(hours=6)  # filed so short a time ago a case is a dot
CLOCKS = {ClockAct.SIGN_OVERDUE: "sign", ClockAct.CONTACT_OVERDUE: "contact", ClockAct.OVERDUE: "resolve"}
SEVERE = (Colour.RED, Colour.YELLOW, Colour.BLUE)

_ABOUT = text(
    """
    SELECT DISTINCT hot.issue, about.code FROM hot_cases AS hot JOIN cases ON cases.id = hot.case_id
    CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(nullif(cases.facts->'accused', 'null'), '[]')) AS about (code)
    WHERE hot.issue = ANY(:issues)
    """
)


@dataclass(frozen=True)
class Scope:
    """What somebody looks at: an area they are in charge of, or what is their unit's in the whole town."""

    root: str
    unit: str | None
    hides: frozenset[str]  # cases about one of these are not theirs to know of


@dataclass(frozen=True)
class Count:
    open: int = 0
    overdue: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.open + other.open, self.overdue + other.overdue)


@dataclass(frozen=True)
class Standing:
    """Open cases by area of every level, and by place; `elsewhere`: of a grid, those at no place we know."""

    areas: Mapping[str, Count]
    places: Mapping[str, Count]
    elsewhere: Mapping[str, Count]


@dataclass(frozen=True)
class Ending:
    case: Case
    what: str  # sign, sort, contact, resolve
    at: datetime


@dataclass(frozen=True)
class Issue:
    card: hot.Card
    about: frozenset[str]


@dataclass(frozen=True)
class Dot:
    """A case that just came in; without a point where nobody knows its place."""

    number: str
    at: datetime
    place: str | None
    grid: str | None
    lon: float | None
    lat: float | None


def scope_of(book: Book, person: Person) -> Scope:
    """The desks see the town, a leader what they look after, a department's leader their unit's everywhere."""
    if person.role in access.SEES_ALL:
        return Scope(book.town.code, None, frozenset({person.code}))
    hides = frozenset({person.code, person.unit})
    area = book.areas.get(person.area)
    while area is not None and area.level >= SPECIAL:
        area = book.areas.get(area.parent or "")
    root = area.code if area and person.role is Role.LEADER else book.town.code
    return Scope(root, person.unit if root == book.town.code else None, hides)


def wanted(book: Book, scope: Scope, area: str, key: Key) -> bool:
    """Whether a cell counts in what they see of an area."""
    if key.about & scope.hides or (scope.unit is not None and key.unit != scope.unit):
        return False
    return area == book.town.code or area in book.path(key.grid)


@dataclass(frozen=True)
class Tally:
    """Open cases at a place of a grid, about the same people and units."""

    grid: str | None
    place: str | None
    about: frozenset[str]
    count: Count


def counts_for(person: Person) -> str | None:
    """Whose tallies theirs are: None are those of all who see every case, but for what is about themselves."""
    return None if person.role in access.SEES_ALL else person.code


async def tallies(session: AsyncSession, person: Person) -> Sequence[Tally]:
    """Of the whole town, for everybody with the same `counts_for`; `standing` leaves out what is not theirs."""
    by = (col(Case.grid), col(Case.place), col(Case.facts)["accused"])
    late = func.count().filter(col(Case.overdue))
    mine = true() if counts_for(person) is None else access.sees(person)
    chosen = sqlalchemy.select(*by, func.count(), late).where(col(Case.status).in_(OPEN), mine).group_by(*by)
    rows = (await session.execute(chosen)).all()
    return [Tally(grid, place, frozenset(about or ()), Count(*counts)) for grid, place, about, *counts in rows]


def standing(book: Book, person: Person, found: Iterable[Tally]) -> Standing:
    """Of the whole town, as far as they see it."""
    hides = scope_of(book, person).hides
    areas: dict[str, Count] = {}
    places: dict[str, Count] = {}
    elsewhere: dict[str, Count] = {}
    for tally in found:
        if tally.about & hides:
            continue
        grid, place, one = tally.grid, tally.place, tally.count
        for area in book.path(grid) or (book.town.code,):
            areas[area] = areas.get(area, Count()) + one
        known = book.places.get(place or "")
        mine, name = (places, known.code) if known and known.grid == grid else (elsewhere, grid or "")
        mine[name] = mine.get(name, Count()) + one
    return Standing(areas, places, elsewhere)


async def ending(session: AsyncSession, book: Book, person: Person, area: str, now: datetime) -> list[Ending]:
    """The cases whose clocks run out next, each by its nearest. By ix_timers_due."""
    running = (col(Timer.done_at).is_(None), ~col(Timer.paused), col(Timer.due_at) > now)
    chosen = select(Timer.act, Timer.due_at, Case).join(Case, col(Case.id) == Timer.case_id)
    chosen = chosen.where(*running, col(Timer.act).in_(CLOCKS), _open(person), _within(book, area))
    soonest = chosen.order_by(col(Timer.due_at), col(Timer.id)).limit(ENDING * len(CLOCKS))  # no case has more of them
    nearest: dict[UUID, Ending] = {}
    for act, at, case in (await session.execute(soonest)).all():
        nearest.setdefault(case.id, Ending(case, _what(act, case), at))
    return list(nearest.values())[:ENDING]


async def at_place(session: AsyncSession, person: Person, place: str) -> Sequence[Case]:
    """Open cases at one building, the nearest deadline first."""
    chosen = select(Case).where(_open(person), Case.place == place)
    return (await session.exec(chosen.order_by(col(Case.due_at).nulls_last(), Case.number).limit(LISTED))).all()


async def recent(session: AsyncSession, book: Book, person: Person, area: str, now: datetime) -> list[Dot]:
    """Cases of the last hours, the newest first."""
    what = (col(Case.number), col(Case.submitted_at), col(Case.place), col(Case.grid), col(Case.lon), col(Case.lat))
    chosen = sqlalchemy.select(*what)
    chosen = chosen.where(col(Case.submitted_at) > now - FRESH, access.sees(person), _within(book, area))
    rows = (await session.execute(chosen.order_by(col(Case.submitted_at).desc()).limit(RECENT))).all()
    return [
        Dot(number, at, place, grid, *(_point(book, place, lon, lat))) for number, at, place, grid, lon, lat in rows
    ]


def _point(book: Book, place: str | None, lon: float | None, lat: float | None) -> tuple[float | None, float | None]:
    """The resident's own pin, else the place they named."""
    known = book.places.get(place or "")
    return (known.lon, known.lat) if lon is None and known else (lon, lat)


async def issues(session: AsyncSession, now: datetime) -> list[Issue]:
    """Hot issues (热点) that are cards, each with whom any of its cases is about."""
    cards = await hot.cards(session, now)
    about: dict[int, set[str]] = {}
    for issue, code in (await session.execute(_ABOUT, {"issues": [card.issue.id for card in cards]})).all():
        about.setdefault(issue, set()).add(code)
    return [Issue(card, frozenset(about.get(card.issue.id or 0, ()))) for card in cards]


def shown(book: Book, scope: Scope, area: str, found: Iterable[Issue]) -> list[hot.Card]:
    """Those of an area. None with a case that is hidden from them: its sentence might be the one shown."""
    here = (one.card for one in found if not one.about & scope.hides)
    return [card for card in here if area == book.town.code or area in book.path(card.issue.area)]


async def colours(session: AsyncSession, until: date) -> tuple[date | None, Mapping[str, AreaDay]]:
    """The last day that was judged, before `until` and not older than a week; and every area on it."""
    last = select(func.max(AreaDay.day)).where(col(AreaDay.day) < until, col(AreaDay.day) >= until - timedelta(days=7))
    day = (await session.exec(last)).one()
    rows = (await session.exec(select(AreaDay).where(AreaDay.day == day))).all() if day else ()
    return day, {row.area: row for row in rows}


def children(book: Book, area: str) -> list[Area]:
    """What an area is divided into, special grids left out."""
    found = [one for one in book.areas.values() if one.parent == area and one.level <= GRID and one.active]
    return sorted(found, key=_by_code)


def _by_code(area: Area) -> str:
    return area.code


def _open(person: Person) -> ColumnElement[bool]:
    return col(Case.status).in_(OPEN) & access.sees(person)


def _within(book: Book, area: str) -> ColumnElement[bool]:
    if area == book.town.code:
        return true()
    return col(Case.grid).in_(grids(book, area))


def grids(book: Book, area: str) -> Collection[str]:
    return sorted(one.code for one in book.areas.values() if one.level == GRID and area in one.path)


def _what(act: ClockAct, case: Case) -> str:
    """Nobody signs what nobody has yet."""
    return "sort" if act is ClockAct.SIGN_OVERDUE and case.unit is None else CLOCKS[act]
