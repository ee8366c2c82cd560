"""Bare echo bots of both libraries and our own bot on the same simulator, one after the other in one run.

    PYTHONPATH=. .venv/bin/python benchmarks/telegram.py [--updates 600] [--seconds 20]

Updates a second with a backlog, time to the answer at 30 a second, CPU and memory of the processes (ours with their
PostgreSQL). Every other answer of ours is a card: classified, placed, committed, then sent. Aims: 0.6 of the rate of
its library's echo, p99 within 150 ms. Simulator and people share the machine with the bot: compare within one run.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from simulator import acting
from simulator.bots import Bot
from simulator.chats import Chat, User
from simulator.server import running
from simulator.world import World
from tests.support.program import Program

PEOPLE = 200
SAID = ("丹桂苑 3 栋楼下烧烤店油烟太大，天天到半夜", "取消")  # in turn: a card is shown, and the draft dropped
RATE = 30
ROOM = 25  # people who talk at once while there is a backlog; everybody waits for an answer before they go on


@dataclass
class Figures:
    name: str
    rate: float
    cpu: float  # ms of CPU for one update
    p50: float
    p99: float
    memory: float


class People:
    """Everybody has one message under way at most; `answered` are the seconds they waited."""

    def __init__(self, world: World, bot: Bot) -> None:
        self.world, self.bot, self.answered = world, bot, list[float]()
        self.all: list[tuple[User, Chat]] = []
        for n in range(PEOPLE):
            user = world.add_user(f"居民{n}")
            self.all.append((user, world.private_chat(bot, user)))

    async def tell(self, n: int) -> None:
        user, chat = self.all[n % PEOPLE]
        heard, begun = len(chat.messages) + 1, time.perf_counter()
        acting.say(self.world, chat, user, SAID[n // PEOPLE % len(SAID)])
        while len(chat.messages) <= heard:
            await self.world.bell.wait(30)
            assert time.perf_counter() - begun < 60, "no answer"
        self.answered.append(time.perf_counter() - begun)


async def backlog(people: People, updates: int) -> float:
    """Updates a second while there is always somebody waiting."""
    left = iter(range(updates))

    async def one_after_the_other() -> None:
        for n in left:
            await people.tell(n)

    begun = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(ROOM)))
    return updates / (time.perf_counter() - begun)


async def evenly(people: People, seconds: float) -> tuple[float, float]:
    """p50 and p99 in milliseconds at so many a second."""
    people.answered.clear()
    telling, begun = [], time.perf_counter()
    for n in track(range(int(seconds * RATE)), "evenly", transient=True):
        telling.append(asyncio.create_task(people.tell(n)))
        await asyncio.sleep(max(0.0, begun + (n + 1) / RATE - time.perf_counter()))
    await asyncio.gather(*telling)
    cuts = quantiles(people.answered, n=100)
    return cuts[49] * 1000, cuts[98] * 1000


def cpu(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:4]) for process in processes)


def memory(processes: list[psutil.Process]) -> float:
    return sum(process.memory_full_info().pss for process in processes) / 2**20


async def measure(
    name: str, people: People, processes: Callable[[], list[psutil.Process]], updates: int, seconds: float
) -> Figures:
    await backlog(people, PEOPLE)  # warm, and everybody known
    before = cpu(processes())
    rate = await backlog(people, updates)
    spent = 1000 * (cpu(processes()) - before) / updates
    p50, p99 = await evenly(people, seconds)
    return Figures(name, rate, spent, p50, p99, memory(processes()))


@asynccontextmanager
async def echo(library: str, bot: Bot, address: str) -> AsyncIterator[list[psutil.Process]]:
    call = [sys.executable, "-m", "benchmarks.echo", library, bot.token, address]  # this file hides the library's name
    child = await asyncio.create_subprocess_exec(*call, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
    assert child.stdout is not None
    await child.stdout.readline()
    try:
        yield [psutil.Process(child.pid)]
    finally:
        child.terminate()
        await child.wait()


@asynccontextmanager
async def ours(bot: Bot, address: str, folder: Path) -> AsyncIterator[Program]:
    settings = {
        "TELEGRAM_RESIDENT_TOKEN": bot.token, "TELEGRAM_API_BASE": address, "TELEGRAM_MESSAGES_PER_SECOND": "1000",
    }  # fmt: skip
    program = await asyncio.to_thread(lambda: Program(folder, fresh=True, **settings).wait(120))
    try:
        yield program
    finally:
        await asyncio.to_thread(program.stop)


def whole(program: Program) -> list[psutil.Process]:
    """The program and its PostgreSQL as they are now."""
    first = int((program.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    server = psutil.Process(first)
    return [psutil.Process(program.process.pid), server, *server.children(recursive=True)]


async def all_figures(updates: int, seconds: float) -> list[Figures]:
    found = []
    for library in ("aiogram", "ptb"):
        world = World(limits=False)
        bot = world.add_bot(username="echo_bot")
        async with running(world) as address, echo(library, bot, address) as processes:
            people = People(world, bot)
            found.append(await measure(f"echo, {library}", people, lambda p=processes: p, updates, seconds))
    world = World(limits=False)
    bot = world.add_bot(username="fengqiao_bot")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        async with running(world) as address, ours(bot, address, Path(folder)) as program:
            people = People(world, bot)
            await greet(people)
            found.append(await measure("ours (aiogram)", people, lambda: whole(program), updates, seconds))
    return found


async def greet(people: People) -> None:
    """The bot's first words are not its answer."""
    for user, chat in people.all:
        acting.start(people.world, people.bot, user)
        while len(chat.messages) < 2:
            await people.world.bell.wait(30)


def main(
    updates: Annotated[int, typer.Option(help="With a backlog.")] = 600,
    seconds: Annotated[float, typer.Option(help="At an even pace.")] = 20,
) -> None:
    figures = asyncio.run(all_figures(updates, seconds))
    table = Table("", "updates/s", "of its echo", "CPU ms", "p50 ms", "p99 ms", "MB", title=f"{RATE}/s: p50, p99")
    for one in figures:
        share = f"{one.rate / figures[0].rate:.2f}" if one is figures[-1] else ""
        row = (one.rate, share, one.cpu, one.p50, one.p99, one.memory)
        table.add_row(one.name, *(f"{value:.1f}" if isinstance(value, float) else value for value in row))
    Console(width=100).print(table)


if __name__ == "__main__":
    typer.run(main)
