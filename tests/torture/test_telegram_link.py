"""The line between program and Telegram breaks, falters and goes dead while people tell their complaints: nobody's is
lost or filed twice, and a line is read twice only where Telegram took it and its answer got lost (R6)."""

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from bot import polling, sender
from bot.channels import telegram_texts
from models import Case, ChatMessage, RefusedUpdate
from simulator.server import running as simulator_running
from tests.contract.conftest import WAYS, Way
from tests.support.clock import Clock
from tests.support.promises import SOAK, size
from tests.support.proxy import Harm, Proxy
from tests.support.telegram import Phone, Telegram, a_world, program, until

PEOPLE, AT_ONCE = size(12, 60), 12
LASTS = size(4.0, 120.0)  # seconds of broken sends, at least
SHARE = 0.3  # of sends in trouble
DEAD = size(2.0, 15.0)
PATIENCE = size(60.0, 1500.0)  # a line that failed six times in a row goes again after 18 minutes in all
LETTER = "有件事情想反映一下，不知道归哪里管，第 {} 封"
SPREAD = (Harm.BEFORE, Harm.HALF, Harm.UNANSWERED)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the small form nobody waits long for an answer, and a line that failed goes again soon."""
    if not SOAK:
        for place, name, value in (
            (telegram_texts, "CALL_SECONDS", 2),
            (telegram_texts, "IDLE_POLL_SECONDS", 2),
            (polling, "LONG_POLL_SECONDS", 1.0),
            (polling, "WORST_WAIT", 1.0),
            (sender, "LONGEST_WAIT", 1.0),
        ):
            monkeypatch.setattr(place, name, value)


@pytest.mark.promise("R6")
@pytest.mark.parametrize("way", WAYS if SOAK else [WAYS[0], WAYS[3]], ids=str)
async def test_on_a_bad_line(
    way: Way, town_url: str, tmp_path: Path, clock: Clock, hurried: None, record_property: Callable[..., None]
) -> None:
    world, chance, begun = a_world(), random.Random(20261123), time.monotonic()
    async with (
        simulator_running(world) as address,
        Proxy(address.partition("//")[2]).running() as line,
        program(town_url, tmp_path, clock, world, line.url, **way.given) as telegram,
    ):
        telegram.site.thinks("其他", action="hold")  # nobody is asked whether neighbours told the same
        if way.mode == "webhook":
            await until(lambda: telegram.residents.hook, "the webhook is set")
        phones = [telegram.resident(f"居民{n}") for n in range(PEOPLE)]
        telling = asyncio.create_task(everybody(telegram, phones))
        failed = await trouble(telegram, line, chance)
        await telling
        while time.monotonic() - begun < LASTS:  # the long run: as many sends as two minutes take
            await telegram.tell(*(str(phone.user.id) for phone in phones))
            await asyncio.sleep(1)
        line.spoil = lambda piece, there: Harm.NONE
        world.faults.planned.clear()
        await until_sent(telegram)
        faults, twice = await look(telegram, phones)
    harms = ", ".join(f"{count} × {harm}" for harm, count in sorted(line.harmed.items()))
    record_property("tried", f"{way}: {PEOPLE} people; {harms}; refused, slow, cut, dead")
    unheard = line.harmed[Harm.UNANSWERED] + line.harmed[Harm.HALF] + failed
    record_property("reached", f"{len(faults)} lost, {twice} lines read twice, {unheard} answers lost at most")
    assert faults == [], harms
    assert twice <= unheard, harms
    assert all(line.harmed[harm] for harm in SPREAD), harms


async def everybody(telegram: Telegram, phones: list[Phone]) -> None:
    turn, code = asyncio.Semaphore(AT_ONCE), telegram.site.code("B0103")

    async def one(n: int, phone: Phone) -> None:
        phone.patience = PATIENCE
        async with turn:
            phone.start(code)
            await phone.hears("您在丹桂苑 3 栋")
            phone.say(LETTER.format(n))
            await phone.press("提交")
            await phone.hears("查询码")

    async with asyncio.TaskGroup() as tasks:
        for n, phone in enumerate(phones):
            tasks.create_task(one(n, phone))


async def trouble(telegram: Telegram, line: Proxy, chance: random.Random) -> int:
    """One kind after the other, and broken sends to the end. How many answers the last kinds may have lost."""

    def spoil(piece: bytes, there: bool) -> Harm:
        """Of what is sent to the messenger; its answers are cut in half now and then."""
        if there and b"/send" in piece[:200].lower():
            return chance.choice(SPREAD) if chance.random() < SHARE else Harm.NONE
        return Harm.HALF if not there and len(piece) > 100 and chance.random() < SHARE / 6 else Harm.NONE

    line.spoil = spoil
    for kind, after in (("500", False), ("timeout", False), ("timeout", True), ("reset", True)):
        telegram.world.faults.plan(
            kind=kind, method="sendMessage", after=after, seconds=telegram_texts.CALL_SECONDS + 1
        )
    unheard = 2  # of those four
    line.delay = 0.1
    await asyncio.sleep(DEAD)
    line.delay, line.refuses = 0.0, True
    unheard += line.cut()
    await asyncio.sleep(DEAD)
    line.refuses = False
    await asyncio.sleep(DEAD)
    return unheard + line.lose(DEAD)


async def until_sent(telegram: Telegram) -> None:
    await telegram.site.settle()
    end = time.monotonic() + PATIENCE
    while await telegram.site.unsent():
        assert time.monotonic() < end, "lines are still unsent"
        await asyncio.sleep(0.1)


async def look(telegram: Telegram, phones: list[Phone]) -> tuple[list[str], int]:
    """What is lost or filed twice, and how many lines are on a screen more often than they were said."""
    async with telegram.site.parts.sessions() as session:
        texts = sorted((await session.exec(select(Case.text))).all())
        rows = (await session.exec(select(ChatMessage).where(ChatMessage.channel == "telegram"))).all()
        refused = (await session.exec(select(RefusedUpdate))).all()
    faults = [f"cases: {texts}"] * (texts != sorted(LETTER.format(n) for n in range(PEOPLE)))
    faults += [f"refused: {row.reason}" for row in refused]
    by_chat = {str(phone.user.id): phone for phone in phones}
    sent = 0
    for row in rows:
        there = by_chat[row.chat].chat.messages
        faults += [f"line not there: {row.id}"] * (not row.sent_at or not all(int(n) in there for n in row.external))
        sent += len(row.external)
    return faults, sum(len(phone.lines) for phone in phones) - sent
