"""Events by month: made ahead, taken apart beside those who write, and nothing lost whatever comes in between."""

import asyncio
import time
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app import migrate
from app import months as desk
from app.database import Sessions
from app.months import Months
from cases import linking, months
from cases.record import Fault
from tests.support.clock import Clock
from tests.support.histories import Life, known

BEFORE = "0014_sign_in"
LATE_IN_NOVEMBER = datetime(2026, 11, 30, 8, tzinfo=UTC)
PARTS = ["events_2026_11", "events_2026_12", "events_2027_01", "events_rest"]
WHERE = "SELECT tableoid::regclass::text AS part, count(*) FROM events GROUP BY 1 ORDER BY 1"
ALL = "SELECT count(*), sum(hash_record_extended(events, 0)) FROM events"
NOTICED = 3.0
"""Seconds nobody may wait for a step: our locks are asked for half a second each, and other tests run beside."""


@pytest.fixture
def clock() -> Clock:
    return Clock(LATE_IN_NOVEMBER)


@pytest.fixture
async def lived(town: Sessions, clock: Clock) -> Sessions:
    """Cases filed in November that go on in December, all in one place."""
    async with town.begin() as session:
        life = Life(session, *await known(session), 3, clock())
        await life.until(datetime(2026, 12, 1, 8, tzinfo=UTC))
    return town


async def faults(session: AsyncSession) -> list[Fault]:
    return [fault async for _, _, some in linking.verify(session) for fault in some]


async def where(sessions: Sessions) -> dict[str, int]:
    async with sessions() as session:
        return dict(map(tuple, (await session.execute(text(WHERE))).all()))


async def all_of(sessions: Sessions) -> tuple[int, int]:
    """As many, and the same."""
    async with sessions() as session:
        count, same = (await session.execute(text(ALL))).one()
        return count, same


async def tended(sessions: Sessions, clock: Clock) -> int:
    steps = 0
    while await Months(sessions, clock).tend():  # made anew for each step: nothing is kept in memory
        steps += 1
    return steps


async def test_a_new_installation_has_its_months_before_they_begin(town: Sessions, clock: Clock) -> None:
    assert await tended(town, clock) == 3 and await tended(town, clock) == 0
    async with town() as session:
        assert await months.parts(session) == ["events_2026_11", "events_2026_12", "events_rest"]
    clock.set(datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    await tended(town, clock)
    async with town() as session:
        assert await months.parts(session) == PARTS


async def test_a_case_goes_on_in_the_next_month(lived: Sessions, clock: Clock) -> None:
    """All of a database of before is taken apart; cases lie in two parts, and the record is whole."""
    before = await all_of(lived)
    assert await where(lived) == {"events_rest": before[0]}
    clock.set(datetime(2026, 12, 2, tzinfo=UTC))
    assert await tended(lived, clock) > 5
    found = await where(lived)
    assert set(found) == {"events_2026_11", "events_2026_12"} and sum(found.values()) == before[0]
    assert await all_of(lived) == before
    async with lived.begin() as session:
        both = "SELECT case_id FROM events GROUP BY 1 HAVING count(DISTINCT tableoid) = 2"
        crossing = (await session.execute(text(both))).scalars().all()
        assert crossing
        life = Life(session, *await known(session), 4, clock())
        life._cases, life.filing = list(crossing), 0
        await life.until(clock() + timedelta(days=2))
    async with lived() as session:
        assert await faults(session) == []
        assert await months.parts(session) == PARTS
    assert (await all_of(lived))[0] > before[0]


BY_HAND = {
    "link": "UPDATE events SET at = at - interval '1 month' WHERE id = :id",
    "gap": "DELETE FROM events WHERE id = :id",
}


async def test_tampering_is_found_wherever_it_lies(lived: Sessions, clock: Clock) -> None:
    """Moved to another month, it lies in another part; every case is read from all of them."""
    clock.set(datetime(2026, 12, 2, tzinfo=UTC))
    await tended(lived, clock)
    for part in ("events_2026_11", "events_2026_12"):
        chosen = f"SELECT id, seq FROM {part} JOIN cases ON cases.id = case_id WHERE seq < version LIMIT 1"
        for what, statement in BY_HAND.items():
            async with lived() as session:
                one = (await session.execute(text(chosen.replace("SELECT id", f"SELECT {part}.id")))).one()
                await session.execute(text(statement), {"id": one.id})
                assert [(fault.seq, fault.what) for fault in await faults(session)] == [(one.seq, what)], part
                await session.rollback()


async def test_a_month_begins_and_nobody_made_its_part(town: Sessions, clock: Clock) -> None:
    """Nothing is refused; once a worker is there it finds the month its place."""
    await tended(town, clock)
    clock.set(datetime(2027, 3, 31, 12, tzinfo=UTC))
    async with town.begin() as session:
        await Life(session, *await known(session), 5, clock()).until(datetime(2027, 4, 1, 12, tzinfo=UTC))
    before = await all_of(town)
    assert await where(town) == {"events_rest": before[0]}
    await tended(town, clock)
    assert set(await where(town)) == {"events_2027_03", "events_2027_04"} and await all_of(town) == before
    async with town() as session:
        assert await faults(session) == []


async def test_writers_go_on_while_the_past_is_taken_apart(
    lived: Sessions, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps of three people at once, and an erasing hand in the past: none waits long, nothing is lost."""
    monkeypatch.setattr(months, "LOT", 20)
    monkeypatch.setattr(desk, "PAUSE", 0.05)
    async with lived() as session:
        town = await known(session)
        cases = list((await session.execute(text("SELECT id FROM cases ORDER BY number"))).scalars())
    over, waits = asyncio.Event(), list[float]()

    async def work(nth: int) -> int:
        done, now = 0, datetime(2026, 12, 2, tzinfo=UTC)
        while not over.is_set():
            async with lived.begin() as session:
                life = Life(session, *town, 100 * nth + done, now)
                life._cases, life.now = cases[nth::3], now
                began = time.monotonic()
                await life._act()
                await session.flush()
                waits.append(time.monotonic() - began)
            now, done = now + timedelta(minutes=1), done + 1
        return done

    async def change_the_past() -> int:
        """As whoever erases words does."""
        done = 0
        while not over.is_set():
            async with lived.begin() as session:
                await session.execute(
                    text("UPDATE events SET overdue = overdue WHERE id % 7 = :one"), {"one": done % 7}
                )
            done += 1
            await asyncio.sleep(0.02)
        return done

    people = [asyncio.create_task(work(nth)) for nth in range(3)]
    people.append(asyncio.create_task(change_the_past()))
    await asyncio.sleep(0.3)
    clock.set(datetime(2026, 12, 2, tzinfo=UTC))
    try:
        async with asyncio.timeout(60):
            steps = await tended(lived, clock)
            while await where_rest(lived):
                steps += await tended(lived, clock)
    finally:
        over.set()
        done = await asyncio.gather(*people)
    assert steps > 8 and min(done) > 3, (steps, done)
    assert max(waits) < NOTICED, sorted(waits)[-5:]
    async with lived() as session:
        assert await faults(session) == []
        assert await months.parts(session) == PARTS


async def where_rest(sessions: Sessions) -> bool:
    async with sessions() as session:
        return await months.is_full(session) or await months.under_way(session)


async def test_a_copy_that_is_not_alike_is_thrown_away(lived: Sessions, clock: Clock) -> None:
    before = await all_of(lived)
    clock.set(datetime(2026, 12, 2, tzinfo=UTC))
    task = Months(lived, clock)
    while True:
        assert await task.tend()
        async with lived.begin() as session:
            if await months.is_copied(session):
                await session.execute(text("UPDATE events_2026_11 SET text = text || '!' WHERE id % 9 = 0"))
                break
    while True:
        async with lived() as session:
            if not await months.under_way(session):
                break
        await task.tend()
    assert await where(lived) == {"events_rest": before[0]} and await all_of(lived) == before
    await tended(lived, clock)
    assert set(await where(lived)) == {"events_2026_11", "events_2026_12"} and await all_of(lived) == before


async def test_whoever_verifies_for_long_is_waited_for_and_nobody_else_stops(
    town: Sessions, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "TRIES", 1)
    async with town() as reader, town() as other:
        await linking.one_view(reader)
        waiting = asyncio.create_task(Months(town, clock).tend())
        await asyncio.sleep(0.1)
        async with asyncio.timeout(2):
            await other.execute(text("SELECT count(*) FROM events"))
        assert await waiting == 0, "it let go"
        assert await faults(reader) == []
    assert await tended(town, clock) == 3


@pytest.mark.promise("R17")
async def test_down_and_up_with_rows_inside(lived: Sessions, town_url: str, clock: Clock) -> None:
    """There in one table, here in parts, half way between: the same events, and the next one gets the next number."""
    before = await all_of(lived)
    clock.set(datetime(2026, 12, 2, tzinfo=UTC))
    for steps in (0, 4, 100):
        while steps and await Months(lived, clock).tend():
            steps -= 1
        for revision in (BEFORE, "head"):
            await lived.kw["bind"].dispose()
            await asyncio.to_thread(migrate.migrate_to, town_url, revision)
            assert await all_of(lived) == before, (revision, steps)
        with psycopg.connect(town_url) as there:
            last = there.execute("SELECT max(id), nextval(pg_get_serial_sequence('events', 'id')) FROM events")
            top, following = last.fetchone() or (0, 0)
            assert following > top
    assert await asyncio.to_thread(migrate.differences, town_url) == []
    async with lived() as session:
        assert await faults(session) == []


def test_months_follow_each_other() -> None:
    assert months.after(date(2026, 12, 1)) == date(2027, 1, 1)
    assert months.after(date(2026, 11, 1), 14) == date(2028, 1, 1)
    assert months.month_of(datetime(2026, 12, 1, 7, tzinfo=UTC).astimezone()) == date(2026, 12, 1)
