"""How long the numbers of a month take on a year of events, by town, area, unit, worker and category.

    python -m benchmarks.rates --events 1000000

Some dozens of histories are lived through by the core's own doors, then copied by SQL over a year, on a PostgreSQL of
its own.
Aim: a month of a year of 1,000,000 events within a second or two.
"""

import argparse
import asyncio
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from psutil import Process
from sqlalchemy import func, text
from sqlmodel import select

from app.database import Sessions, engine, sessions, start_server, stop_server
from app.migrate import upgrade
from cases import periods
from cases.rates import By, rates
from models import Case, Event
from tests.support.histories import Life, known, multiply
from town.load import load_town, read_town

DATA = Path(__file__).parents[1] / "data"
BEGUN = datetime(2026, 1, 5, tzinfo=UTC)
LIVED = timedelta(days=20)  # and so long again without anything new


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--events", type=int, default=1_000_000)
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="fengqiao-", ignore_cleanup_errors=True) as folder:
        server = start_server(Path(folder))
        try:
            upgrade(server.url)
            asyncio.run(run(server.url, asked.events))
        finally:
            stop_server(server)


async def run(url: str, wanted: int) -> None:
    connections = engine(url)
    made = sessions(connections)
    await fill(made, wanted)
    async with connections.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
    async with made() as session:
        counts = [await session.scalar(select(func.count()).select_from(table)) for table in (Case, Event)]
        print("{:,} cases, {:,} events".format(*counts), flush=True)
        server = Process(await session.scalar(text("SELECT pg_backend_pid()")))
        summer = BEGUN.date() + timedelta(days=200)
        for name, period in (("month", periods.month(summer)), ("week", periods.week(summer))):
            for by in By:
                begun, used = time.perf_counter(), cpu(server)
                rows = await rates(session, by=by, start=period.start, end=period.end)
                took, used = time.perf_counter() - begun, cpu(server) - used
                print(f"a {name} by {by}: {took:.2f} s, {used:.2f} s of the server's CPU, {len(rows)} rows", flush=True)
    await connections.dispose()


def cpu(process: Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def fill(made: Sessions, wanted: int) -> None:
    async with made() as session:
        await load_town(session, read_town(DATA), lambda _: "no password")
        await session.commit()
        life = Life(session, *await known(session), seed=5, now=BEGUN)
        await life.until(BEGUN + LIVED)
        life.filing = 0.0
        await life.until(BEGUN + 2 * LIVED)
        lived = await session.scalar(text("SELECT count(*) FROM events")) or 1
        times = max(1, wanted // lived)
        connection = await session.connection()
        await connection.execute(
            text("SET LOCAL session_replication_role = replica")
        )  # every row refers to what is there
        await multiply(session, times, timedelta(days=325) / times)
        await session.commit()


if __name__ == "__main__":
    main()
