"""Faults on order and the real limits, as both libraries meet them."""

import asyncio
import time
from typing import Any

import aiogram.exceptions
import httpx
import pytest
import telegram.error

from simulator.errors import Refused
from simulator.limits import Limits
from tests.simulator.conftest import Stage
from tests.simulator.kits import refusal

NETWORK = (aiogram.exceptions.TelegramNetworkError, telegram.error.NetworkError)


async def order(stage: Stage, **fault: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=stage.address, trust_env=False, verify=False) as http:
        return await http.post("/sim/faults", json=fault)


async def test_429_for_the_next_two(kit: Any, stage: Stage) -> None:
    await order(stage, kind="429", method="sendMessage", count=2, retry_after=7)
    said = [await refusal(kit.bot.send_message(stage.user.id, "一")) for _ in range(3)]
    assert said == ["retry after 7", "retry after 7", "nothing refused"]
    assert [call["fault"] for call in stage.world.calls if call["method"] == "sendmessage"] == ["429", "429", ""]


async def test_403_for_one_chat(kit: Any, stage: Stage) -> None:
    await order(stage, kind="403", chat=stage.user.id)
    assert await refusal(kit.bot.send_message(stage.user.id, "一")) == "bot was blocked by the user"
    await kit.bot.send_message(stage.user.id, "二")


async def test_500(kit: Any, stage: Stage) -> None:
    await order(stage, kind="500")
    with pytest.raises((aiogram.exceptions.TelegramServerError, telegram.error.NetworkError)):
        await kit.bot.send_message(stage.user.id, "一")
    assert len(stage.chat.messages) == 1


@pytest.mark.parametrize("after", [False, True], ids=["nothing done", "done, answer lost"])
@pytest.mark.parametrize("kind", ["timeout", "reset"])
async def test_lost(client: Any, stage: Stage, kind: str, after: bool) -> None:
    for name in ("aiogram", "ptb"):
        kit = await client(name, seconds=1.0)
        before = len(stage.chat.messages)
        await order(stage, kind=kind, after=after)
        started = time.monotonic()
        with pytest.raises(NETWORK):
            await kit.bot.send_message(stage.user.id, "一")
        assert len(stage.chat.messages) == before + after
        assert kind != "timeout" or time.monotonic() - started >= 0.9
        await kit.bot.send_message(stage.user.id, "二")


async def test_a_share_of_the_calls(kit: Any, stage: Stage) -> None:
    await order(stage, kind="500", share=0.3, method="sendMessage")
    results = await asyncio.gather(
        *(kit.bot.send_message(stage.user.id, "一") for _ in range(100)), return_exceptions=True
    )
    assert 15 <= sum(isinstance(result, Exception) for result in results) <= 45
    async with httpx.AsyncClient(base_url=stage.address, trust_env=False, verify=False) as http:
        assert len((await http.get("/sim/faults")).json()) == 1
        await http.delete("/sim/faults")
        assert (await http.get("/sim/faults")).json() == []
        assert (await http.post("/sim/faults", json={"kind": "flood"})).status_code == 400


async def test_polling_is_hit_only_by_name(kit: Any, stage: Stage) -> None:
    await order(stage, kind="500")
    await kit.bot.get_updates()
    assert len(stage.world.faults.planned) == 1
    await order(stage, kind="429", method="getUpdates", retry_after=2)
    assert await refusal(kit.bot.get_updates()) == "retry after 2"


async def test_limits_through_the_door(kit: Any, stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=stage.address, trust_env=False, verify=False) as http:
        await http.post("/sim/limits", json={"on": True})
    said = [await refusal(kit.bot.send_message(stage.user.id, "一")) for _ in range(4)]
    assert said == ["nothing refused"] * 3 + ["retry after 1"]


def sent_until_refused(limits: Limits, chats: list[int]) -> tuple[int, int]:
    for count, chat in enumerate(chats):
        try:
            limits.spend(1, chat)
        except Refused as refused:
            return count, refused.parameters["retry_after"]
    return len(chats), 0


def test_thirty_a_second_for_a_bot() -> None:
    now = [0.0]
    limits = Limits(now=lambda: now[0])
    assert sent_until_refused(limits, list(range(1, 100))) == (30, 1)
    now[0] += 1
    assert sent_until_refused(limits, list(range(101, 200))) == (30, 1)


def test_one_a_second_to_a_person_after_a_short_burst() -> None:
    now = [0.0]
    limits = Limits(now=lambda: now[0])
    assert sent_until_refused(limits, [5] * 9) == (3, 1)
    now[0] += 1
    assert sent_until_refused(limits, [5] * 9) == (1, 1)


def test_twenty_a_minute_to_a_group() -> None:
    now = [0.0]
    limits = Limits(now=lambda: now[0])
    assert sent_until_refused(limits, [-5] * 30) == (20, 3)
    now[0] += 60
    assert sent_until_refused(limits, [-5] * 30) == (20, 3)


def test_an_album_counts_as_its_pictures() -> None:
    limits = Limits(now=lambda: 0.0)
    limits.spend(1, -5, 10)
    limits.spend(1, -5, 10)
    with pytest.raises(Refused, match="retry after"):
        limits.spend(1, -5)
