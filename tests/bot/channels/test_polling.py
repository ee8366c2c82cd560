"""Asking for updates: what is not committed is not confirmed, a slow chat holds up no other, one poller at a time."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot import alone, polling
from bot.channels.base import Channel
from bot.channels.telegram_residents import TelegramResidents
from bot.polling import poll
from bot.reception import Reception
from simulator import acting
from simulator.chats import User
from tests.bot.channels.conftest import Heard, Stage

PATIENCE = 15.0


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "WORST_WAIT", 0.05)
    monkeypatch.setattr(polling, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(alone, "TRY_SECONDS", 0.05)


@pytest.fixture
def poller(
    residents: TelegramResidents, reception_of: Callable[[Channel], Reception], database_url: str
) -> Callable[[], Any]:
    """`async with poller():` somebody polls."""

    @asynccontextmanager
    async def polls() -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(poll(reception_of(residents), residents, database_url))
        try:
            yield task
        finally:
            await stopped(task)

    return polls


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.02)


def say(stage: Stage, text: str, user: User | None = None) -> None:
    user = user or stage.user
    stage.bot.known.add(user.id)
    acting.say(stage.world, stage.world.private_chat(stage.bot, user), user, text)


def pending(stage: Stage) -> list[str]:
    return [item.update["message"]["text"] for item in stage.bot.updates.waiting()]


def polled(stage: Stage) -> int:
    return stage.bot.updates.asked


async def test_confirmed_only_after_it_is_taken_in(poller: Any, stage: Stage, heard: Heard) -> None:
    heard.holds[str(stage.user.id)] = asyncio.Event()
    say(stage, "一")
    async with poller():
        await until(lambda: heard.tries)
        await asyncio.sleep(0.3)
        assert (pending(stage), heard.texts, heard.tries) == (["一"], [], 1)
        heard.holds[str(stage.user.id)].set()
        await until(lambda: not pending(stage))
        assert heard.texts == ["一"]


async def test_a_slow_chat_holds_up_no_other(poller: Any, stage: Stage, heard: Heard) -> None:
    others = [stage.world.add_user(name) for name in ("秀英", "建国")]
    heard.holds[str(stage.user.id)] = asyncio.Event()
    async with poller():
        say(stage, "慢一")
        say(stage, "慢二")
        for n in range(120):  # more than one answer of the messenger holds
            say(stage, f"快{n}", others[n % 2])
            if n % 40 == 0:
                await asyncio.sleep(0.1)
        await until(lambda: len(heard.texts) >= 98)
        assert pending(stage)[0] == "慢一"
        heard.holds[str(stage.user.id)].set()
        await until(lambda: not pending(stage))
    assert (len(heard.texts), sorted(heard.texts)) == (122, sorted({*heard.texts}))
    assert [text for text in heard.texts if text.startswith("慢")] == ["慢一", "慢二"]


async def test_it_rests_while_nothing_new_comes(poller: Any, stage: Stage, heard: Heard) -> None:
    heard.holds[str(stage.user.id)] = asyncio.Event()
    say(stage, "慢")
    async with poller():
        await until(lambda: heard.tries)
        before = polled(stage)
        await asyncio.sleep(1)
        assert polled(stage) - before <= 1 / polling.LOOK_SECONDS + 1
        heard.holds[str(stage.user.id)].set()


async def test_the_second_waits_and_takes_over(poller: Any, stage: Stage, heard: Heard) -> None:
    async with poller() as first:
        await until(lambda: stage.bot.updates.poll)
        async with poller():
            say(stage, "一")
            await until(lambda: heard.texts == ["一"])
            await asyncio.sleep(0.2)
            assert stage.bot.updates.ended == 0, "two polled at once"
            await stopped(first)
            say(stage, "二")
            await until(lambda: heard.texts == ["一", "二"])


@pytest.mark.parametrize("kind", ["429", "500", "reset"])
async def test_goes_on_after_trouble(poller: Any, stage: Stage, heard: Heard, kind: str) -> None:
    stage.world.faults.plan(kind=kind, method="getUpdates", count=3, retry_after=1)
    say(stage, "一")
    async with poller():
        await until(lambda: heard.texts == ["一"])


async def test_waits_while_a_stranger_polls(
    poller: Any, stage: Stage, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another installation with our token: each ends the other's poll, and nothing is lost by it."""
    monkeypatch.setattr(polling, "WORST_WAIT", 0.5)
    other = TelegramResidents(stage.bot.token, stage.address)
    async with poller():
        await until(lambda: stage.bot.updates.poll)
        await other.updates(None, 0)
        say(stage, "一")
        await until(lambda: heard.texts == ["一"])
    assert stage.bot.updates.ended
    await other.close()


async def test_a_webhook_left_by_somebody_is_waited_out(
    poller: Any, residents: TelegramResidents, stage: Stage, heard: Heard
) -> None:
    async with poller():
        await stage_hook(stage)
        await asyncio.sleep(0.2)
        await residents.open(None)
        say(stage, "一")
        await until(lambda: heard.texts == ["一"])


async def stage_hook(stage: Stage) -> None:
    from bot.channels.base import Hook

    other = TelegramResidents(stage.bot.token, stage.address)
    await other.open(Hook("http://127.0.0.1:9/nobody", "s"))
    await other.close()


async def test_stopping_lets_what_is_under_way_end(poller: Any, stage: Stage, heard: Heard) -> None:
    heard.holds[str(stage.user.id)] = asyncio.Event()
    say(stage, "一")
    async with poller() as task:
        await until(lambda: heard.tries)
        task.cancel()
        await asyncio.sleep(0.1)
        assert not task.done()
        heard.holds[str(stage.user.id)].set()
        await asyncio.wait([task], timeout=2)
        assert task.done()
    assert heard.texts == ["一"]


async def test_stopping_does_not_wait_for_ever(
    poller: Any, stage: Stage, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "STOP_SECONDS", 0.2)
    heard.holds[str(stage.user.id)] = asyncio.Event()
    say(stage, "一")
    async with poller() as task:
        await until(lambda: heard.tries)
        task.cancel()
        await asyncio.wait([task], timeout=2)
        assert task.done()
    assert (heard.texts, pending(stage)) == ([], ["一"])


async def test_one_that_cannot_be_taken_is_asked_for_again(
    poller: Any, stage: Stage, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the database went away while a refused one was to be kept."""
    from bot.reception import Again

    take, failed = Reception.take, list[int]()

    async def unlucky(self: Reception, raw: Any, *, patient: bool = False) -> None:
        if len(failed) < 2:
            failed.append(raw["update_id"])
            raise Again("away", away=True)
        await take(self, raw, patient=patient)

    monkeypatch.setattr(Reception, "take", unlucky)
    say(stage, "一")
    async with poller():
        await until(lambda: heard.texts == ["一"])
        await until(lambda: not pending(stage))
