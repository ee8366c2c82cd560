"""The program is killed at random moments under load, and nothing that was acknowledged is lost, nothing doubled (R1).

A run prints its seed; KILL_SEED=… plays the same moments again.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.aftermath import database, wait_until_quiet
from tests.support.ledger import Ledger, Told
from tests.support.patient import Official, Wire, everybody_tells, handle, sort_out, wire
from tests.support.program import Program, end, free_port
from tests.support.promises import size

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]

COMPLAINTS = size(150, 2_000)
AT_ONCE = 12
KILLS = size(18, 200)
OPENING_KILLS = size(5, 40)  # of these, while the program is still starting
PASSWORD = "kill-test-1963"
DISPATCHER = "chenlu"
DESKS = [("CGJ", "zhangwei"), ("HBJ", "fubo"), ("JTJ", "qianyan")]
GRID_WORKERS = ("limin", "kangkeqin")
COUNTED = {
    "cases": "SELECT count(*) FROM cases",
    "notices": "SELECT count(*) FROM notifications",
    "delivered": "SELECT count(*) FROM notifications WHERE delivered_at IS NOT NULL",
    "to_residents": "SELECT count(*) FROM notifications WHERE resident IS NOT NULL",
    "fsync": "SHOW fsync",
    "synchronous_commit": "SHOW synchronous_commit",
}
LETTERS = (
    "丹桂苑 3 栋楼下烧烤店油烟直往家里灌，晚上不敢开窗",
    "桂香里门口的路灯坏了半个月，老人晚上摔跤",
    "金桂家园的垃圾三天没人清运，臭得很",
    "银杏小区旁边工地夜里十二点还在打桩，吵得睡不着",
    "文昌雅苑的电梯总是停在半层，物业不修",
    "学府名居门口小贩占道，学生只能走马路",
    "钟楼小区自来水发黄，已经三天了",
    "公司拖欠工资两个月，找谁都推",
    "水岸新城有燃气味，楼道里很浓",
    "有件事情想反映一下，不知道归哪里管",
)


@dataclass
class Town:
    """The program in one folder, at one address, whichever process it is just now."""

    data_dir: Path
    port: int
    program: Program | None = None
    kills: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Program:
        self.program = Program(self.data_dir, PORT=str(self.port), SEED_PASSWORD=PASSWORD)
        return self.program

    async def open(self) -> None:
        await asyncio.to_thread(self.start().wait)

    async def kill_while_starting(self, after: float) -> None:
        """Wherever it is by then: the database, the schema, the town, the doors."""
        program = self.start()
        await asyncio.sleep(after)
        self.kill(program)

    def kill(self, program: Program | None = None) -> None:
        dying = program or self.program
        assert dying is not None and dying.process.poll() is None, "it ended by itself"
        dying.kill()
        self.kills += 1


@asynccontextmanager
async def town(data_dir: Path) -> AsyncIterator[Town]:
    town = Town(data_dir, free_port())
    try:
        yield town
    except BaseException:
        print((data_dir / "log").read_text(errors="replace")[-20_000:])
        raise
    finally:
        end([town.program] if town.program else [])


@pytest.mark.promise("R1")
async def test_killed_at_random_moments(
    new_data_dir: Callable[[], Path],
    first_day_model: Path,
    record_property: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = new_data_dir()
    begun, seed = time.monotonic(), int(os.environ.get("KILL_SEED") or random.randrange(1_000_000))
    print(f"KILL_SEED={seed}")
    ledger = Ledger([Told(f"{LETTERS[n % len(LETTERS)]}（第 {n + 1} 封）") for n in range(COMPLAINTS)])
    async with asyncio.timeout(size(600, 5400)), town(folder) as here, wire(here.url) as line:
        filed = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            killer = tasks.create_task(kill_again_and_again(here, line, random.Random(seed)))
            tasks.create_task(work_until(filed, line, ledger))
            await everybody_tells(line, ledger.residents, AT_ONCE)
            await killer
            filed.set()
        await asyncio.to_thread(wait_until_quiet, folder)
        assert here.program is not None and here.program.stop() == 0
        faults, counts = await asyncio.to_thread(look, folder, ledger)
    summary = (
        f"killed {here.kills} times (seed {seed}), {line.again} requests sent again, {counts['cases']} filed, "
        f"{sum(': lost' in f for f in faults)} lost, {sum(': one too many' in f for f in faults)} doubled, "
        f"{len(ledger.acts)} steps of the staff, notices {counts['delivered']}/{counts['notices']}, "
        f"{time.monotonic() - begun:.0f} s"
    )
    record_property("tried", f"{here.kills} kills, {COMPLAINTS} complaints through the web chat")
    record_property("reached", f"{len(faults)} lost or doubled, {line.again} requests sent again")
    with capsys.disabled():
        print(f"\n{summary}")
    assert faults == [], summary
    assert (here.kills, counts["cases"]) == (KILLS, COMPLAINTS)
    assert counts["fsync"] == counts["synchronous_commit"] == "on"
    assert counts["to_residents"] > COMPLAINTS / 2, "too few notices to say anything"


async def kill_again_and_again(here: Town, line: Wire, chance: random.Random) -> None:
    """Most when so many requests have begun (each resident begins three at least), some before the doors are open."""
    moments = sorted(chance.sample(range(10, COMPLAINTS * 3), KILLS - OPENING_KILLS))
    opening = [0, *chance.sample(range(1, len(moments)), OPENING_KILLS - 1)]
    for n, moment in enumerate(moments):
        if n in opening:
            await here.kill_while_starting(chance.uniform(0.2, 3.0))
        await here.open()
        while line.begun < moment:
            await asyncio.sleep(0.005)
        await asyncio.sleep(chance.uniform(0, 0.05))
        here.kill()
    await here.open()


async def work_until(filed: asyncio.Event, line: Wire, ledger: Ledger) -> None:
    """The staff: one sorts out what is held, some sign and call; a last time when everybody has filed."""
    names = [DISPATCHER, *(assignee for _, assignee in DESKS), *GRID_WORKERS]
    staff = [await Official(line.own(), name, ledger).sign_in(PASSWORD) for name in names]
    last = False
    while not last:
        last = filed.is_set()
        await sort_out(staff[0], DESKS)
        for official in staff[1:]:
            await handle(official)
        await asyncio.sleep(1.0)


def look(data_dir: Path, ledger: Ledger) -> tuple[list[str], dict[str, Any]]:
    """Into the database of the stopped program."""
    with database(data_dir) as connection:
        counts = {name: connection.execute(sql.encode()).fetchone()[0] for name, sql in COUNTED.items()}
        return ledger.faults(connection), counts
