"""One service changed by hand: held against the checks of the files by itself, since nothing else depends on it."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import Book
from cases.errors import NotFound, Stale
from models import Category, Service, Unit
from town.edit import Unsound, mark, readable
from town.files import Row
from town.load import alone, touch
from town.problems import Problem
from town.seeding import note
from town.sheets import Cells, Change, written
from town.tables import BUILDERS, COLUMNS, Around

FILE = "services.csv"


def cells_of(service: Service) -> Cells:
    return {column: written(getattr(service, column)) for column in COLUMNS[FILE]}


def built(book: Book, cells: Cells) -> Service:
    """Raises Unsound."""
    readable(FILE, cells)
    problems: list[Problem] = []
    row = Row(FILE, 0, cells, problems)
    known = {"units.csv": _there(book.units), "categories.csv": _there(book.categories)}
    service: Service = BUILDERS[FILE](row, Around(known, {}, frozenset(), {}, {}, {}, {}))
    if problems:
        raise Unsound(problems)
    return service


def _there(rows: Mapping[str, Unit] | Mapping[str, Category]) -> set[str]:
    return {code for code, row in rows.items() if row.active}


async def find(session: AsyncSession, code: str, *, to_change: bool = False) -> Service:
    """Raises NotFound."""
    if to_change:
        await alone(session)
    service = await session.get(Service, code)
    if service is None:
        raise NotFound("request.not_found")
    return service


async def add(session: AsyncSession, book: Book, cells: Cells, who: str, now: datetime) -> None:
    """Raises Unsound."""
    await alone(session)
    service = built(book, cells)
    if await session.get(Service, service.code):
        raise Unsound([Problem(FILE, 0, "duplicate", service.code, service.code, "code")])
    session.add(service)
    await _kept(session, Change(FILE, service.code, None, cells_of(service)), who, now)


async def change(
    session: AsyncSession, book: Book, old: Service, seen: str, cells: Cells, who: str, now: datetime
) -> None:
    """`seen`: the mark of what they were shown. Raises Stale, Unsound."""
    before = cells_of(old)
    if mark(before) != seen:
        raise Stale("console.tables.changed_meanwhile")
    new = built(book, {**cells, "code": old.code})
    for column in COLUMNS[FILE]:
        setattr(old, column, getattr(new, column))
    if (after := cells_of(old)) != before:
        await _kept(session, Change(FILE, old.code, before, after), who, now)


async def set_active(session: AsyncSession, service: Service, *, active: bool, who: str, now: datetime) -> None:
    """What rests is told to nobody and keeps its counts."""
    if service.active is not active:
        service.active = active
        cells = cells_of(service)
        gone, back = Change(FILE, service.code, cells, None), Change(FILE, service.code, None, cells)
        await _kept(session, back if active else gone, who, now)


async def _kept(session: AsyncSession, what: Change, who: str, now: datetime) -> None:
    await session.flush()
    note(session, who, what, now)
    await touch(session)
