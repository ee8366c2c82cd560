"""Three working days of a small town by `benchmarks.year`: all invariants hold, and each sees what would break it."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from multiprocessing import get_context

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Server
from benchmarks.year import figures, invariants
from benchmarks.year.abreast import abreast
from benchmarks.year.company import Asked, opened, ready, settle
from benchmarks.year.play import SWEEPS
from benchmarks.year.town import Size
from cases.book import Book, read_book
from cases.periods import begins
from tests.support import databases

DAYS = 3
NOW: datetime = begins(date(2026, 3, 2) + timedelta(days=DAYS))


@pytest.fixture(scope="module")
async def played(server: Server, empty_template: str) -> AsyncIterator[Asked]:
    with databases.copy(server, empty_template) as url:
        asked = Asked(url, DAYS, a_day=30.0, seed=7, players=1, size=Size(1, 3, 30), first=date(2026, 3, 2))
        await settle(asked)
        async with opened(url) as made:
            (alone,) = abreast(get_context("spawn"), 1, len(SWEEPS))
            player = await ready(made, asked, alone)
            for day in asked.dates():
                await player.day(day)
            assert not player.tally.refused
        yield asked


@pytest.fixture
async def session(played: Asked) -> AsyncIterator[AsyncSession]:
    """What a test breaks is whole again for the next."""
    async with opened(played.url) as made, made() as session:
        yield session
        await session.rollback()


@pytest.fixture(scope="module")
async def book(played: Asked) -> Book:
    async with opened(played.url) as made, made() as session:
        return await read_book(session)


async def test_nothing_breaks(session: AsyncSession, book: Book, played: Asked) -> None:
    assert await invariants.broken(session, book, NOW) == {}
    assert await figures.rates_differ(session, played.dates()) == []


async def test_it_was_a_busy_time(session: AsyncSession, book: Book, played: Asked) -> None:
    found = await figures.read(session, played.residents(book).planted, played.dates(), NOW)
    assert found["filed"] > 100
    assert 0.2 < found["completion_rate"] < 1
    assert found["breaches"]["sign_overdue"] > 0
    kinds = set((await session.execute(text("SELECT DISTINCT kind FROM events"))).scalars())
    assert {"hold", "assign", "return", "ask", "contact", "reply", "approve", "rate", "remind", "overdue"} <= kinds


BREAKS = {
    "no case without an owner": [
        "UPDATE cases SET assignee = NULL WHERE id = (SELECT id FROM cases WHERE status = 'accepted' LIMIT 1)",
        "UPDATE cases SET master = id WHERE id = (SELECT id FROM cases WHERE status = 'resolved' LIMIT 1)",
    ],
    "no clock without an end": [
        """DELETE FROM timers WHERE case_id = (
            SELECT id FROM cases WHERE status = 'dispatched' AND NOT overdue LIMIT 1)""",
        "UPDATE cases SET due_at = NULL WHERE id = (SELECT id FROM cases WHERE status = 'accepted' LIMIT 1)",
    ],
    "nothing due is left": [
        """UPDATE timers SET due_at = '2026-03-04T10:00+08:00' WHERE id = (SELECT timers.id FROM timers
            JOIN cases ON cases.id = case_id
            WHERE act = 'overdue' AND done_at IS NULL AND status = 'accepted' LIMIT 1)""",
        """UPDATE timers SET done_at = NULL WHERE act = 'overdue' AND case_id = (
            SELECT id FROM cases WHERE status IN ('closed', 'withdrawn') LIMIT 1)""",
    ],
    "no act twice": [
        """WITH one AS (
                UPDATE cases SET version = version + 1
                FROM (SELECT case_id FROM events WHERE kind = 'sign_overdue' LIMIT 1) AS late WHERE id = case_id
                RETURNING id, version, status
            )
            INSERT INTO events
                (case_id, seq, kind, actor, role, status, text, details, photos, public, at, round, overdue)
            SELECT one.id, version, kind, actor, role, one.status, '', '{}', '[]', false, '2026-03-05', round, false
            FROM one CROSS JOIN LATERAL (
                SELECT * FROM events WHERE case_id = one.id AND kind = 'sign_overdue' LIMIT 1
            ) AS before CROSS JOIN generate_series(1, 1)""",
    ],
    "chain of events whole": [
        "DELETE FROM events WHERE kind = 'submit' AND case_id = (SELECT id FROM cases LIMIT 1)",
        "UPDATE events SET role = 'resident' WHERE id = (SELECT id FROM events WHERE kind = 'sign' LIMIT 1)",
        "UPDATE events SET at = at - interval '9 days' WHERE id = (SELECT id FROM events WHERE kind = 'sign' LIMIT 1)",
        "UPDATE cases SET status = 'waiting' WHERE id = (SELECT id FROM cases WHERE status = 'accepted' LIMIT 1)",
    ],
    "every notice of an event, nobody told twice": [
        """UPDATE notifications SET unique_key = replace(unique_key, ':3:', ':99:')
            WHERE id = (SELECT id FROM notifications WHERE unique_key LIKE '%:3:%' LIMIT 1)""",
        """INSERT INTO notifications
                (unique_key, resident, person, case_id, text_key, args, photos, created_at, failure)
            SELECT unique_key || chr(58) || 'again', resident, person, case_id, text_key, args, photos, created_at, ''
            FROM notifications WHERE case_id IS NOT NULL LIMIT 1""",
    ],
    "numbers without holes": [
        "UPDATE cases SET number = '260302-99999' WHERE number = (SELECT min(number) FROM cases)",
    ],
    "called units ended before the answer": [
        """INSERT INTO co_tasks
                (case_id, round, unit, status, called_by, called_at, asked, due_at, overdue, answer, photos)
            SELECT id, round, 'HBJ', 'called', assignee, submitted_at, '', now() + interval '9 years', false, '', '[]'
            FROM cases WHERE status = 'resolved' AND assignee IS NOT NULL LIMIT 1""",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "sql"), [(name, sql) for name, some in BREAKS.items() for sql in some])
async def test_each_invariant_sees_what_breaks_it(session: AsyncSession, book: Book, name: str, sql: str) -> None:
    assert (await session.execute(text(sql))).rowcount  # type: ignore[attr-defined]
    assert list(await invariants.broken(session, book, NOW)) == [name]


def test_every_invariant_is_broken_once() -> None:
    assert set(BREAKS) == set(invariants.CHECKS)


async def test_rates_that_were_counted_wrongly_are_seen(session: AsyncSession, played: Asked) -> None:
    late = "UPDATE events SET overdue = NOT overdue WHERE id = (SELECT id FROM events WHERE kind = 'approve' LIMIT 1)"
    await session.execute(text(late))
    assert await figures.rates_differ(session, played.dates())
