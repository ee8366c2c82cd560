"""Updates bent in every way come by the messenger's door: none breaks the program, and honest people are heard (I1)."""

import asyncio
import copy
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from app.bots import hook_secret
from models import RefusedUpdate
from tests.support.clock import Clock
from tests.support.databases import ROOT
from tests.support.promises import size
from tests.support.telegram import Telegram, telegram_running, until

UPDATES = size(2_000, 10_000)
AT_ONCE = 8
FINE = {200, 400}
FILES = sorted((ROOT / "tests/payloads/telegram").glob("*.json"))
STRANGERS = ("71000000", "99000000")  # their numbers are nobody's of the simulator
PAYLOADS = [json.loads(path.read_text("utf-8").replace(*STRANGERS)) for path in FILES]
STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 2**200, 1e308, "",
    "\0", "\ud800", "‮倒着", "a" * 5_000, "👨‍👩‍👧", "'; drop table cases --",
    [], {}, [[]], {"id": []}, "<script>", "/start " + "x" * 300, [None] * 50,
)  # fmt: skip


@pytest.mark.promise("I1")
async def test_bent_updates_break_nothing(
    town_url: str, tmp_path: Path, clock: Clock, record_property: Callable[..., None]
) -> None:
    chance = random.Random(20261122)
    async with telegram_running(town_url, tmp_path, clock, mode="webhook") as telegram:
        await until(lambda: telegram.residents.hook, "the webhook is set")
        answers = await bring(telegram, [bent(chance, n) for n in range(UPDATES)])
        phone = telegram.resident("桂兰")
        phone.start(telegram.site.code("B0103"))
        await phone.hears("小枫")
        async with telegram.site.parts.sessions() as session:
            refused = (await session.exec(select(RefusedUpdate))).all()
    taken, bad = answers[200], sum(answers.values()) - answers[200]
    record_property("tried", f"{UPDATES} updates with parts changed, dropped or exchanged")
    record_property("reached", f"{taken} taken, of which {len(refused)} kept with why they are not done; {bad} refused")
    assert set(answers) <= FINE, answers
    assert all(row.reason and row.sealed for row in refused)


def bent(chance: random.Random, number: int) -> Any:
    """A real update with one to four places of it changed, dropped or exchanged."""
    update = copy.deepcopy(chance.choice(PAYLOADS))
    for _ in range(chance.randint(1, 4)):
        holder, key = chance.choice(list(places(update)))
        how = chance.random()
        if how < 0.2:
            del holder[key]
        elif how < 0.4:
            other, at = chance.choice(list(places(update)))
            holder[key] = copy.deepcopy(other[at]) if other is not holder else None
        else:
            holder[key] = copy.deepcopy(chance.choice(STRANGE))
        if not isinstance(update, dict) or not update:
            break
    if chance.random() < 0.9:
        update["update_id"] = 900_000_000 + number
    return update


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of it that could hold something else."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)


async def bring(telegram: Telegram, updates: list[Any]) -> Counter[int]:
    """By the door, as the messenger does: what is to come again comes again."""
    parts, answers = telegram.site.parts, Counter[int]()
    door = f"{parts.settings.site_url}/hooks/telegram"
    headers = {
        "X-Telegram-Bot-Api-Secret-Token": hook_secret(parts.settings, parts.keys),
        "content-type": "application/json",
    }
    waiting = iter(updates)
    async with httpx.AsyncClient(timeout=60, headers=headers, trust_env=False) as http:

        async def some() -> None:
            for update in waiting:
                body = json.dumps(update)
                while (answer := await http.post(door, content=body)).status_code == 503:
                    await asyncio.sleep(0.05)
                answers[answer.status_code] += 1

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return answers
