"""Both bots on a simulator, their program killed and stopped at random moments: nobody's complaint is lost or filed
twice, and a line is read twice only where a kill fell between its sending and the mark (R1, R12).

A run prints its seed; KILL_SEED=… plays the same moments again. Each start also chooses anew how updates come in.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import namedtuple_row

from bot.inbox import resident_id
from bot.sender import AT_ONCE
from cases.keys import Keys
from routing.places import sign
from simulator.server import running as simulator_running
from simulator.world import Pace, World
from tests.support.aftermath import database, wait_until_quiet
from tests.support.ledger import CHECKS, Ledger, Rows, Told, compare
from tests.support.patient import Official, wire
from tests.support.program import Program, end, free_port
from tests.support.promises import size
from tests.support.telegram import RESIDENT_TOKEN, STAFF_TOKEN, Phone, a_world, until

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]

RESIDENTS, KILLS, STOPS = size(30, 200), size(5, 40), size(2, 10)
TALKING = 12  # residents at once
PASSWORD, SECRET = "kill-test-1963", "kill tests only: 0123456789abcdef"
PATIENCE = size(150.0, 1200.0)  # a staff chat takes one line a second
WORKERS = ("limin", "kangkeqin")
SMOKE = "楼下烧烤店油烟直往家里灌，晚上不敢开窗"
PRESSED = ("不是同一件事，单独反映", "提交", "都不是，请人看", "没有具体地点")  # in this order; else the first button
SENT = "SELECT chat, external, sent_at, failed_at FROM {} WHERE channel <> ''"
STUCK = """
SELECT chat, said_by, coalesce(nullif(text_key, ''), text) AS line, external, next_try_at, sent_at, failed_at
FROM chat_messages WHERE resident NOT IN (SELECT resident FROM cases) ORDER BY id
"""
HELD = (
    "cases",
    "residents",
    "timelines",
    "beginnings",
    "states",
    "owners",
    "notices",
    "deliveries",
    "notice_lines",
    "jobs",
)


@dataclass
class Town:
    """The program in one folder, at one address, whichever process it is just now."""

    folder: Path
    api: str
    chance: random.Random
    port: int = field(default_factory=free_port)
    program: Program | None = None
    kills: int = 0
    stops: int = 0
    modes: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        mode = self.chance.choice(["polling", "webhook"])
        self.modes.add(mode)
        settings = {
            "PORT": str(self.port), "PUBLIC_URL": self.url, "SEED_PASSWORD": PASSWORD, "SECRET_KEY": SECRET,
            "TELEGRAM_RESIDENT_TOKEN": RESIDENT_TOKEN, "TELEGRAM_STAFF_TOKEN": STAFF_TOKEN,
            "TELEGRAM_API_BASE": self.api, "TELEGRAM_MODE": mode,
        }  # fmt: skip
        self.program = Program(self.folder, **settings)
        await asyncio.to_thread(self.program.wait)

    async def end(self, *, kill: bool) -> None:
        assert self.program is not None and self.program.process.poll() is None, "it ended by itself"
        if kill:
            self.program.kill()
            self.kills += 1
        else:
            assert await asyncio.to_thread(self.program.stop) == 0
            self.stops += 1


@asynccontextmanager
async def town(folder: Path, api: str, chance: random.Random) -> AsyncIterator[Town]:
    town = Town(folder, api, chance)
    try:
        yield town
    except BaseException:
        print((folder / "log").read_text(errors="replace")[-20_000:])
        with database(folder) as connection:
            print("of those who have no case:", *connection.execute(STUCK).fetchall(), sep="\n")
        raise
    finally:
        end([town.program] if town.program else [])


@dataclass
class Somebody:
    """A resident with one complaint, and the phone they tell it on."""

    told: Told
    phone: Phone
    pressed: set[int] = field(default_factory=set)

    @property
    def id(self) -> UUID:
        return resident_id("telegram", str(self.phone.user.id))

    async def tell(self, code: str) -> None:
        self.phone.start(code)
        await self.hears("小枫")
        self.phone.say(self.told.text)
        deadline = time.monotonic() + PATIENCE
        while not (filed := [text for text in self.phone.texts if "查询码" in text]):
            assert time.monotonic() < deadline, self._stuck()
            self._press()
            await self.phone.world.bell.wait(0.2)
        self.told.number = filed[0].partition("编号 ")[2][:11]

    async def hears(self, part: str) -> None:
        await until(lambda: any(part in text for text in self.phone.texts), part, PATIENCE)

    def _stuck(self) -> str:
        bot = self.phone.bot
        waiting = [item.update for item in bot.updates.pending.values() if str(self.phone.user.id) in str(item.update)]
        return f"never filed: {self.phone.texts}; not taken: {waiting}; webhook: {bot.hook and bot.hook.as_json()}"

    def _press(self) -> None:
        """What the newest question offers, once."""
        asked = next((line for line in reversed(self.phone.lines) if self.phone.buttons(line)), None)
        if asked is None or asked.id in self.pressed:
            return
        self.pressed.add(asked.id)
        offered = self.phone.buttons(asked)
        self.phone.press_now(next((label for label in PRESSED if label in offered), offered[0]), asked)


@pytest.mark.promise("R1")
async def test_killed_and_stopped_while_people_talk(
    new_data_dir: Callable[[], Path],
    first_day_model: Path,
    record_property: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, begun = new_data_dir(), time.monotonic()
    seed = int(os.environ.get("KILL_SEED") or random.randrange(1_000_000))
    print(f"KILL_SEED={seed}")
    chance, world = random.Random(seed), a_world(pace=Pace(webhook_timeout=20, webhook_retry=0.05))
    people = [
        Somebody(Told(f"{SMOKE}（第 {n + 1} 封）"), Phone(world, world.bot(RESIDENT_TOKEN))) for n in range(RESIDENTS)
    ]
    workers = [Phone(world, world.bot(STAFF_TOKEN), name) for name in WORKERS]
    async with asyncio.timeout(size(600, 5400)), simulator_running(world) as api, town(folder, api, chance) as here:
        await here.open()
        await bind(here, workers)
        async with asyncio.TaskGroup() as tasks:
            ending = tasks.create_task(end_again_and_again(here, world, chance))
            working = tasks.create_task(sign_and_call(workers))
            await everybody_tells(people)
            await ending
            working.cancel()
        await asyncio.to_thread(wait_until_quiet, folder)
        await until(lambda: unsent(folder) == 0, "every line is sent", PATIENCE)
        assert here.program is not None and here.program.stop() == 0
        faults, twice, counts = await asyncio.to_thread(look, folder, people, workers)
    summary = (
        f"killed {here.kills} and stopped {here.stops} times (seed {seed}), {counts['cases']} filed, "
        f"{counts['signed']} signed by a button, {counts['lines']} lines sent, {twice} read twice, "
        f"{time.monotonic() - begun:.0f} s"
    )
    record_property("tried", f"{here.kills} kills and {here.stops} stops, {RESIDENTS} people in Telegram")
    record_property("reached", f"{len(faults)} lost or doubled, {twice} lines read twice")
    with capsys.disabled():
        print(f"\n{summary}")
    assert faults == [], summary
    assert twice <= here.kills * AT_ONCE, summary
    assert (here.kills, here.stops, counts["cases"]) == (KILLS, STOPS, RESIDENTS)
    assert counts["signed"] > RESIDENTS / 10, "the staff did too little to say anything"


async def bind(here: Town, workers: list[Phone]) -> None:
    """Each opens the link their page gives them."""
    async with wire(here.url) as line:
        for name, phone in zip(WORKERS, workers, strict=True):
            official = await Official(line.own(), name, Ledger()).sign_in(PASSWORD)
            url = (await official.patient.send("POST", "/api/staff/binding")).json()["url"]
            phone.start(url.partition("start=")[2])
    for phone in workers:
        await until(lambda p=phone: p.lines, "the chat is bound", PATIENCE)


async def end_again_and_again(here: Town, world: World, chance: random.Random) -> None:
    """Most when so many lines were sent: each resident is sent three at least."""

    def sent() -> int:
        return sum(call["method"].startswith("send") and call["ok"] for call in world.calls)

    moments = sorted(chance.sample(range(sent() + 5, RESIDENTS * 3), KILLS + STOPS))
    stops = chance.sample(range(len(moments)), STOPS)
    for n, moment in enumerate(moments):
        while sent() < moment:
            await asyncio.sleep(0.005)
        await asyncio.sleep(chance.uniform(0, 0.05))
        await here.end(kill=n not in stops)
        await here.open()


async def everybody_tells(people: list[Somebody]) -> None:
    turn, code = asyncio.Semaphore(TALKING), sign("B0103", Keys(SECRET).places)

    async def one(somebody: Somebody) -> None:
        async with turn:
            await somebody.tell(code)

    async with asyncio.TaskGroup() as tasks:
        for somebody in people:
            tasks.create_task(one(somebody))


async def sign_and_call(workers: list[Phone]) -> None:
    """Whatever a card offers first, once for each state it shows."""
    done = set[tuple[int, int, str]]()
    while True:
        for phone in workers:
            for line in phone.lines:
                label = next((label for label in ("签收", "已联系居民") if label in phone.buttons(line)), None)
                if label and (phone.user.id, line.id, label) not in done:
                    done.add((phone.user.id, line.id, label))
                    phone.press_now(label, line)
        await asyncio.sleep(0.5)


def unsent(folder: Path) -> int:
    waiting = "channel <> '' AND sent_at IS NULL AND failed_at IS NULL"
    with database(folder) as connection:
        counts = [f"(SELECT count(*) FROM {table} WHERE {waiting})" for table in ("chat_messages", "desk_messages")]
        return int(connection.execute(f"SELECT {' + '.join(counts)}".encode()).fetchone()[0])  # type: ignore[index]


def look(folder: Path, people: list[Somebody], workers: list[Phone]) -> tuple[list[str], int, dict[str, Any]]:
    """What is wrong, how many lines are on a screen twice, and some figures."""
    ledger = Ledger([somebody.told for somebody in people])
    with database(folder) as connection:
        cursor = connection.cursor(row_factory=namedtuple_row)
        rows = Rows(cursor)
        faults = [f"{name}: {fault}" for name in HELD for fault in compare(*CHECKS[name](ledger, rows))]
        found = {
            "chat_messages": rows(SENT.format("chat_messages")),
            "desk_messages": rows(SENT.format("desk_messages")),
        }
        edits = rows("SELECT count(*) AS n FROM desk_messages WHERE edits IS NOT NULL")[0].n
        signed = rows("SELECT count(*) AS n FROM events WHERE kind = 'sign'")[0].n
        refused = rows("SELECT count(*) AS n FROM refused_updates")[0].n
    phones = {("chat_messages", str(s.phone.user.id)): s.phone for s in people}
    phones |= {("desk_messages", str(phone.user.id)): phone for phone in workers}
    shown = sum(len(phone.lines) for phone in phones.values())
    numbered = 0
    for table, sent in found.items():
        for row in sent:
            there = phones[table, row.chat].chat.messages
            faults += [f"line not there: {row}"] * (not row.sent_at or not all(int(n) in there for n in row.external))
            numbered += len(row.external)
    faults += [f"{refused} updates refused"] * bool(refused)
    twice = shown - (numbered - edits)
    counts = {"cases": sum(bool(s.told.number) for s in people), "signed": signed, "lines": numbered}
    return faults, twice, counts
