"""Puts a checked town into the database, row by row that changed: nothing twice, nothing lost, nothing deleted."""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import SQLModel, col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import models
from models import Area, Category, ClockPolicy, DutyShift, Person, Place, RoutingRule, Service, Unit, Workday
from town.problems import Problem, SeedRefused
from town.profile import Profile
from town.read import OUTLINES, PROFILE, Town, read_town
from town.sheets import Change, diff, sheets_of

__all__ = ["Problem", "SeedRefused", "Town", "load_town", "read_town"]

Child = TypeVar("Child", Area, Category, Unit)
Passwords = Callable[[str], str]  # the hash for a sign-in name

ONE_AT_A_TIME = 0x736F77  # advisory lock: whoever changes the town reads, checks and writes it alone
RESTS: dict[str, type[Any]] = {
    "areas.csv": Area,
    "categories.csv": Category,
    "units.csv": Unit,
    "places.csv": Place,
    "people.csv": Person,
    "clocks.csv": ClockPolicy,
    "rules.csv": RoutingRule,
    "services.csv": Service,
}


READ: dict[str, tuple[type[Any], Any]] = {  # a Town's fields: their table, and in which order
    "areas": (Area, Area.code),
    "categories": (Category, Category.code),
    "places": (Place, Place.code),
    "units": (Unit, Unit.code),
    "people": (Person, Person.code),
    "clocks": (ClockPolicy, ClockPolicy.code),
    "rules": (RoutingRule, RoutingRule.code),
    "workdays": (Workday, Workday.day),
    "shifts": (DutyShift, DutyShift.id),
    "services": (Service, Service.code),
}


class AnotherCity(Exception):
    """One database, one city: two would share people, rules and numbers."""


async def alone(session: AsyncSession) -> None:
    """Until the transaction ends nobody else changes the town."""
    await session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))


async def town_in(session: AsyncSession, only: Collection[str] | None = None) -> Town | None:
    """The town as it is in force; None before the first one is loaded. `only`: these fields, the others are empty."""
    whole = (await session.exec(select(models.Town))).first()
    if whole is None:
        return None

    async def rows(field: str, model: type[Any], order: Any) -> tuple[Any, ...]:
        if only is not None and field not in only:
            return ()
        chosen = select(model).order_by(order)
        return tuple((await session.exec(chosen.where(model.active) if hasattr(model, "active") else chosen)).all())

    profile = Profile(
        whole.name, whole.name_hant, whole.name_en, whole.timezone, whole.desk, whole.opens, whole.closes,
        whole.emergency, whole.retention_years,
    )  # fmt: skip
    return Town(profile=profile, **{field: await rows(field, *read) for field, read in READ.items()})


async def load_town(session: AsyncSession, town: Town, passwords: Passwords) -> None:
    """The database becomes what the town says. Does not commit."""
    there = await town_in(session)
    await keep(session, town, diff(sheets_of(there) if there else {}, sheets_of(town)), passwords)


async def keep(session: AsyncSession, town: Town, changes: Sequence[Change], passwords: Passwords | None) -> None:
    """Writes the rows that changed, out of the town as it shall be. Does not commit.

    What is gone rests, for old cases name it: people may not sign in any more, rules are switched off. `passwords` is
    asked only for people who have none; without it they cannot sign in yet.
    """
    await _only_this_city(session, town)
    touched = _touched(town, changes)
    await _upsert(session, _parents_first(_of(town.areas, touched["areas.csv"])))
    await _upsert(session, _parents_first(_of(town.categories, touched["categories.csv"])))
    await _upsert(session, _parents_first(_of(town.units, touched["units.csv"])))
    if touched[PROFILE]:
        await _upsert(session, [_whole(town)], but=("version", "seeded_from"))
    await _upsert(session, _of(town.places, touched["places.csv"]))
    await _upsert(session, _of(town.people, touched["people.csv"]), but=("password_hash",))
    await _upsert(session, _of(town.clocks, touched["clocks.csv"]))
    await _upsert(session, _of(town.rules, touched["rules.csv"]))
    await _upsert(session, _of(town.services, touched["services.csv"]))
    await _upsert(session, [day for day in town.workdays if day.day.isoformat() in touched["calendar.csv"]])
    if touched["duty.csv"]:
        await _roster(session, town)
    await _retire(session, changes)
    if touched["people.csv"] and passwords is not None:
        await _give_passwords(session, passwords)
    if changes:
        await touch(session)
    session.expire_all()  # what the session had read of the town is read anew


async def touch(session: AsyncSession) -> None:
    """Something of the town changed: running programs read it again."""
    await session.execute(update(models.Town).values(version=col(models.Town.version) + 1))


def _touched(town: Town, changes: Sequence[Change]) -> dict[str, set[str]]:
    """Keys by file. An outline is written with its grid, a holding with its person, a path with all below it."""
    touched: dict[str, set[str]] = {file: set() for file in (*RESTS, "calendar.csv", "duty.csv", PROFILE)}
    for change in changes:
        if change.file == OUTLINES:
            touched["areas.csv"].add(change.key)
        elif change.file == "holdings.csv":
            touched["people.csv"].add((change.after or change.before or {})["person"])
        else:
            touched[change.file].add(change.key)
    moved = {change.key for change in changes if change.file == "areas.csv"}
    touched["areas.csv"] |= {area.code for area in town.areas if moved.intersection(area.path)}
    return touched


def _of(rows: Iterable[Any], keys: Collection[str]) -> list[Any]:
    return [row for row in rows if row.code in keys]


async def _only_this_city(session: AsyncSession, town: Town) -> None:
    """Raises AnotherCity."""
    city = _city(town)
    other = (await session.exec(select(models.Town.code).where(models.Town.code != city))).first()
    if other is not None:
        raise AnotherCity(
            f"this database holds the city {other}; load {city} into one of its own (DATABASE_URL, DATA_DIR)"
        )


def _city(town: Town) -> str:
    return next(area.code for area in town.areas if area.level == 0)


def _whole(town: Town) -> models.Town:
    """The one row about the town itself, under its city's code."""
    p = town.profile
    return models.Town(
        code=_city(town), name=p.name, name_hant=p.name_hant, name_en=p.name_en, timezone=p.timezone,
        desk=p.desk, opens=p.start, closes=p.end, emergency=p.emergency,
        retention_years=p.retention_years,
    )  # fmt: skip


async def _upsert(session: AsyncSession, rows: Sequence[SQLModel], *, but: Collection[str] = ()) -> None:
    """Every column but the key and `but` follows the row.

    Columns that are None are left out of the insert, or a JSON column would hold the JSON word null.
    """
    connection = await session.connection()
    for _, alike in groupby(rows, key=lambda row: frozenset(_cells(row))):
        some = list(alike)
        await connection.execute(_statement(type(some[0]), but), [_cells(row) for row in some])


def _cells(row: SQLModel) -> dict[str, Any]:
    return row.model_dump(exclude_none=True)


def _statement(model: type[SQLModel], but: Collection[str]) -> Insert:
    table = model.metadata.tables[str(model.__tablename__)]
    statement = insert(table)
    follow = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key and c.name not in but}
    return statement.on_conflict_do_update(index_elements=[c.name for c in table.primary_key], set_=follow)


def _parents_first(rows: Sequence[Child]) -> list[Child]:
    """So that each row finds its parent there: it is among them, or in the database already."""
    among = {row.code for row in rows}
    waiting, done = list(rows), dict[str, Child]()
    while waiting:
        ready = {row.code: row for row in waiting if row.parent not in among or row.parent in done}
        if not ready:
            raise ValueError(f"no parent for {waiting[0].code}")
        done |= ready
        waiting = [row for row in waiting if row.code not in done]
    return list(done.values())


async def _roster(session: AsyncSession, town: Town) -> None:
    """Nothing points to a shift: the roster is replaced, whole. Hand-overs stay."""
    connection = await session.connection()
    await connection.execute(delete(DutyShift))
    if town.shifts:
        await connection.execute(insert(DutyShift), [shift.model_dump(exclude={"id"}) for shift in town.shifts])


async def _retire(session: AsyncSession, changes: Sequence[Change]) -> None:
    connection = await session.connection()
    for file, model in RESTS.items():
        gone = [change.key for change in changes if change.file == file and change.after is None]
        if gone:
            off = {"active": False, **({"enabled": False} if model is RoutingRule else {})}
            await connection.execute(update(model).where(col(model.code).in_(gone)).values(**off))
    days = [change.key for change in changes if change.file == "calendar.csv" and change.after is None]
    if days:
        await connection.execute(delete(Workday).where(func.to_char(Workday.day, "YYYY-MM-DD").in_(days)))


async def _give_passwords(session: AsyncSession, passwords: Passwords) -> None:
    without = select(Person.code).where(col(Person.password_hash).is_(None), col(Person.active)).order_by(Person.code)
    connection = await session.connection()
    for code in (await session.exec(without)).all():
        given = update(Person).where(col(Person.code) == code).values(password_hash=passwords(code))
        await connection.execute(given)
