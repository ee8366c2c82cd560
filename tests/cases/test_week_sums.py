"""Kept sums say what counting says, whatever happens to the past; where they might not, they are not in force."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, text
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from cases import accusing, cells, lifecycle, week_sums
from cases.actors import SYSTEM
from cases.book import Book
from cases.cells import Cells
from cases.periods import week
from models import OPEN, Case, Event, Person, WeekSums
from tests.support.histories import Life, known

MONDAY = date(2026, 11, 2)
FIRST, SECOND = week(MONDAY), week(MONDAY + timedelta(days=7))
LAST = FIRST.until - timedelta(days=2, hours=12)  # people begin to file on Friday noon


def plain(found: Cells | None) -> dict[Any, tuple[float, ...]]:
    assert found is not None
    return dict(zip(found.keys, map(tuple, found.counts.tolist()), strict=True))


async def keep_all(session: AsyncSession, book: Book, now: datetime) -> int:
    made = 0
    while await week_sums.keep(session, book, now):
        made += 1
    return made


async def holds(session: AsyncSession, book: Book, now: datetime) -> list[date]:
    """The weeks in force, each of which is what would be counted now."""
    kept = await week_sums.in_force(session, book, week_sums.over(now))
    for monday in kept:
        counted = await cells.of_period(session, week(monday))
        assert plain(await week_sums.read(session, monday)) == plain(counted), monday
    return sorted(kept)


async def test_whatever_happens_afterwards_the_sums_are_what_is_counted(town: Sessions) -> None:
    """Answers, late ratings, reopenings, exclusions and rulings on them, merges, all by the core's own doors."""
    async with town() as session:
        life = Life(session, *await known(session), seed=11, now=LAST)
        life.filing = 0.3
        await life.until(FIRST.until)
        life.filing = 0.05
        assert FIRST.start not in week_sums.over(FIRST.until + timedelta(minutes=59))
        assert await keep_all(session, life.book, FIRST.until + timedelta(hours=1)) == week_sums.BACK
        told = plain(await week_sums.read(session, FIRST.start))
        assert sum(counts[0] for counts in told.values()) > 20
        for day in (1, 3, 5):
            await life.until(FIRST.until + timedelta(days=day))
            assert len(await holds(session, life.book, life.now)) >= week_sums.BACK - 1
        since = select(Event.kind).where(Event.at > FIRST.until).distinct()
        happened = set((await session.exec(since)).all())
        assert {"rate", "exclude", "reopen", "approve", "return"} <= happened
        await life.until(SECOND.until + timedelta(hours=1))
        await keep_all(session, life.book, life.now)
        assert await holds(session, life.book, life.now) == sorted(week_sums.over(life.now))
        kept = (await session.exec(select(WeekSums.week))).all()
        assert sorted(kept) == sorted(week_sums.over(life.now)), "what no dashboard shows is not kept"
        assert not await week_sums.keep(session, life.book, life.now)


async def test_a_case_turns_out_to_be_about_somebody_and_its_week_is_counted_anew(town: Sessions) -> None:
    async with town() as session:
        life = Life(session, *await known(session), seed=4, now=LAST)
        life.filing = 0.5
        await life.until(FIRST.until)
        now = FIRST.until + timedelta(hours=2)
        await keep_all(session, life.book, now)
        chosen = select(Case).where(col(Case.status).in_(OPEN), col(Case.grid).is_not(None), Case.unit != "HBJ")
        case, follower = (await session.exec(chosen.order_by(Case.number).limit(2))).all()
        before = await in_sums_of(session, "HBJ")
        desk = await session.get_one(Person, "chenlu")
        follower.master = case.id
        session.add(follower)
        await session.flush()
        await accusing.accuse(session, life.book, case, desk, "HBJ", None, "说的是他们", now)
        assert FIRST.start not in await holds(session, life.book, now)
        assert await keep_all(session, life.book, now + timedelta(minutes=1)) == 1
        assert FIRST.start in await holds(session, life.book, now)
        theirs = select(func.count()).where(col(Case.facts)["accused"].has_key("HBJ"))
        about = (await session.exec(theirs)).one()
        assert (before, await in_sums_of(session, "HBJ")) == (0, about) and about >= 2


async def in_sums_of(session: AsyncSession, code: str) -> float:
    """Cases filed in the first week that are about them."""
    found = await week_sums.read(session, FIRST.start)
    assert found is not None
    return found.sums(lambda key: code in key.about)["filed"]


async def test_an_event_written_down_late_or_while_it_is_counted_is_found(town: Sessions) -> None:
    async with town() as session:
        life = Life(session, *await known(session), seed=4, now=LAST)
        life.filing = 0.5
        await life.until(FIRST.until)
        await session.commit()
        now, book = FIRST.until + timedelta(hours=2), life.book
        async with town() as worker, town() as other:
            await keep_all(worker, book, now)  # not committed yet
            case = (await other.exec(select(Case).where(col(Case.status).in_(OPEN)).limit(1))).one()
            late = FIRST.until - timedelta(minutes=1)
            await lifecycle.note(other, book, case, "overdue", SYSTEM, late, changes={"overdue": True})
            await other.commit()
            await worker.commit()
        assert FIRST.start not in await week_sums.in_force(session, book, week_sums.over(now))
        stale, counted = await week_sums.read(session, FIRST.start), await cells.of_period(session, FIRST)
        assert plain(stale) != plain(counted)
        assert await keep_all(session, book, now) == 1
        assert FIRST.start in await holds(session, book, now)
        again = now + timedelta(hours=3)
        assert not await keep_all(session, book, again)
        assert len(await holds(session, book, again)) == week_sums.BACK


async def test_sums_of_another_desk_or_by_other_rules_are_not_in_force(town: Sessions) -> None:
    async with town() as session:
        book, _ = await known(session)
        now = FIRST.until + timedelta(hours=1)
        await keep_all(session, book, now)
        await session.execute(update(WeekSums).where(col(WeekSums.week) == FIRST.start).values(counted_by="other SQL"))
        assert FIRST.start not in await week_sums.in_force(session, book, week_sums.over(now))
        assert await keep_all(session, book, now) == 1
        await session.execute(text("UPDATE town SET desk = 'HBJ', version = version + 1"))
        moved, _ = await known(session)
        assert not await week_sums.in_force(session, moved, week_sums.over(now))
