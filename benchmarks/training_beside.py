"""How long residents wait for an answer with and without a training on the same machine.

    PYTHONPATH=. python benchmarks/training_beside.py [--windows 16] [--rate 5]

The whole program with its PostgreSQL, residents at its door, the shipped corpus. The process that trains is stopped and
let go on in turn, so whatever else the machine does shows in both. Aim: p99 while it trains at most 1.5 times.
"""

import asyncio
import os
import shutil
import signal
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
from models import Person
from tests.support.keys import MODELS
from tests.support.people import Resident
from tests.support.program import Program, end

SAID = ("丹桂苑 3 栋楼下烧烤店油烟太大，天天到半夜", "取消")  # in turn: a card is shown, and the draft dropped
PEOPLE = 40
WARM, WINDOW = 5.0, 10.0  # seconds; nobody counts the first


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


async def measure(folder: Path, program: Program, windows: int, rate: float) -> None:
    people, over = People(program.url, rate), asyncio.Event()
    talking = asyncio.create_task(people.talk(over))
    await asyncio.sleep(WARM)
    async with build(Settings(data_dir=folder), url_of(folder / "postgres", DATABASE)) as parts:
        async with parts.transactions.begin() as session:
            await parts.learning.begin_training(session, await session.get_one(Person, "jiangyan"), parts.now())
        child = await trainer(program)
        waited: dict[bool, list[float]] = {False: [], True: []}
        for n in range(windows):
            trains = n % 2 == 1
            child.send_signal(signal.SIGCONT if trains else signal.SIGSTOP)
            start = len(people.waited)
            await asyncio.sleep(WINDOW)
            waited[trains] += people.waited[start:]
        child.send_signal(signal.SIGCONT)
        print(f"the process that trains: niceness {child.nice()}, {sum(child.cpu_times()[:2]):.0f} CPU seconds")
    over.set()
    await talking
    found = {trains: quantiles(some, n=100) for trains, some in waited.items()}
    for trains, name in ((False, "training paused"), (True, "training")):
        cut = found[trains]
        print(
            f"{name:<16} {len(waited[trains]):>5} answers  p50 {cut[49] * 1000:6.1f} ms  p99 {cut[98] * 1000:6.1f} ms"
        )
    print(f"p99 {found[True][98] / found[False][98]:.2f} times")


async def trainer(program: Program) -> psutil.Process:
    """The process that trains, once it is nice."""
    while True:
        for child in psutil.Process(program.process.pid).children():
            if "app.learning_child" in " ".join(child.cmdline()) and child.nice() > 0:
                return child
        await asyncio.sleep(0.1)


def main(
    windows: Annotated[int, typer.Option(help=f"Of {WINDOW:.0f} seconds, in turn without and with the training.")] = 16,
    rate: Annotated[float, typer.Option(help="Messages a second.")] = 5,
) -> None:
    os.environ["MODEL_KEY"] = MODELS.text
    folder = Path(tempfile.mkdtemp(prefix="fengqiao-"))
    folder.chmod(0o755)
    program = Program(folder, fresh=True)
    try:
        program.wait(300)
        asyncio.run(measure(folder, program, windows, rate))
    finally:
        end([program])
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    typer.run(main)
