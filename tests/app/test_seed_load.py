"""The town in the database: twice without doubling, people and rules that vanished rest, nothing is committed."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, text
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from models import Area, Category, ClockPolicy, Person, Place, RoutingRule, Unit, Workday
from town.load import SeedRefused, load_town, read_town

DATA = Path(__file__).parents[2] / "data"
SIZES = {Area: 62, Category: 234, Place: 268, Unit: 53, Person: 155, ClockPolicy: 5, RoutingRule: 250, Workday: 141}


def hashed(code: str) -> str:
    return f"hash of {code}"


def never(code: str) -> str:
    raise AssertionError(f"{code} has a password")


async def sizes(session: AsyncSession) -> dict[type[SQLModel], int]:
    return {table: (await session.exec(select(func.count()).select_from(table))).one() for table in SIZES}


async def test_it_is_all_there_as_the_files_say(session: AsyncSession) -> None:
    town = read_town(DATA)
    await load_town(session, town, hashed)
    assert await sizes(session) == SIZES
    grid, worker = await session.get(Area, "CX-DG-01-03"), await session.get(Person, "limin")
    rule = await session.get(RoutingRule, "R-AGAIN-DG")
    assert grid and grid.model_dump() == next(area for area in town.areas if area.code == "CX-DG-01-03").model_dump()
    assert worker and (worker.name, worker.active, worker.password_hash) == ("李敏", True, "hash of limin")
    assert rule and (rule.co_units, rule.predicates, rule.assign) == (["CGJ"], {"min_round": 2}, "named")


async def test_no_outline_is_null_and_not_the_json_word(session: AsyncSession) -> None:
    await load_town(session, read_town(DATA), hashed)
    bare = await session.exec(text("SELECT count(*) FROM areas WHERE outline IS NULL"))  # type: ignore[call-overload]
    assert bare.scalar_one() == 16


async def test_twice_does_not_double_and_keeps_passwords(session: AsyncSession) -> None:
    await load_town(session, read_town(DATA), hashed)
    await load_town(session, read_town(DATA), never)
    assert await sizes(session) == SIZES
    worker = await session.get(Person, "limin")
    assert worker and worker.password_hash == "hash of limin"


async def test_files_win_over_the_console_and_empty_cells_empty_it(session: AsyncSession) -> None:
    town = read_town(DATA)
    await load_town(session, town, hashed)
    rule, place = await session.get(RoutingRule, "R-LAST"), await session.get(Place, "B0103")
    assert rule and place
    rule.category, rule.predicates, place.name = "税务", {"min_round": 3}, "三栋"
    session.add_all([rule, place])
    await session.flush()
    await load_town(session, read_town(DATA), hashed)
    await session.refresh(rule)
    await session.refresh(place)
    assert (rule.category, rule.predicates, place.name) == (None, {}, "丹桂苑 3 栋")


async def test_who_vanished_rests_and_comes_back(session: AsyncSession) -> None:
    town = read_town(DATA)
    await load_town(session, town, hashed)
    without = replace(
        town,
        people=tuple(person for person in town.people if person.code != "zhangwei"),
        rules=tuple(rule for rule in town.rules if rule.code != "R-CG-WC"),
    )
    await load_town(session, without, hashed)
    person, rule = await session.get(Person, "zhangwei"), await session.get(RoutingRule, "R-CG-WC")
    assert person and rule
    assert (person.active, person.password_hash, rule.enabled) == (False, "hash of zhangwei", False)
    assert len((await session.exec(select(Person).where(col(Person.active)))).all()) == 154

    await load_town(session, read_town(DATA), never)
    await session.refresh(person)
    await session.refresh(rule)
    assert (person.active, rule.enabled) == (True, True)


async def test_nothing_is_committed(sessions: Sessions) -> None:
    async with sessions() as session:
        await load_town(session, read_town(DATA), hashed)
    async with sessions() as session:
        assert set((await sizes(session)).values()) == {0}


async def test_a_broken_folder_loads_nothing(session: AsyncSession, tmp_path: Path) -> None:
    for path in DATA.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "clocks.csv").unlink()
    with pytest.raises(SeedRefused, match=r"clocks\.csv:0"):
        await load_town(session, read_town(tmp_path), hashed)
    assert set((await sizes(session)).values()) == {0}
