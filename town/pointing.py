"""What points to a row: before somebody lets it rest they see who would be left without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import Book
from models import OPEN, Case
from town import edit
from town.describe import TABLES, Described, Kind
from town.listing import cells_in, rows_of
from town.sheets import Cells, cell
from town.tables import key_of

NAMED = 20  # numbers of cases that are told


@dataclass(frozen=True)
class Pointing:
    """Rows by table, open cases by number, and how many there are in all."""

    rows: Sequence[tuple[str, str]]  # table, key
    open_cases: Sequence[str]
    open_count: int


async def to(session: AsyncSession, book: Book, table: Described, key: str) -> Pointing:
    rows: list[tuple[str, str]] = []
    for other in TABLES:
        for column in other.columns:
            if column.kind is Kind.ROW and column.of == table.name:
                rows += [(other.name, one) for one in await _keys(session, other, column.name, key)]
    about = _about(book, table.name, key)
    if about is None:
        return Pointing(list(dict.fromkeys(rows)), (), 0)
    here = (about, col(Case.status).in_(OPEN))
    numbers = (await session.exec(select(Case.number).where(*here).order_by(Case.number).limit(NAMED))).all()
    total = (await session.exec(select(func.count()).select_from(Case).where(*here))).one()
    return Pointing(list(dict.fromkeys(rows)), numbers, total)


def _about(book: Book, table: str, key: str) -> ColumnElement[bool] | None:
    """The cases that a row is part of."""
    if table == "areas":
        return col(Case.grid).in_([code for code in book.areas if key in book.path(code)])
    columns: dict[str, Any] = {
        "people": Case.assignee, "units": Case.unit, "places": Case.place, "clocks": Case.clock,
    }  # fmt: skip
    if table == "categories":
        return (col(Case.category) == key) | (col(Case.item) == key)
    return col(columns[table]) == key if table in columns else None


async def _keys(session: AsyncSession, other: Described, column: str, key: str) -> list[str]:
    within = rows_of(other).subquery()
    found = await session.execute(sqlalchemy.select(within).where(within.c[column] == key).limit(NAMED))
    return [key_of(other.file, cells_in(other, one)) for one in found.mappings()]


def cells_of(table: Described, row: Any) -> Cells:
    return {column.name: cell(table.file, column.name, getattr(row, column.name)) for column in table.columns}


async def row(session: AsyncSession, table: Described, key: str, *, resting: bool = False) -> Cells | None:
    """One row, or one that is in force no more, as it was; without reading the whole town where it has a key."""
    if not table.keyed or table.model is None:
        return None if resting else (await edit.sheet(session, table.file)).get(key)
    found = await session.get(table.model, _key(table, key)) if _key(table, key) else None
    return None if found is None or getattr(found, "active", True) is resting else cells_of(table, found)


def _key(table: Described, key: str) -> Any:
    if table.columns[0].kind is not Kind.DAY:
        return key
    try:
        return date.fromisoformat(key)
    except ValueError:
        return None
