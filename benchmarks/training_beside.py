"""How long residents wait for an answer before and while a training runs on the same machine.

    PYTHONPATH=. python benchmarks/training_beside.py [--seconds 40] [--rate 5]

The whole program with its PostgreSQL, residents at its door, the shipped corpus. Aim: p99 while training at most 1.5
times that before. Whatever else the machine does shows in both.
"""

import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from typing import Annotated

import httpx
import psutil
import typer

from app.build import build
from app.server import DATABASE, url_of
from app.settings import Settings
from models import ModelVersion, Person
from tests.support.keys import MODELS
from tests.support.people import Resident
from tests.support.program import Program, end

SAID = ("丹桂苑 3 栋楼下烧烤店油烟太大，天天到半夜", "取消")  # in turn: a card is shown, and the draft dropped
PEOPLE = 40
WARM = 5.0  # seconds nobody counts


class People:
    """They speak in turn at a steady rate; `waited` are the seconds until each was answered."""

    def __init__(self, url: str, rate: float) -> None:
        self.url, self.rate, self.waited = url, rate, list[float]()

    async def talk(self, until: asyncio.Event) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as first:
            people = [Resident(httpx.AsyncClient(base_url=self.url, timeout=30)) for _ in range(PEOPLE)]
            await first.get("/healthz")
            for one in people:
                await one.open(locale="zh-Hans")
            under_way, n = set[asyncio.Task[None]](), 0
            while not until.is_set():
                task = asyncio.create_task(self._say(people[n % PEOPLE], SAID[n // PEOPLE % 2]))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                n += 1
                await asyncio.sleep(1 / self.rate)
            await asyncio.gather(*under_way)
            for one in people:
                await one.http.aclose()

    async def _say(self, one: Resident, text: str) -> None:
        start = time.perf_counter()
        await one.say(text)
        self.waited.append(time.perf_counter() - start)

    def figures(self, since: int) -> tuple[int, float, float]:
        """Answers since, p50 and p99 in milliseconds."""
        some = self.waited[since:]
        cut = quantiles(some, n=100)
        return len(some), cut[49] * 1000, cut[98] * 1000


async def measure(folder: Path, program: Program, seconds: float, rate: float) -> None:
    people, over = People(program.url, rate), asyncio.Event()
    talking = asyncio.create_task(people.talk(over))
    await asyncio.sleep(WARM)
    start = len(people.waited)
    await asyncio.sleep(seconds)
    before = people.figures(start)
    async with build(Settings(data_dir=folder), url_of(folder / "postgres", DATABASE)) as parts:
        async with parts.transactions.begin() as session:
            version = (
                await parts.learning.begin_training(session, await session.get_one(Person, "jiangyan"), parts.now())
            ).version
        start, begun, nice = len(people.waited), time.perf_counter(), set[int]()
        while True:
            await asyncio.sleep(0.5)
            nice |= niceness(program)
            async with parts.sessions() as session:
                if (await session.get_one(ModelVersion, version)).report["state"] in ("ready", "failed"):
                    break
    took, during = time.perf_counter() - begun, people.figures(start)
    over.set()
    await talking
    for name, (count, half, most) in (("before", before), ("while training", during)):
        print(f"{name:<15} {count:>5} answers  p50 {half:6.1f} ms  p99 {most:6.1f} ms")
    print(f"p99 {during[2] / before[2]:.2f} times; training took {took:.0f} s at niceness {sorted(nice)}")


def niceness(program: Program) -> set[int]:
    """Of the process that trains, once it said how nice it is."""
    children = psutil.Process(program.process.pid).children()
    return {child.nice() for child in children if "app.learning_child" in " ".join(child.cmdline())}


def main(
    seconds: Annotated[float, typer.Option(help="Measured before the training.")] = 40,
    rate: Annotated[float, typer.Option(help="Messages a second.")] = 5,
) -> None:
    os.environ["MODEL_KEY"] = MODELS.text
    folder = Path(tempfile.mkdtemp(prefix="fengqiao-"))
    folder.chmod(0o755)
    program = Program(folder)
    try:
        program.wait(300)
        asyncio.run(measure(folder, program, seconds, rate))
    finally:
        end([program])
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    typer.run(main)
