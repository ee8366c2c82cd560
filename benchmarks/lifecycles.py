"""Whole lives of cases a second through the doors of the real program, beside so many cases that are there already.

    python -m benchmarks.lifecycles [--cases 1000000] [--seconds 30] [--at-once 24] [--serve 1] [--town-times 40]

A life: a new resident tells a complaint, submits it, it is routed; its handler opens it, signs and replies; the
resident gets the result and answers three questions; it is closed. Ten requests and their deliveries. The program is
`python -m app up` as it ships, or with `--serve N` so many of those and one `work`. The town is the shipped one, but
wants no photo with a result. Aims on two cores, the player's work among it: 40 a second empty, 0.85 of that at a
million cases.
"""

import argparse
import asyncio
import itertools
import json
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

import psutil
import psycopg
from pwdlib import PasswordHash

from app.database import start_server, stop_server
from app.migrate import upgrade
from benchmarks import large_town
from benchmarks.lists.filled import fill
from benchmarks.player import SAID, Doors, Official, Resident, doors
from tests.support.program import Program, free_port

PASSWORD = "no-photo-1963"
SECRET = "for measuring only: 0123456789abcdef"
WARM_SECONDS = 5
# those of the shipped part, however large the town is: everybody signs in beforehand, one after the other
SPOTS = "SELECT name FROM places WHERE kind = 'estate' AND code !~ 'X[0-9]+$'"
HANDLERS = "SELECT code FROM people WHERE active AND role IN ('worker', 'clerk', 'leader') AND code !~ '[0-9]$'"


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--cases", type=int, default=0)
    ask.add_argument("--seconds", type=float, default=30)
    ask.add_argument("--at-once", type=int, default=24)
    ask.add_argument("--serve", type=int, default=0, help="so many `serve` beside one `work`; 0: one `up`")
    ask.add_argument("--town-times", type=int, default=1, help="a town so many times as large")
    ask.add_argument("--keep", type=Path, help="a folder whose filled database is used again")
    ask.add_argument("--json", action="store_true")
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="fengqiao-", dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        where = asked.keep or Path(folder)
        where.mkdir(parents=True, exist_ok=True)
        with town(where, asked.cases, asked.town_times) as running:
            figures = asyncio.run(measured(running(asked.serve), asked.seconds, asked.at_once))
    print(json.dumps(figures) if asked.json else told(figures, asked.cases))


# The program


@dataclass
class Running:
    urls: list[str]
    database: str
    processes: list[psutil.Process] = field(default_factory=list)

    def cpu(self) -> dict[str, float]:
        """Seconds so far: of ours, and of PostgreSQL with whatever backends live now."""
        postgres = [one for one in self.processes if one.name() == "postgres"]
        servers = {one for first in postgres for one in (first, *first.children(recursive=True))}
        return {"program": _cpu(p for p in self.processes if p not in postgres), "postgres": _cpu(servers)}


def _cpu(processes: Any) -> float:
    used = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # a backend that has just ended
            used += sum(process.cpu_times()[:4])
    return used


@contextmanager
def town(folder: Path, cases: int, times: int = 1) -> Iterator[Any]:
    """A function that starts the program on a database with so many cases."""
    files = folder / "town"
    if not files.exists():
        large_town.write(files, times)
        clocks = files / "clocks.csv"
        clocks.write_text("".join(_without_photo(clocks.read_text(encoding="utf-8"))), encoding="utf-8")
    settings = {"TOWN_DIR": str(files), "SEED_PASSWORD": PASSWORD, "SECRET_KEY": SECRET, "LOG_LEVEL": "WARNING"}
    server = start_server(folder)
    with ExitStack() as after:
        after.callback(stop_server, server)
        if upgrade(server.url) and cases:
            asyncio.run(fill(server.url, cases))

        def run(serve: int) -> Running:
            port = free_port()
            begin = partial(Program, folder, fresh=True, **settings)
            ours = [begin(PORT=str(port))]
            after.callback(lambda: [one.stop(seconds=60) for one in ours])
            ours[0].wait(300)
            _give_passwords(server.url)
            if serve:
                ours.pop().stop()
                ours.append(begin(("work",)).wait(mark="working"))
                ours.extend(begin(("serve",), PORT=str(free_port())).wait() for _ in range(serve))
            first = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
            pids = [first, *(one.process.pid for one in ours)]
            return Running([one.url for one in ours if one.url], server.url, [psutil.Process(pid) for pid in pids])

        yield run


def _without_photo(clocks: str) -> Iterator[str]:
    head, *rows = clocks.splitlines(keepends=True)
    yield head
    yield from (f"{row.rpartition(',')[0].rpartition(',')[0]},false,false\n" for row in rows)


def _give_passwords(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE people SET password_hash = %s", (PasswordHash.recommended().hash(PASSWORD),))


# The lives


@dataclass
class Lives:
    doors: Doors
    database: psycopg.AsyncConnection[Any]
    spots: Sequence[str]
    staff: dict[str, Official]
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    done: int = 0
    counter: Iterator[int] = field(default_factory=lambda: itertools.count(random.randrange(2**20)))

    async def one(self) -> None:
        n, begun = next(self.counter), time.perf_counter()
        resident = await Resident(self.doors, n).open()
        number = await resident.file(f"{self.spots[n % len(self.spots)]}{SAID[n // 7 % len(SAID)]}，第{n}次反映")
        begun = self._took("file", begun)
        official = await self._handler(number)
        version = (await official.look(number))["case"]["version"]
        begun = self._took("open", begun)
        version = (await official.take(number, "sign", version))["case"]["version"]
        begun = self._took("sign", begun)
        await official.take(number, "reply", version, text="已经处理好了，请您看看。", outcome="solved")
        begun = self._took("reply", begun)
        await resident.rate()
        self._took("result and rating", begun)
        self.done += 1

    async def _handler(self, number: str) -> Official:
        row = await (
            await self.database.execute("SELECT assignee, text, status FROM cases WHERE number = %s", (number,))
        ).fetchone()
        assert row and row[0], f"{number} was held: {row}"
        return self.staff[row[0]]

    def _took(self, what: str, since: float) -> float:
        now = time.perf_counter()
        self.times[what].append(now - since)
        return now


async def measured(running: Running, seconds: float, at_once: int) -> dict[str, Any]:
    database = await psycopg.AsyncConnection.connect(running.database, autocommit=True)
    async with doors(*running.urls) as opened, database:
        spots = [row[0] async for row in await database.execute(SPOTS)]
        codes = [row[0] async for row in await database.execute(HANDLERS)]
        staff = {code: await Official(opened).sign_in(code, PASSWORD) for code in codes}
        lives = Lives(opened, database, spots, staff)
        await _for(lives, WARM_SECONDS, at_once)
        lives.times.clear()
        before, cpu, own = lives.done, running.cpu(), time.process_time()
        wal = await _counts(database)
        begun = time.perf_counter()
        await _for(lives, seconds, at_once)
        took, lived = time.perf_counter() - begun, lives.done - before
        spent = {name: 1000 * (now - cpu[name]) / lived for name, now in running.cpu().items()}
        spent["player"] = 1000 * (time.process_time() - own) / lived
        more = {name: (now - wal[name]) / lived for name, now in (await _counts(database)).items()}
    return {
        "lifecycles_per_s": round(lived / took, 1),
        "lived": lived,
        "cpu_ms": {name: round(value, 1) for name, value in spent.items()},
        "each": {name: round(value, 1) for name, value in more.items()},
        "p50_ms": {name: round(1000 * quantiles(its, n=100)[49]) for name, its in lives.times.items()},
    }  # fmt: skip


async def _for(lives: Lives, seconds: float, at_once: int) -> None:
    until = time.perf_counter() + seconds

    async def one_after_the_other() -> None:
        while time.perf_counter() < until:
            await lives.one()

    await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))


async def _counts(database: psycopg.AsyncConnection[Any]) -> dict[str, float]:
    """What PostgreSQL counts: transactions, bytes of log, bytes on the disk."""
    asked = """
    SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
        (SELECT wal_bytes FROM pg_stat_wal), pg_database_size(current_database())
    """
    await asyncio.sleep(1.1)  # backends tell once a second
    row = await (await database.execute(asked)).fetchone()
    assert row
    return {"commits": float(row[0]), "wal_bytes": float(row[1]), "kept_bytes": float(row[2])}


def told(figures: dict[str, Any], cases: int) -> str:
    return f"{cases:,} cases inside: {figures['lifecycles_per_s']} lifecycles a second\n{json.dumps(figures, indent=1)}"


if __name__ == "__main__":
    sys.exit(main())
