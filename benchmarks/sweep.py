"""What the clock does to very many open cases at once: acts a second, seconds, peak memory, each act once.

    python -m benchmarks.sweep --cases 50000 --due 2000 --sweepers 2 [--at 2026-11-19T03:00+08:00]

Makes a PostgreSQL of its own in a new folder, as the program does, with the shipped town and 1,807 workers. Cases are
filed by the program's own code once for each grid and multiplied by SQL; of `due` cases one clock runs out together.
Sweepers are processes of their own that start at the same moment. Aim: 1,000,000 cases and 20,000 due within 60 s,
memory the same at the end as in the middle. Exit 1 if an act was done twice or left out.
"""

import argparse
import asyncio
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psutil
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions, engine, sessions, start_server, stop_server
from app.jobs import defer_deliveries
from app.migrate import upgrade
from app.work import sweep_some
from bot.desk.cards import refresh as refresh_cards
from bot.transactions import Transactions
from cases import handling
from cases.book import Book, read_book
from cases.intake import Complaint, file
from cases.keys import Keys
from models import Case, ClockAct, Conversation, Person, Resident
from town.load import load_town, read_town

DATA = Path(__file__).parents[1] / "data"
AT = "2026-11-19T10:00+08:00"
WORKERS = 1807
SIGNED = 3  # of so many one is signed already
ACTS = (ClockAct.SIGN_OVERDUE, ClockAct.REMIND, ClockAct.OVERDUE, ClockAct.ESCALATE, ClockAct.CONTACT_OVERDUE)


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--cases", type=int, default=50_000)
    ask.add_argument("--due", type=int, default=2_000)
    ask.add_argument("--sweepers", type=int, default=2)
    ask.add_argument("--at", type=datetime.fromisoformat, default=datetime.fromisoformat(AT))
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="fengqiao-", ignore_cleanup_errors=True) as folder:
        server = start_server(Path(folder))
        try:
            upgrade(server.url)
            asyncio.run(fill(server.url, asked.cases, asked.due, asked.at))
            run(server.url, asked.due, asked.sweepers, asked.at)
        finally:
            stop_server(server)


# The town and its cases


async def fill(url: str, count: int, due: int, now: datetime) -> None:
    begun = time.monotonic()
    async with opened(url) as made:
        async with made() as session:
            await load_town(session, read_town(DATA), lambda _: "no password")
            await session.execute(text(MORE_WORKERS), {"most": WORKERS})
            patterns = await filed(session, await read_book(session), now - timedelta(days=1))
            await session.commit()
        async with made() as session:
            await multiply(session, patterns, count, due, now)
            await session.commit()
    await settle(url)
    print(f"{count:,} cases in {time.monotonic() - begun:.0f} s", flush=True)


async def settle(url: str) -> None:
    """What a table does in the minutes after it came at once, done before the sweep and not beside it."""
    made = engine(url).execution_options(isolation_level="AUTOCOMMIT")
    async with made.connect() as connection:
        for statement in ("VACUUM ANALYZE cases", "VACUUM ANALYZE timers", "CHECKPOINT"):
            await connection.execute(text(statement))
    await made.dispose()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Sessions]:
    made = engine(url)
    try:
        yield sessions(made)
    finally:
        await made.dispose()


MORE_WORKERS = """
INSERT INTO people (code, name, role, unit, area, active, holds)
SELECT 'w' || n, '网格员' || n, role, unit, area, true, '{}'
FROM generate_series(1, :most - (SELECT count(*) FROM people WHERE role = 'worker')) AS n
CROSS JOIN LATERAL (
    SELECT role, unit, area FROM people WHERE role = 'worker' ORDER BY hashtext(code || n) LIMIT 1
) AS one
"""


async def filed(session: AsyncSession, book: Book, now: datetime) -> Sequence[str]:
    """One case for each grid, some signed: what the others are copies of."""
    keys, found = Keys("for a benchmark only: 0123456789abcdef"), list[str]()
    grids = [area.code for area in book.areas.values() if area.level == 3]
    for n, grid in enumerate(grids):
        resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=now)
        session.add(resident)
        await session.flush()
        session.add(Conversation(resident=resident.id))
        complaint = Complaint(text="楼下烧烤店油烟太大", category="生态环境", item="生态环境/餐饮油烟", grid=grid)
        case = (await file(session, book, keys, resident, complaint, now)).case
        if n % SIGNED == 0:
            await handling.sign(session, book, case, await session.get_one(Person, case.assignee), now)
        await session.flush()
        found.append(str(case.id))
    return found


async def multiply(session: AsyncSession, patterns: Sequence[str], count: int, due: int, now: datetime) -> None:
    """Each pattern as often as it takes; the first `due` of them have one clock that runs out now."""
    own = {
        "id": "gen_random_uuid()",
        "number": "'B' || lpad(n::text, 9, '0')",
        "code_hash": "md5(n::text)",
        "submitted_at": f"'{now.isoformat()}'::timestamptz - n % 86400 * interval '1 second'",
    }
    await session.execute(text("SET LOCAL session_replication_role = replica"))  # every row refers to what is there
    columns = [column.name for column in Case.__table__.columns]  # type: ignore[attr-defined]
    values = [own.get(name, f'one."{name}"') for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    await session.execute(
        text("CREATE TEMP TABLE patterns AS SELECT unnest(:ids ::uuid[]) AS id"), {"ids": [*patterns]}
    )
    await session.execute(text("CREATE TEMP TABLE numbered AS SELECT id, row_number() OVER () - 1 AS at FROM patterns"))
    await session.execute(
        text(f"""
            INSERT INTO cases ({names}) SELECT {", ".join(values)} FROM generate_series(1, {count}) AS n
            JOIN numbered ON numbered.at = n % {len(patterns)} JOIN cases AS one ON one.id = numbered.id
        """)
    )
    await session.execute(text("UPDATE timers SET done_at = now()"))
    await session.execute(text(RUNNING), {"now": now})
    await session.execute(text(DUE), {"due": due, "now": now, "acts": [str(act) for act in ACTS]})


RUNNING = """
INSERT INTO timers (case_id, act, round, due_at, paused)
SELECT id, act, round, :now + interval '1 day' + random() * interval '20 days', false
FROM cases CROSS JOIN unnest(ARRAY['remind', 'contact_overdue', 'overdue', 'escalate', 'sign_overdue']) AS act
WHERE number LIKE 'B%' AND (act <> 'sign_overdue' OR signed_at IS NULL)
"""
DUE = """
WITH chosen AS (
    SELECT id, (CAST(:acts AS text[]))[1 + row_number() OVER (ORDER BY number) % cardinality(CAST(:acts AS text[]))]
        AS act
    FROM cases WHERE number LIKE 'B%' AND signed_at IS NULL ORDER BY number LIMIT :due
)
UPDATE timers SET due_at = :now - random() * interval '1 hour' FROM chosen
WHERE timers.case_id = chosen.id AND timers.act = chosen.act
"""


# The sweep


def run(url: str, due: int, sweepers: int, now: datetime) -> None:
    context = multiprocessing.get_context("spawn")
    start, told = context.Barrier(sweepers + 1), context.Queue()
    at_work = [context.Process(target=sweep, args=(url, now, start, told)) for _ in range(sweepers)]
    for process in at_work:
        process.start()
    start.wait()
    begun = time.monotonic()
    done = [told.get() for _ in at_work]
    seconds = time.monotonic() - begun
    for process in at_work:
        process.join()
    for taken, used, *memory in done:
        middle, end, peak = (f"{size:.0f} MB" for size in memory)
        print(
            f"  a sweeper: {taken:,} acts, {used:.1f} s of CPU; memory {middle} half-way, {end} at the end, peak {peak}"
        )
    print(f"{due:,} due at once, {sweepers} sweepers: {seconds:.1f} s, {due / seconds:,.0f} acts/s", flush=True)
    wrong = asyncio.run(checked(url, due, sum(taken for taken, *_ in done), now))
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))


def sweep(url: str, now: datetime, start: "multiprocessing.synchronize.Barrier", told: "multiprocessing.Queue") -> None:
    told.put(asyncio.run(_sweep(url, now, start)))


async def _sweep(
    url: str, now: datetime, start: "multiprocessing.synchronize.Barrier"
) -> tuple[int, float, float, float, float]:
    """Acts, CPU seconds, then MB of memory: after a few transactions, at the end, at most."""
    async with opened(url) as made:
        transactions = Transactions(made, defer_deliveries, lambda session, cases: refresh_cards(session, cases, now))
        async with made() as session:
            book = await read_book(session)
        start.wait()
        taken, sizes, used = 0, list[float](), time.process_time()
        while some := await sweep_some(transactions, book, now):
            taken += some
            sizes.append(psutil.Process().memory_info().rss / 1e6)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return taken, time.process_time() - used, sizes[len(sizes) // 2] if sizes else 0, sizes[-1] if sizes else 0, peak


ONCE = """
SELECT count(*) FILTER (WHERE acts > 1) AS twice, coalesce(sum(acts), 0) AS events FROM (
    SELECT events.case_id, events.kind, count(*) AS acts FROM events JOIN cases ON cases.id = events.case_id
    WHERE cases.number LIKE 'B%' GROUP BY events.case_id, events.kind
) AS done
"""
LEFT = "SELECT count(*) FROM timers WHERE done_at IS NULL AND NOT paused AND due_at <= :now"


async def checked(url: str, due: int, taken: int, now: datetime) -> list[str]:
    """What is wrong with it."""
    async with opened(url) as made, made() as session:
        twice, events = (await session.execute(text(ONCE))).one()
        left = await session.scalar(text(LEFT), {"now": now})
        told = await session.scalar(text("SELECT count(*) FROM notifications"))
    print(f"{events:,} events, {told:,} notices with their jobs, {twice} acts twice, {left} left", flush=True)
    found = {"taken": (taken, due), "done": (int(events), due), "twice": (twice, 0), "left": (left, 0)}
    return [f"{name}: {was:,} instead of {wanted:,}" for name, (was, wanted) in found.items() if was != wanted]


if __name__ == "__main__":
    main()
