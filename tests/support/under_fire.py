"""One program under load, whose database is killed or frozen from outside.

What a program does on its first day takes most of such a test, and is not its subject: done once, and copied.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import psutil

from tests.support import databases
from tests.support.aftermath import database, servers, wait_until_quiet
from tests.support.ledger import Ledger, Told
from tests.support.patient import Official, Wire, everybody_tells, handle, wire
from tests.support.program import Program, end, free_port

PASSWORD = "under-fire-1963"
WORKERS = ("limin", "kangkeqin")


def people(count: int) -> Ledger:
    return Ledger([Told(f"丹桂苑 3 栋楼下烧烤店油烟直往家里灌，晚上不敢开窗（第 {n + 1} 封）") for n in range(count)])


def after_its_first_day(folder: Path) -> None:
    """The folder of a program that was up once and stopped; everybody in its town has the password PASSWORD."""
    kept = databases.FOLDER / f"first-day-{databases.fingerprint([*databases.SCHEMA, *databases.LOADING])}"
    with databases.alone("first-day"):
        if not kept.exists():
            for old in databases.FOLDER.glob("first-day-*"):
                shutil.rmtree(old)
            draft = databases.FOLDER / "draft"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            first = Program(draft, SEED_PASSWORD=PASSWORD)
            try:
                assert first.wait(120).stop() == 0
            finally:
                end([first])
            (draft / "log").unlink()
            draft.rename(kept)
    subprocess.run(["cp", "-a", f"{kept}/.", str(folder)], check=True)  # with its owners, which Python would not keep


@asynccontextmanager
async def program(folder: Path) -> AsyncIterator[Program]:
    """Up and working; ended with its database whatever happens. Its log is shown when a test fails."""
    await asyncio.to_thread(after_its_first_day, folder)
    here = Program(folder, PORT=str(free_port()), LOG_LEVEL="WARNING")
    try:
        yield await asyncio.to_thread(here.wait)
    except BaseException:
        print((folder / "log").read_text(errors="replace")[-20_000:])
        raise
    finally:
        await asyncio.to_thread(end, [here])


@asynccontextmanager
async def load(here: Program, ledger: Ledger, at_once: int, password: str = PASSWORD) -> AsyncIterator[Wire]:
    """Everybody tells and two of the staff work; left when all have filed."""
    async with wire(here.url) as line, asyncio.TaskGroup() as tasks:
        staff = [await Official(line.own(), name, ledger).sign_in(password) for name in WORKERS]
        telling = tasks.create_task(everybody_tells(line, ledger.residents, at_once))
        filed = asyncio.Event()
        tasks.create_task(work(staff, filed))
        yield line
        await telling
        filed.set()


async def work(staff: list[Official], filed: asyncio.Event) -> None:
    """Ended between two steps: one cut off would be done and in nobody's ledger."""
    while not filed.is_set():
        for official in staff:
            await handle(official)
        await asyncio.sleep(1.0)


def kill_database(folder: Path) -> None:
    """All its processes at once, as a machine that goes; the program starts it again."""
    for pid in servers(folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """No process of it moves: connections stay open and nothing answers."""
    stopped = [psutil.Process(pid) for pid in servers(folder)]
    for process in stopped:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def faults(folder: Path, ledger: Ledger) -> list[str]:
    """What is lost or doubled once all is quiet."""
    wait_until_quiet(folder)
    with database(folder) as connection:
        return ledger.faults(connection)


def told(ledger: Ledger) -> int:
    return sum(bool(one.number) for one in ledger.residents)


async def until_told(ledger: Ledger, many: int, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while told(ledger) < many:
        assert time.monotonic() < deadline, f"{told(ledger)} of {many} have filed"
        await asyncio.sleep(0.02)
