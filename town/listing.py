"""One page of one table, searched and sorted by the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, Select, Subquery, Text, cast, false, func, or_, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models import Person
from town.describe import Described, Kind
from town.sheets import Cells, cell

PER_PAGE = 50
WORDY = (Kind.TEXT, Kind.LONG, Kind.WORDS, Kind.DAY)


@dataclass(frozen=True)
class Asked:
    q: str = ""
    sort: str = ""
    down: bool = False
    resting: bool = False  # those that are in force no more
    page: int = 1


@dataclass(frozen=True)
class Found:
    rows: Sequence[Cells]
    total: int


Names = Mapping[str, Mapping[str, str]]


async def search(session: AsyncSession, table: Described, asked: Asked, names: Names) -> Found:
    """`names`: what the rows of other tables are called, by table and key: they are found by these, too."""
    chosen = _chosen(table, asked, names)
    total = (await session.exec(select(func.count()).select_from(chosen.subquery()))).one()
    page = chosen.limit(PER_PAGE).offset((asked.page - 1) * PER_PAGE)
    return Found([cells_in(table, row) for row in (await session.execute(page)).mappings()], total)


async def everything(session: AsyncSession, table: Described, asked: Asked, names: Names) -> list[Cells]:
    """All pages of it."""
    return [cells_in(table, row) for row in (await session.execute(_chosen(table, asked, names))).mappings()]


def _chosen(table: Described, asked: Asked, names: Names) -> Select[Any]:
    within = rows_of(table, asked.resting).subquery()
    by = within.c[asked.sort] if asked.sort in within.c else within.c[table.columns[0].name]
    last = [column for column in within.c if column is not by]
    chosen: Select[Any] = sqlalchemy.select(*within.c).where(_like(table, within, asked.q.strip(), names))
    return chosen.order_by(by.desc() if asked.down else by, *last)


async def count(session: AsyncSession, table: Described) -> int:
    return int((await session.exec(select(func.count()).select_from(rows_of(table).subquery()))).one())


def rows_of(table: Described, resting: bool = False) -> Select[Any]:
    if table.model is None:
        held: Select[Any] = sqlalchemy.select(col(Person.code).label("person"), func.unnest(Person.holds).label("area"))
        return held.where(col(Person.active).is_(not resting))
    chosen: Select[Any] = sqlalchemy.select(
        *(getattr(table.model, column.name).label(column.name) for column in table.columns)
    )
    if hasattr(table.model, "active"):
        return chosen.where(col(table.model.active).is_(not resting))
    return chosen.where(false() if resting else true())


def _like(table: Described, within: Subquery, q: str, names: Names) -> ColumnElement[bool]:
    if not q:
        return true()
    found: list[ColumnElement[bool]] = []
    for column in table.columns:
        if column.kind in WORDY:
            found.append(cast(within.c[column.name], Text).icontains(q, autoescape=True))
        elif column.kind is Kind.ROW:
            called = [key for key, name in names[column.of].items() if q.lower() in f"{key} {name}".lower()]
            found.append(within.c[column.name].in_(called))
    return or_(false(), *found)


def cells_in(table: Described, row: Mapping[Any, Any]) -> Cells:
    return {column.name: cell(table.file, column.name, row[column.name]) for column in table.columns}
