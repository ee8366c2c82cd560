"""Every update three times, shuffled, all at once: one case and one answer each, as if it had come once (R4)."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlmodel import func, select

from app.bots import hook_secret
from models import Case, RefusedUpdate
from simulator.server import running as simulator_running
from tests.support.clock import Clock
from tests.support.promises import size
from tests.support.telegram import Telegram, a_door, a_world, program, until

PEOPLE, COPIES = size(50, 230), 3
SMOKE = "楼下烧烤店油烟太大，天天到半夜"


@pytest.mark.promise("R4")
async def test_each_update_three_times_in_any_order(
    town_url: str, tmp_path: Path, clock: Clock, record_property: Callable[..., None]
) -> None:
    world, chance, sent = a_world(), random.Random(1), 0
    with a_door() as door:
        async with (
            simulator_running(world) as address,
            program(town_url, tmp_path, clock, world, address, mode="webhook", door=door) as telegram,
        ):
            telegram.site.thinks("其他", action="hold")  # nobody is asked whether neighbours told the same
            await until(lambda: telegram.residents.hook, "the webhook is set")
            assert telegram.residents.hook
            await telegram.residents.hook.stop()  # from here on we are the messenger
            phones = [telegram.resident(f"居民{n}") for n in range(PEOPLE)]
            for phone in phones:
                phone.start(telegram.site.code("B0103"))
            sent += await deliver(telegram, chance)
            for phone in phones:
                await phone.hears("您在丹桂苑 3 栋")
                phone.say(SMOKE)
            sent += await deliver(telegram, chance)
            for phone in phones:
                await phone.press("提交")
            sent += await deliver(telegram, chance)
            for phone in phones:
                await phone.hears("查询码")
            await telegram.settle()
            async with telegram.site.parts.sessions() as session:
                cases = (await session.exec(select(func.count()).select_from(Case))).one()
                refused = (await session.exec(select(func.count()).select_from(RefusedUpdate))).one()
    lines = [len(phone.lines) for phone in phones]
    record_property("tried", f"{sent} updates: each of {PEOPLE} people's three {COPIES} times, shuffled, 40 at once")
    record_property("reached", f"{cases - PEOPLE} cases too many, {sum(lines) - 3 * PEOPLE} answers too many")
    assert (sent, cases, refused) == (3 * PEOPLE * COPIES, PEOPLE, 0)
    assert lines == [3] * PEOPLE


async def deliver(telegram: Telegram, chance: random.Random) -> int:
    """All that waits, each so many times, until each is taken; how many were."""
    updates, parts = telegram.residents.updates, telegram.site.parts
    waiting = [item.update for item in updates.waiting()] * COPIES
    updates.pending.clear()
    chance.shuffle(waiting)
    door = f"{parts.settings.site_url}/hooks/telegram"
    headers = {"X-Telegram-Bot-Api-Secret-Token": hook_secret(parts.settings, parts.keys)}
    limits = httpx.Limits(max_connections=40)
    async with httpx.AsyncClient(timeout=60, limits=limits, headers=headers, trust_env=False) as http:

        async def bring(update: dict[str, object]) -> None:
            answer = await http.post(door, json=update)
            while answer.status_code == 503:
                await asyncio.sleep(0.05)
                answer = await http.post(door, json=update)
            assert answer.status_code == 200, answer.text

        await asyncio.gather(*(bring(update) for update in waiting))
    return len(waiting)
