"""Messages of the web chat a second, each committed and answered by the real program; and what the machine allows.

    python -m benchmarks.messages [--seconds 20] [--at-once 24] [--rate 50] [--json]

A message is a resident's: in turn a complaint, which is read by the model and answered with a card, and the word that
drops it. Beside it in the same run: PostgreSQL alone committing as many bytes with as many clients, one statement each,
and the web framework alone sending a JSON body back. Aims on two cores, the player's work among it: 150 a second;
p99 within 150 ms at 50 a second.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import quantiles
from typing import Any

import psycopg

from benchmarks.lifecycles import Running, town
from benchmarks.player import SAID, Doors, Resident, doors
from tests.support.program import free_port

RAW_SECONDS = 5
CREATE = "CREATE TABLE IF NOT EXISTS raw_commits (id bigserial PRIMARY KEY, said text NOT NULL)"
ECHO = """
import sys
from typing import Any
import uvicorn
from fastapi import FastAPI

app = FastAPI()

@app.post("/echo")
async def echo(body: dict[str, Any]) -> dict[str, Any]:
    return body

uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
"""


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--seconds", type=float, default=20)
    ask.add_argument("--at-once", type=int, default=24)
    ask.add_argument("--rate", type=float, default=50)
    ask.add_argument("--json", action="store_true")
    asked = ask.parse_args()
    aside = tempfile.TemporaryDirectory(prefix="fengqiao-", dir="/var/tmp", ignore_cleanup_errors=True)
    with aside as folder, town(Path(folder), 0) as running:
        figures = asyncio.run(measured(running(0), asked.seconds, asked.at_once, asked.rate))
    print(json.dumps(figures) if asked.json else json.dumps(figures, indent=1))


async def measured(running: Running, seconds: float, at_once: int, rate: float) -> dict[str, Any]:
    async with doors(*running.urls) as opened:
        talks = [Talk(await Resident(opened, n).open(), n) for n in range(at_once * 8)]
        await backlog(talks, at_once, 3)  # warm
        before, own = running.cpu(), time.process_time()
        wal = await _written(running.database)
        count, took = await backlog(talks, at_once, seconds)
        player = time.process_time() - own
        spent = {name: 1000 * (now - before[name]) / count for name, now in running.cpu().items()}
        size = (await _written(running.database) - wal) / count
        p50, p99 = await evenly(talks, rate, seconds)
    commits = await commits_alone(running.database, at_once, int(size))
    echo = await echo_alone(at_once)
    return {
        "messages_per_s": round(count / took, 1),
        "p50_ms": round(p50, 1),
        "p99_ms": round(p99, 1),
        "rate": rate,
        "cpu_ms": {name: round(value, 2) for name, value in {**spent, "player": 1000 * player / count}.items()},
        "log_bytes_per_message": round(size),
        "raw_commits_per_s": round(commits, 1),
        "raw_echo_per_s": round(echo, 1),
        "of_raw_commits": round(count / took / commits, 3),
        "of_raw_echo": round(count / took / echo, 3),
    }


class Talk:
    """One resident, who begins the same again and again; a limit of 120 a minute is theirs alone."""

    def __init__(self, resident: Resident, n: int) -> None:
        self.resident, self.said = resident, (f"丹桂苑 3 栋{SAID[n % 2]}", "取消")

    async def go_on(self) -> None:
        self.said = self.said[::-1]
        assert await self.resident.say(self.said[-1]), "no answer"


async def backlog(talks: list[Talk], at_once: int, seconds: float) -> tuple[int, float]:
    """Answered, and in how many seconds, with somebody always waiting. Each in turn, so that nobody talks too much."""
    begun, counts = time.perf_counter(), [0] * at_once

    async def some(first: int) -> None:
        mine = talks[first::at_once]
        while time.perf_counter() - begun < seconds:
            await mine[counts[first] % len(mine)].go_on()
            counts[first] += 1

    await asyncio.gather(*(some(n) for n in range(at_once)))
    return sum(counts), time.perf_counter() - begun


async def evenly(talks: list[Talk], rate: float, seconds: float) -> tuple[float, float]:
    """p50 and p99 in milliseconds with so many a second offered, however long the answers take."""
    waited, telling, begun = list[float](), [], time.perf_counter()

    async def one(talk: Talk, due: float) -> None:
        await talk.go_on()
        waited.append(time.perf_counter() - due)

    for n in range(int(rate * seconds)):
        due = begun + n / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        telling.append(asyncio.create_task(one(talks[n % len(talks)], due)))
    await asyncio.gather(*telling)
    cuts = quantiles(waited, n=100)
    return cuts[49] * 1000, cuts[98] * 1000


async def _written(url: str) -> float:
    """Bytes of PostgreSQL's log so far."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")).fetchone()
    assert row
    return float(row[0])


async def commits_alone(url: str, at_once: int, size: int) -> float:
    """A row with as many bytes as a message writes, each its own commit."""
    said = "x" * size
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as first:
        await first.execute(CREATE)
        await first.execute("ALTER TABLE raw_commits ALTER said SET STORAGE EXTERNAL")
        connections = [await psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(at_once)]

        async def one(connection: psycopg.AsyncConnection[Any]) -> None:
            await connection.execute("INSERT INTO raw_commits (said) VALUES (%s)", (said,))

        found = await _rate([lambda c=c: one(c) for c in connections])
        for connection in connections:
            await connection.close()
        await first.execute("DROP TABLE raw_commits")
    return found


async def echo_alone(at_once: int) -> float:
    """FastAPI and uvicorn as we run them, and nothing behind them."""
    port = free_port()
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", ECHO, str(port))
    try:
        async with doors(f"http://127.0.0.1:{port}") as opened:
            await _until_open(opened)
            return await _rate([lambda: opened.ask("POST", "/echo", {"text": SAID[0]})] * at_once)
    finally:
        child.terminate()
        await child.wait()


async def _until_open(opened: Doors) -> None:
    for _ in range(100):
        try:
            await opened.ask("POST", "/echo", {})
            return
        except OSError:
            await asyncio.sleep(0.1)
    raise TimeoutError("the echo does not answer")


async def _rate(doing: list[Callable[[], Awaitable[Any]]]) -> float:
    begun, counts = time.perf_counter(), [0]

    async def again(one: Callable[[], Awaitable[Any]]) -> None:
        while time.perf_counter() - begun < RAW_SECONDS:
            await one()
            counts[0] += 1

    await asyncio.gather(*map(again, doing))
    return counts[0] / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
