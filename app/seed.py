"""Puts a town's files into the database: new rows in, changed rows as the files say, nothing twice, nothing lost."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import SQLModel, col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import models
from app.errors import CannotGoOn
from app.town import Problem, SeedRefused, Town, read_town
from models import Area, Category, DutyShift, Person, RoutingRule, Unit

__all__ = ["Problem", "SeedRefused", "Town", "load_town", "read_town"]

Child = TypeVar("Child", Area, Category, Unit)


async def load_town(session: AsyncSession, town: Town, passwords: Callable[[str], str]) -> None:
    """Upserts the town and does not commit. The files win over what was edited in the console.

    People who have vanished from the files may not sign in any more and rules that have vanished rest: both are
    named by old cases, so they are never deleted. `passwords` gives the hash for a sign-in name; it is asked only
    for people who have none.
    """
    await _only_this_city(session, town)
    await _upsert(session, _parents_first(town.areas))
    await _upsert(session, _parents_first(town.categories))
    await _upsert(session, _parents_first(town.units))
    await _upsert(session, [_whole(town)])
    await _upsert(session, town.places)
    await _upsert(session, town.people, but="password_hash")
    await _upsert(session, town.clocks)
    await _upsert(session, town.rules)
    await _upsert(session, town.workdays)
    await _roster(session, town)
    await _retire(session, town)
    await _give_passwords(session, passwords)
    session.expire_all()  # what the session had read of the town is read anew


async def _only_this_city(session: AsyncSession, town: Town) -> None:
    """One database, one city: two would share people, rules and numbers. Raises CannotGoOn."""
    city = next(area.code for area in town.areas if area.level == 0)
    other = (await session.exec(select(models.Town.code).where(models.Town.code != city))).first()
    if other is not None:
        raise CannotGoOn(
            f"this database holds the city {other}; load {city} into one of its own (DATABASE_URL, DATA_DIR)"
        )


def _whole(town: Town) -> models.Town:
    """The one row about the town itself, under its city's code."""
    city = next(area.code for area in town.areas if area.level == 0)
    p = town.profile
    return models.Town(
        code=city, name=p.name, name_hant=p.name_hant, name_en=p.name_en, timezone=p.timezone,
        desk=p.desk, opens=p.start, closes=p.end, emergency=p.emergency,
    )  # fmt: skip


async def _upsert(session: AsyncSession, rows: Sequence[SQLModel], *, but: str = "") -> None:
    """Every column but the key and `but` follows the file.

    Columns that are None are left out of the insert, or a JSON column would hold the JSON word null.
    """
    connection = await session.connection()
    for _, alike in groupby(rows, key=lambda row: frozenset(_cells(row, but))):
        some = list(alike)
        statement = _statement(type(some[0]), but)
        await connection.execute(statement, [_cells(row, but) for row in some])


def _cells(row: SQLModel, but: str) -> dict[str, Any]:
    return row.model_dump(exclude_none=True, exclude={but})


def _statement(model: type[SQLModel], but: str) -> Insert:
    table = model.metadata.tables[str(model.__tablename__)]
    statement = insert(table)
    follow = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key and c.name != but}
    return statement.on_conflict_do_update(index_elements=[c.name for c in table.primary_key], set_=follow)


def _parents_first(rows: Iterable[Child]) -> list[Child]:
    """So that each row finds its parent there."""
    waiting, done = list(rows), dict[str, Child]()
    while waiting:
        ready = {row.code: row for row in waiting if row.parent is None or row.parent in done}
        if not ready:
            raise ValueError(f"no parent for {waiting[0].code}")
        done |= ready
        waiting = [row for row in waiting if row.code not in done]
    return list(done.values())


async def _roster(session: AsyncSession, town: Town) -> None:
    """Nothing points to a shift: the roster is the file's, whole. Hand-overs stay."""
    connection = await session.connection()
    await connection.execute(delete(DutyShift))
    await connection.execute(insert(DutyShift), [_cells(shift, "id") for shift in town.shifts])


async def _retire(session: AsyncSession, town: Town) -> None:
    connection = await session.connection()
    people, rules = [p.code for p in town.people], [r.code for r in town.rules]
    await connection.execute(update(Person).where(col(Person.code).not_in(people)).values(active=False))
    await connection.execute(update(RoutingRule).where(col(RoutingRule.code).not_in(rules)).values(enabled=False))


async def _give_passwords(session: AsyncSession, passwords: Callable[[str], str]) -> None:
    without = select(Person.code).where(col(Person.password_hash).is_(None), col(Person.active)).order_by(Person.code)
    connection = await session.connection()
    for code in (await session.exec(without)).all():
        given = update(Person).where(col(Person.code) == code).values(password_hash=passwords(code))
        await connection.execute(given)
