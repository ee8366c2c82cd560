"""How long the dashboard takes on a filled town, warm and cold, and what the browser is sent beside a chart library.

    nice -n 10 .venv/bin/python -m benchmarks.board [--cases 60000] [--times 100] [--keep FOLDER]

A PostgreSQL of its own; some weeks of cases put in as rows (tests/support/busy.py) and copied back over years; the
whole program in this process, asked by its doors by several people, at the town and further down. Beside the time on
the wall stands this process's own, for a machine may be busy with other things.
Limit: p95 ≤ 300 ms warm. With `--keep` the filled database stays and is used again, by the clock of its filling.
"""

import argparse
import asyncio
import gzip
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import text

from app.build import utcnow
from app.database import start_server, stop_server
from app.migrate import upgrade
from cases import area_days, week_sums
from cases.periods import today
from tests.support.busy import fill
from tests.support.databases import FAST
from tests.support.histories import multiply
from tests.support.site import Site, running
from tests.support.town import fill as settle

DRAWN = 6000
ECHARTS = 368_000  # bytes of ECharts 6.1, minified and gzipped
WHO = ("guwenbo", "chenlu", "hezhiqiang", "wangxing", "dongchunsheng")
ASKED = ("", "?area=CX-DG", "?area=CX-DG-01", "?area=CX-DG-01-03", "?place=B0103")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    ask.add_argument("--cases", type=int, default=60_000)
    ask.add_argument("--times", type=int, default=100)
    ask.add_argument("--keep", type=Path)
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="fengqiao-", ignore_cleanup_errors=True) as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(exist_ok=True)
        server = start_server(folder / "database", FAST)
        try:
            asyncio.run(run(server.url, folder, asked.cases, asked.times))
        finally:
            stop_server(server)


async def run(url: str, folder: Path, cases: int, times: int) -> None:
    filled = folder / "filled_at"
    if filled.exists():
        upgrade(url)
        since, started = datetime.fromisoformat(filled.read_text()), utcnow()
    else:
        await settle(url)
        since = started = utcnow()
    async with running(url, folder, lambda: since + (utcnow() - started)) as site:
        if not filled.exists():
            await _fill(site, cases)
            filled.write_text(since.isoformat())
        await _keep_weeks(site)
        people = [(await site.staff(name)).http for name in WHO]
        began = time.perf_counter()
        page = await people[0].get("/board")
        print(f"cold, the first to ask: {time.perf_counter() - began:.2f} s", flush=True)
        _weigh(page)
        for http in people:
            await _times([(http, ask) for ask in ASKED], "/board")  # each seen once
        again = [(people[n % len(people)], ASKED[n // len(people) % len(ASKED)]) for n in range(times)]
        _tell("warm, figures of this moment kept", await _times(again, "/board"))
        _tell("warm, each 3 s after the last", await _times(again[: len(people) * 4], "/board", pause=3.2))
        _tell("public", await _times([(site.client(), "") for _ in range(20)], "/public"))


async def _fill(site: Site, cases: int) -> None:
    began, now = time.perf_counter(), site.parts.now()
    book = site.parts.senses.book
    async with site.parts.sessions() as session:
        drawn = min(cases, DRAWN)
        copies = cases // drawn - 1
        span = timedelta(days=max(70, 365 // (copies + 1)))
        await fill(session, book, now, cases=drawn, days=span.days)
        connection = await session.connection()
        await connection.execute(text("SET LOCAL session_replication_role = replica"))  # what rows refer to is there
        await multiply(session, copies, -span)
        await area_days.store(session, book, today(now) - timedelta(days=1))
        await session.commit()
        await _tidy(site)
        counts = [await session.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("cases", "events")]
        open_ = await session.scalar(text("SELECT count(*) FROM cases WHERE resolved_at IS NULL"))
    print(
        "{:,} cases, {:,} events, ".format(*counts)
        + f"{open_:,} open, put in within {time.perf_counter() - began:.0f} s"
    )


async def _tidy(site: Site) -> None:
    """What a running server does by itself while a town fills up."""
    async with site.parts.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM (ANALYZE)"))


async def _keep_weeks(site: Site) -> None:
    """The worker's task, as often as it has something to do."""
    began, weeks = time.perf_counter(), 0
    while True:
        async with site.parts.sessions() as session:
            kept = await week_sums.keep(session, site.parts.senses.book, site.parts.now())
            await session.commit()
        if not kept:
            break
        weeks += kept
    print(f"{weeks} weeks that are over added up within {time.perf_counter() - began:.1f} s", flush=True)


async def _times(
    asked: Sequence[tuple[httpx.AsyncClient, str]], path: str, pause: float = 0.0
) -> list[tuple[float, float]]:
    """Seconds on the wall, and of this process."""
    took = []
    for http, question in asked:
        began, used = time.perf_counter(), time.process_time()
        answer = await http.get(path + question)
        took.append((time.perf_counter() - began, time.process_time() - used))
        assert answer.status_code in (200, 404), answer.text
        await asyncio.sleep(pause)
    return took


def _weigh(page: httpx.Response) -> None:
    static = Path(__file__).parents[1] / "web/static/own/console"
    own = sum(len(gzip.compress((static / name).read_bytes())) for name in ("board.css", "board.js"))
    body = len(gzip.compress(page.content))
    print(f"the page {body / 1000:.1f} KB gzipped, its own style and script {own / 1000:.1f} KB; ", end="")
    print(f"ECharts alone {ECHARTS / 1000:.0f} KB")


def _tell(name: str, took: list[tuple[float, float]]) -> None:
    wall = sorted(1000 * one for one, _ in took)
    cpu = sorted(1000 * one for _, one in took)
    half, most = len(took) // 2, int(len(took) * 0.95)
    print(f"{name}: p50 {wall[half]:.0f} ms, p95 {wall[most]:.0f} ms", end="; ")
    print(f"of this process p50 {cpu[half]:.0f} ms, p95 {cpu[most]:.0f} ms ({len(took)} times)", flush=True)


if __name__ == "__main__":
    main()
