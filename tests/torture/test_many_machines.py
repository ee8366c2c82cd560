"""Two `serve` and two `work` on one database, as on four machines: each is killed in turn, and nothing is lost (H9).

The residents and the staff reach the sites through one address, as behind a load balancer; R10 and R11 beside it.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from app.database import start_server, stop_server
from tests.support.ledger import Ledger, Told
from tests.support.patient import Official, Wire, everybody_tells, handle, sort_out, wire
from tests.support.program import Program, free_port
from tests.support.promises import size
from tests.support.proxy import Proxy

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]

COMPLAINTS = size(40, 200)  # in each round
ROUNDS = size(1, 5)  # each kills both sites and both workers, then restarts all in order
TASKS = size(8, 1000)
AT_ONCE = 4
PICKED_UP = 30.0  # seconds; R11
TOLD = 1.0  # second; R10
PASSWORD = "many-machines-1963"
DISPATCHER = "chenlu"
SETTINGS = {"SEED_PASSWORD": PASSWORD, "SECRET_KEY": "for tests only: 0123456789abcdef", "LOG_LEVEL": "WARNING"}
WAITING = "SELECT count(*) FROM notifications WHERE delivered_at IS NULL AND failed_at IS NULL"
HELD = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'deliver' AND status = 'doing'"
LEFT = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'deliver' AND status IN ('todo', 'doing')"
TWO_PEOPLE = """
SELECT number, version, assignee, (
    SELECT code FROM people
    WHERE unit = cases.unit AND active AND role IN ('leader', 'clerk') AND code <> assignee ORDER BY code LIMIT 1
) FROM cases ORDER BY number
"""


class Machines:
    """The processes by their place; whoever stands at a place may change."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.ports = [free_port(), free_port()]
        self.at: dict[str, Program] = {}

    async def start(self, *places: str) -> None:
        for place in places:
            self.at[place] = self._program(place)
        await asyncio.gather(*(asyncio.to_thread(self.at[p].wait, 60, _mark(p)) for p in places))

    def _program(self, place: str) -> Program:
        given = {**SETTINGS, "DATABASE_URL": self.url}
        if place.startswith("serve"):
            given["PORT"] = str(self.ports[int(place[-1])])
        return Program(self.folder, (place[:-1],), **given)

    async def kill(self, place: str) -> None:
        assert self.at[place].process.poll() is None, "it ended by itself"
        await asyncio.to_thread(self.at[place].kill)

    async def restart(self, place: str) -> None:
        """As an upgrade does: asked to stop, started again."""
        assert await asyncio.to_thread(self.at[place].stop) == 0
        await self.start(place)

    def site(self, n: int) -> str:
        return f"http://127.0.0.1:{self.ports[n]}"


def _mark(place: str) -> str:
    return "ready: " if place.startswith("serve") else "working"


@asynccontextmanager
async def machines(folder: Path) -> AsyncIterator[Machines]:
    """A database with the town, and nobody at work yet."""
    server = await asyncio.to_thread(start_server, folder, {"max_connections": "120"})
    made = Machines(folder, server.url)
    try:
        seeding = Program(folder, ("seed",), **SETTINGS, DATABASE_URL=server.url)
        assert await asyncio.to_thread(seeding.process.wait, 60) == 0
        yield made
    except BaseException:
        print((folder / "log").read_text(errors="replace")[-20_000:])
        raise
    finally:
        for program in made.at.values():
            if program.process.poll() is None:
                program.kill()
        await asyncio.to_thread(stop_server, server)


@pytest.mark.promise("R1")
async def test_each_is_killed_in_turn_and_nothing_is_lost(
    new_data_dir: Callable[[], Path], first_day_model: Path, record_property: Callable[[str, object], None]
) -> None:
    ledger = Ledger([Told(f"丹桂苑 3 栋楼下烧烤店油烟太大，第 {n + 1} 次反映") for n in range(COMPLAINTS * ROUNDS)])
    begun = time.monotonic()
    async with asyncio.timeout(120 * ROUNDS), machines(new_data_dir()) as here:
        await here.start("serve0", "serve1", "work0", "work1")
        balancer = Proxy(*(urlsplit(here.site(n)).netloc for n in (0, 1)))
        async with balancer.running(), wire(balancer.url) as line:
            filed = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_sign(line, ledger, filed))
                trouble = tasks.create_task(_trouble(here, ledger))
                await everybody_tells(line, ledger.residents, AT_ONCE)
                await trouble
                filed.set()
        with psycopg.connect(here.url, autocommit=True) as connection:
            await _until(connection, LEFT, 0, 60)
            await _until(connection, WAITING, 0, 60)
            faults = ledger.faults(connection)
        passed = sorted(balancer.passed.values())
    tried = f"two sites, two workers: {len(ledger.residents)} complaints, {4 * ROUNDS} kills, {4 * ROUNDS} restarts"
    record_property("tried", tried)
    record_property("reached", f"{len(faults)} lost or doubled, {line.again} requests sent again")
    assert faults == [], f"{tried}, {time.monotonic() - begun:.0f} s"
    assert passed[0] > 0, "one site did all"


async def _trouble(here: Machines, ledger: Ledger) -> None:
    """One of each in turn with -9, under load; then each in turn in order."""
    places = ("serve0", "work0", "serve1", "work1")
    step = max(1, len(ledger.residents) // (len(places) * 2 * ROUNDS + 1))
    for n, place in enumerate([*places, *places] * ROUNDS):
        while sum(bool(told.number) for told in ledger.residents) < (n + 1) * step:
            await asyncio.sleep(0.02)
        if n % 8 < len(places):
            await asyncio.sleep(random.uniform(0, 0.2))
            await here.kill(place)
            await here.start(place)
        else:
            await here.restart(place)


async def _sign(line: Wire, ledger: Ledger, filed: asyncio.Event) -> None:
    official = await Official(line.own(), "limin", ledger).sign_in(PASSWORD)
    last = False
    while not last:
        last = filed.is_set()
        await handle(official)
        await asyncio.sleep(0.5)


@pytest.mark.promise("R10")
@pytest.mark.promise("R11")
async def test_one_winner_and_what_a_dead_worker_held(
    new_data_dir: Callable[[], Path], first_day_model: Path, record_property: Callable[[str, object], None]
) -> None:
    """R10 and R11, and that a page at one site hears what was said at the other."""
    ledger = Ledger([Told(f"丹桂苑 3 栋楼下烧烤店油烟太大，第 {n + 1} 次反映") for n in range(TASKS)])
    async with asyncio.timeout(120 + TASKS), machines(new_data_dir()) as here:
        await here.start("serve0", "serve1", "work0")
        async with wire(here.site(0)) as one, wire(here.site(1)) as two:
            await everybody_tells(one, ledger.residents, AT_ONCE)
            dispatcher = await Official(one.own(), DISPATCHER, ledger).sign_in(PASSWORD)
            while await dispatcher.tasks("triage"):
                await sort_out(dispatcher, [("DG-01", "limin")])
            told = await _both_press(here, one, two)
            heard = await _heard_elsewhere(one, two)
        with psycopg.connect(here.url, autocommit=True) as connection:
            await _until(connection, WAITING, 0, 60)
            took = await _dies_holding(here, connection)
    record_property("tried", f"{TASKS} tasks at two sites; a worker killed with a delivery in hand")
    reached = f"one winner each, the other told within {max(told):.2f} s; delivered by another after {took:.0f} s"
    record_property("reached", reached)
    assert max(told) < TOLD
    assert heard < TOLD
    assert took < PICKED_UP


async def _both_press(here: Machines, one: Wire, two: Wire) -> Sequence[float]:
    """The handler and a colleague, each at their own site, sign the same version; how long the loser waited."""
    with psycopg.connect(here.url) as connection:
        tasks = connection.execute(TWO_PEOPLE).fetchall()
    assert len(tasks) == TASKS and all(colleague for *_, colleague in tasks), tasks
    waited, at_work = list[float](), dict[str, Official]()
    for number, version, *names in tasks:
        for line, name in zip((one, two), names, strict=True):
            if name not in at_work:
                at_work[name] = await Official(line.own(), name, Ledger()).sign_in(PASSWORD)
        answers = await asyncio.gather(*(_press(at_work[name], number, version) for name in names))
        assert sorted(status for status, _ in answers) == [200, 409], answers
        waited += [seconds for status, seconds in answers if status == 409]
    return waited


async def _press(official: Official, number: str, version: int) -> tuple[int, float]:
    begun = time.monotonic()
    body = {"key": f"00000000-0000-4000-8000-{random.getrandbits(48):012x}", "step": "sign", "version": version}
    answer = await official.patient.send("POST", f"/api/staff/cases/{number}/steps", body, fine=(409,))
    return answer.status_code, time.monotonic() - begun


async def _heard_elsewhere(one: Wire, two: Wire) -> float:
    """A resident's second page, open at the other site, gets what the first one says: seconds."""
    here = one.own()
    await here.session("/api/chat/session", {})
    there = two.own()
    there.headers = dict(here.headers)
    cursor = (await there.send("GET", "/api/chat/messages")).json()["cursor"]
    mark = str(random.getrandbits(48))
    async with two.http.stream("GET", f"/api/chat/stream?after={cursor}", headers=there.headers, timeout=20) as stream:
        await asyncio.sleep(0.5)  # it listens
        begun = time.monotonic()
        await here.send("POST", "/api/chat/messages", {"key": "00000000-0000-4000-8000-000000000001", "text": mark})
        async for heard in stream.aiter_text():
            if mark in heard:
                return time.monotonic() - begun
    raise AssertionError("the stream ended")


async def _dies_holding(here: Machines, connection: psycopg.Connection[Any]) -> float:
    """The only worker has a delivery in hand when it is killed for good; another takes it: seconds after the death."""
    with psycopg.connect(here.url) as blocking:
        blocking.execute("SELECT FROM conversations FOR UPDATE")  # a delivery to a resident waits for this row
        async with wire(here.site(0)) as line:
            official = await Official(line.own(), "limin", Ledger()).sign_in(PASSWORD)
            for task in await official.tasks():
                if task["status"] == "accepted":
                    await official.take(task, "contact", text="已联系，明天上午到现场。")
            await _until(connection, f"SELECT ({HELD}) > 0", True, 20)
        await here.start("work1")
        await here.kill("work0")
        died = time.monotonic()
        blocking.rollback()
    await _until(connection, WAITING, 0, 60)
    return time.monotonic() - died


async def _until(connection: psycopg.Connection[Any], asked: str, wanted: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (row := connection.execute(asked.encode()).fetchone()) != (wanted,):
        assert time.monotonic() < deadline, f"{asked}: {row} after {seconds} s"
        await asyncio.sleep(0.1)
