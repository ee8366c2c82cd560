"""`make demo`: the product with both its bots, the simulator they talk to, and people; no token, nothing outside.

Knows the product by its command line and its doors alone. Everything is new each time but the trained model.
"""

import asyncio
import fcntl
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import IO, Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from simulator.chats import User
from simulator.residents import Phone, Resident, Story, Worker, from_corpus, nobody_minds, written
from simulator.server import running
from simulator.world import World

ROOT = Path(__file__).resolve().parents[1]
RESIDENTS, STAFF = (
    ("7000000001:residents-of-the-demo", "fengqiao_bot"),
    ("7000000002:staff-of-the-demo", "fengqiao_staff_bot"),
)
WORKER, ADMIN, DISPATCHER = ("limin", "李敏"), ("jiangyan", "江燕"), ("chenlu", "陈璐")
LEADER = ("wangxing", "王兴")  # of the worker's community: has what is done anew
LOCK = "demo.lock"
GRID = "CX-DG-01-03"  # the worker's
START_SECONDS, STOP_SECONDS = 300, 15  # the first start trains a model
NOT_OURS = {"DATABASE_URL", "SECRET_KEY", "PUBLIC_URL", "TELEGRAM_WEBHOOK_SECRET"}
CODE = re.compile(r"/p/([A-Za-z0-9_-]+)")


class CannotStart(Exception):
    """What the person at the terminal is told."""


class Program:
    """`python -m app up`, a child in a session of its own: Ctrl-C is ours, and we stop it before we go."""

    def __init__(self, folder: Path, simulator: str, password: str) -> None:
        port = free_port(8000)
        self.url, self.log = f"http://127.0.0.1:{port}", folder / "log"
        settings = {
            "DATA_DIR": str(folder), "TOWN_DIR": str(ROOT / "data"), "HOST": "127.0.0.1", "PORT": str(port),
            "SEED_PASSWORD": password, "TELEGRAM_API_BASE": simulator, "TELEGRAM_MODE": "polling",
            "TELEGRAM_RESIDENT_TOKEN": RESIDENTS[0], "TELEGRAM_STAFF_TOKEN": STAFF[0], "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        plain = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", "up"], cwd=folder, env=plain | settings, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip  # in its folder there is no .env, which may name somebody's real database

    async def ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        async with httpx.AsyncClient(base_url=self.url) as http:
            while time.monotonic() < until:
                if self.process.poll() is not None:
                    raise CannotStart(f"the program ended; its last words are in {self.log}")
                with suppress(httpx.HTTPError):
                    if (await http.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.3)
        raise CannotStart(f"the program was not ready in {START_SECONDS} s; see {self.log}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port(wanted: int) -> int:
    """The wanted one, or any."""
    for port in (wanted, 0):
        with suppress(OSError), socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", port))
            return int(one.getsockname()[1])
    raise CannotStart("no port is free")


@contextmanager
def fresh(folder: Path) -> Iterator[Path]:
    """The simulator forgets all when it stops, so must the program: only the model stays. One demo at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(path.name not in {LOCK, "models"} for path in folder.iterdir()) and not (folder / LOCK).exists():
        raise CannotStart(f"{folder} holds something that is not a demo's; name an empty folder")
    with (folder / LOCK).open("w") as lock:
        _lock(lock)
        _stop_database(folder / "postgres" / "postmaster.pid")
        for path in folder.iterdir():
            if path.is_dir() and path.name != "models":
                shutil.rmtree(path)
            elif path.is_file() and path.name != LOCK:
                path.unlink()
        yield folder.resolve()


def _lock(lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CannotStart("another demo is running in this folder") from error


def _stop_database(pid_file: Path) -> None:
    """One that a demo killed by force left behind in our own folder."""
    with suppress(OSError, ValueError, IndexError):
        pid = int(pid_file.read_text().splitlines()[0])
        os.kill(pid, signal.SIGINT)
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.1)


@asynccontextmanager
async def signed_in(url: str, name: str, password: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        answer = await http.post("/api/staff/session", json={"name": name, "password": password})
        answer.raise_for_status()
        http.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield http


async def codes(url: str, password: str) -> list[str]:
    """The signed codes of the worker's buildings, as they stand on the sheets."""
    async with signed_in(url, DISPATCHER[0], password) as http:
        sheets = await http.get("/staff/sheets", params={"area": GRID})
        return list(dict.fromkeys(CODE.findall(sheets.raise_for_status().text)))


async def bound(world: World, url: str, who: tuple[str, str], password: str) -> Phone:
    """Somebody of the staff asks the page for a link and presses start."""
    async with signed_in(url, who[0], password) as http:
        link = (await http.post("/api/staff/binding")).raise_for_status().json()["url"]
    phone = Phone(world, world.bot(STAFF[1]), world.add_user(who[1]))
    phone.start(link.partition("start=")[2])
    return phone


class Demo:
    """What is on stage: who acts, and at which pace."""

    def __init__(self, world: World, pace: float, people: int, patience: float | None) -> None:
        self.world, self.pace, self.people, self.patience = world, pace, people, patience
        self.first = world.add_user(written()[0].name)
        self.you = world.add_user("您自己")

    async def play(self, url: str, password: str, acting: list[asyncio.Task[None]]) -> None:
        doors = await codes(url, password)
        worker = await bound(self.world, url, WORKER, password)
        admin = await bound(self.world, url, ADMIN, password)
        leader = await bound(self.world, url, LEADER, password)
        admin.say("/models")
        Phone(self.world, self.world.bot(RESIDENTS[1]), self.you).start(doors[0])
        self._put(self.first, worker.user, admin.user, self.you)
        stories = written()
        for phone in [worker, leader] if self.patience is not None else []:
            begin(acting, Worker(phone, stories, self.pace, self.patience or 0).live(), phone.user.first_name)
        begin(acting, self._arrivals(stories, doors, acting), "arrivals")

    def _put(self, *users: User) -> None:
        """The phones the page opens with."""
        residents, staff = self.world.bot(RESIDENTS[1]).id, self.world.bot(STAFF[1]).id
        self.world.phones[:] = [(u.id, staff if 0 < n < 3 else residents) for n, u in enumerate(users)]

    async def _arrivals(self, stories: list[Story], doors: list[str], acting: list[asyncio.Task[None]]) -> None:
        """One after another, with time to watch each."""
        told = [*stories, *from_corpus(ROOT / "classifiers" / "corpus")][: self.people]
        for n, story in enumerate(told):
            user = self.first if n == 0 else self.world.add_user(story.name)
            phone = Phone(self.world, self.world.bot(RESIDENTS[1]), user)
            live = Resident(phone, story, doors[(n + 2) % len(doors)], self.pace).live()
            begin(acting, live, story.name)
            await asyncio.sleep(6 * self.pace)


def begin(acting: list[asyncio.Task[None]], live: Coroutine[Any, Any, None], name: str) -> None:
    acting.append(asyncio.create_task(live, name=name))
    acting[-1].add_done_callback(nobody_minds)


async def run(folder: Path, pace: float, people: int, patience: float | None) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    world = World()
    for (token, username), name in ((RESIDENTS, "枫桥"), (STAFF, "枫桥办理")):
        world.add_bot(token, username, name)
    with fresh(folder) as place:
        async with running(world, port=free_port(8081)) as simulator:
            password = secrets.token_hex(5)
            program = Program(place, simulator, password)
            try:
                await _stage(Demo(world, pace, people, patience), program, simulator, password, stop)
            finally:
                print("stopping …", flush=True)
                await asyncio.to_thread(program.stop)


async def _stage(demo: Demo, program: Program, simulator: str, password: str, stop: asyncio.Event) -> None:
    """Until somebody stops it, or the program ends."""
    print(f"starting the program (the first time it trains a model: a minute); its log is {program.log}", flush=True)
    acting: list[asyncio.Task[None]] = []
    stopped = asyncio.create_task(stop.wait())
    begun = asyncio.create_task(_begin(demo, program, password, acting))
    try:
        await asyncio.wait([begun, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not begun.done():
            return
        begun.result()
        _show(program.url, simulator, password, demo.patience)
        while not stop.is_set() and program.process.poll() is None:
            await asyncio.wait([stopped], timeout=1)
        if not stop.is_set():
            raise CannotStart(f"the program ended; its last words are in {program.log}")
    finally:
        for task in (*acting, begun, stopped):
            task.cancel()
        await asyncio.gather(*acting, begun, stopped, return_exceptions=True)


async def _begin(demo: Demo, program: Program, password: str, acting: list[asyncio.Task[None]]) -> None:
    await program.ready()
    await demo.play(program.url, password, acting)


def _show(url: str, simulator: str, password: str, patience: float | None) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("phones", f"{simulator}/")
    table.add_row("staff page", f"{url}/staff")
    table.add_row("residents", f"{url}/")
    table.add_row("sign in as", " · ".join(f"{code} ({name})" for code, name in (WORKER, LEADER, ADMIN, DISPATCHER)))
    table.add_row("password", f"[bold]{password}[/bold]")
    if patience is not None:
        table.add_row(
            "", f"{WORKER[1]} and {LEADER[1]} sign and answer by themselves what you leave for {patience:.0f} s"
        )
    console = Console(soft_wrap=True)
    console.print(Panel(table, title="枫桥 Fengqiao · demo on the simulator", expand=False))
    console.print(f"ready: {simulator}/  (Ctrl-C stops everything)")


def main(
    folder: Annotated[Path, typer.Option(help="Where its data lies; emptied at every start but for the model.")] = (
        ROOT / "var" / "demo"
    ),
    pace: Annotated[float, typer.Option(min=0.01, help="Seconds between two acts of a scripted person.")] = 3.0,
    people: Annotated[int, typer.Option(min=0, help="How many residents come, one after another.")] = 12,
    patience: Annotated[float, typer.Option(help="Seconds before the scripted worker helps.")] = 30.0,
    alone: Annotated[bool, typer.Option(help="No scripted worker: you play the staff.")] = False,
) -> None:
    try:
        asyncio.run(run(folder, pace, people, None if alone else patience))
    except (CannotStart, httpx.HTTPError) as error:
        raise SystemExit(f"demo: {error}") from error


if __name__ == "__main__":
    typer.run(main)
