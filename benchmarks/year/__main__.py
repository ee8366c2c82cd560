"""A town's year in minutes: residents tell, the staff work, the clock runs; then the figures, and what is not right.

    python -m benchmarks.year [--days 365] [--complaints-a-day 175] [--seed 1] [--players 2] [--json]

Makes a PostgreSQL of its own in a new folder, as the program does, but nothing waits for the disk. The town has 544
grids and 1,807 grid workers; whoever plays goes by the program's own doors. Exit 1 if an invariant breaks: all of
them are in `invariants.py`, and the rates by SQL must be what a slow walk through all events finds.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn
from sqlalchemy import text

from app.database import start_server, stop_server
from app.migrate import upgrade
from benchmarks.year import figures, invariants
from benchmarks.year.company import Asked, opened, play, settle
from benchmarks.year.play import Tally
from cases.book import read_book
from cases.periods import begins

UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # gone afterwards anyway
AIMS = {
    "storm_grids_red_within_a_day": lambda found: found >= 0.95,
    "incidents_red_within_a_day": lambda found: found >= 0.95,
    "false_reds_per_grid_quarter": lambda found: found <= 1.0,
}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--days", type=int, default=365)
    ask.add_argument("--complaints-a-day", type=float, default=175.0)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--players", type=int, default=2)
    ask.add_argument("--json", action="store_true")
    chosen = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="fengqiao-", ignore_cleanup_errors=True) as folder:
        server = start_server(Path(folder), UNSAFE)
        try:
            upgrade(server.url)
            asked = Asked(server.url, chosen.days, chosen.complaints_a_day, chosen.seed, chosen.players)
            found = run(asked, Path(server.folder))
        finally:
            stop_server(server)
    print(json.dumps(found, ensure_ascii=False, default=str) if chosen.json else "\n".join(_lines(found)))
    sys.exit(bool(found["broken"]))


def run(asked: Asked, folder: Path) -> dict[str, Any]:
    """The whole time, and what came of it."""
    asyncio.run(settle(asked))
    begun = time.monotonic()
    paces = [_pace()]
    with _progress(asked.days) as on_day:
        tallies = play(asked, lambda done: (on_day(done), paces.append(_pace())))
    seconds = time.monotonic() - begun
    speed = {**_speed(tallies, seconds, _server_cpu(folder)), "pace_ms": {"best": min(paces), "median": median(paces)}}
    begun = time.monotonic()
    found = asyncio.run(_checked(asked, tallies))
    return {**found, "speed": {**speed, "seconds_to_check": round(time.monotonic() - begun, 1)}}


@contextmanager
def _progress(days: int) -> Iterator[Any]:
    """A bar where somebody looks on."""
    columns = BarColumn(), MofNCompleteColumn(), "days", TimeElapsedColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task("", total=days)
        yield lambda done: bar.update(task, completed=done)


def _pace() -> float:
    """CPU milliseconds of always the same work: how much of the machine others took, told each day beside the rest."""
    begun = time.process_time()
    sum(range(400_000))
    return round(1000 * (time.process_time() - begun), 2)


def _server_cpu(folder: Path) -> float:
    """CPU seconds of PostgreSQL so far, of connections that are closed as well."""
    server = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
    times = [server.cpu_times(), *(child.cpu_times() for child in server.children())]
    return sum(one.user + one.system for one in times) + times[0].children_user + times[0].children_system


def _speed(tallies: Sequence[Tally], seconds: float, server: float) -> dict[str, Any]:
    filed, cpu = sum(one.filed for one in tallies), sum(one.cpu for one in tallies)
    return {
        "wall_seconds": round(seconds, 1),
        "cpu_seconds": {"players_and_watch": round(cpu, 1), "postgresql": round(server, 1)},
        "cases_a_second": round(filed / seconds, 1),
        "cpu_ms_a_case": round(1000 * (cpu + server) / max(1, filed), 1),
        "peak_memory_mb": [round(one.memory) for one in tallies],
        "transactions": sum(one.transactions for one in tallies),
        "acts_of_the_clock": sum(one.swept for one in tallies),
    }


async def _checked(asked: Asked, tallies: Sequence[Tally]) -> dict[str, Any]:
    days = asked.dates()
    async with opened(asked.url) as made, made() as session:
        await (await session.connection()).execute(text("ANALYZE"))
        book = await read_book(session)
        now: datetime = begins(days[-1] + timedelta(days=1))
        found = await figures.read(session, asked.residents(book).planted, days, now)
        wrong = await invariants.broken(session, book, now)
        if differ := await figures.rates_differ(session, days):
            wrong["rates by SQL as counted by hand"] = [*differ[:5], f"{len(differ)} in all"]
    refused = sum((one.refused for one in tallies), Counter[str]())
    deeds = sum((one.deeds for one in tallies), Counter[str]())
    if lost := sum(one.filed for one in tallies) - found["rows"]["cases"]:
        wrong["every complaint is a case"] = [f"{lost} more told than there are"]
    aims = {name: met(found[name]) for name, met in AIMS.items() if found[name] is not None}
    return {**found, "deeds": dict(deeds), "refused": dict(refused), "aims_met": aims, "broken": wrong}


def _lines(found: dict[str, Any]) -> Iterator[str]:
    for name, value in found.items():
        if name != "broken":
            yield f"{name:30} {value}"
    for name in (*invariants.CHECKS, "rates by SQL as counted by hand"):
        yield f"{'BROKEN' if name in found['broken'] else 'holds':30} {name}"
        yield from (f"    {one}" for one in found["broken"].get(name, ()))


if __name__ == "__main__":
    main()
