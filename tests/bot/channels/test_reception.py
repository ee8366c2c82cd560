"""What is taken in, in which order; what comes again; what is kept as refused."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from app.database import Sessions
from bot import reception as module
from bot.channels.base import Channel, ChannelError
from bot.channels.telegram_residents import TelegramResidents
from bot.reception import Again, NoUpdate, Reception
from models import RefusedUpdate
from tests.bot.channels.conftest import KEYS, Heard

AWAY = OperationalError("select", {}, psycopg.OperationalError("gone"))


def message(number: int, text: str = "灯坏了", chat: int = 710000001) -> dict[str, Any]:
    who = {"id": chat, "first_name": "桂兰"}
    body = {"message_id": number, "date": 1763712000, "chat": who | {"type": "private"}, "text": text}
    return {"update_id": number, "message": body | {"from": who | {"is_bot": False}}}


def press(number: int) -> dict[str, Any]:
    sender = {"id": 710000001, "first_name": "桂兰", "is_bot": False}
    return {"update_id": number, "callback_query": {"id": "q1", "from": sender, "chat_instance": "1", "data": "t1"}}


class Channel_(TelegramResidents):
    """Answers nobody: it writes down what it would say."""

    def __init__(self) -> None:
        super().__init__("7000000001:for-tests-only")
        self.answers = list[tuple[str, str]]()
        self.menus = list[tuple[str, str]]()

    async def answer(self, query: str, text: str = "") -> None:
        self.answers.append((query, text))

    async def menu(self, chat: str, locale: str) -> None:
        self.menus.append((chat, locale))


@pytest.fixture
def channel() -> Channel_:
    return Channel_()


@pytest.fixture
def reception(channel: Channel_, reception_of: Callable[[Channel], Reception]) -> Reception:
    return reception_of(channel)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSES", (0.01,))


async def refused(sessions: Sessions) -> Mapping[str, tuple[str, Any]]:
    """What is kept: key → reason and the update, opened."""
    async with sessions() as session:
        rows = await session.exec(select(RefusedUpdate))
        return {row.key: (row.reason, json.loads(KEYS.open(row.sealed))) for row in rows}


async def test_taken_in_and_a_press_is_answered(reception: Reception, channel: Channel_, heard: Heard) -> None:
    await reception.take(message(1))
    await reception.take(press(2))
    assert [(arrival.key, arrival.text, arrival.choice) for arrival in heard.arrivals] == [
        ("1", "灯坏了", ""), ("2", "", "t1")
    ]  # fmt: skip
    assert channel.answers == [("q1", "知道了")]


async def test_who_starts_with_traditional_characters_gets_a_menu_of_their_own(
    reception: Reception, channel: Channel_
) -> None:
    for number, (text, language) in enumerate([("/start", "zh-hant"), ("/start", "zh-hans"), ("在嗎", "zh-hant")]):
        raw = message(number, text)
        raw["message"]["from"]["language_code"] = language
        await reception.take(raw)
    assert channel.menus == [("710000001", "zh-Hant")]


async def test_a_chat_keeps_its_order_and_holds_up_no_other(reception: Reception, heard: Heard) -> None:
    heard.holds["1"] = asyncio.Event()
    slow = [asyncio.create_task(reception.take(message(n, f"慢{n}", chat=1))) for n in range(3)]
    await asyncio.sleep(0.01)
    await reception.take(message(9, "快", chat=2))
    assert (heard.texts, heard.most_at_once) == (["快"], 2)
    heard.holds["1"].set()
    await asyncio.gather(*slow)
    assert heard.texts == ["快", "慢0", "慢1", "慢2"]
    assert reception._lanes == {}


async def test_so_many_at_once_and_no_more(reception: Reception, heard: Heard) -> None:
    heard.holds = {str(chat): asyncio.Event() for chat in range(40)}
    tasks = [asyncio.create_task(reception.take(message(n, chat=n))) for n in range(40)]
    await asyncio.sleep(0.05)
    assert heard.at_once == module.AT_ONCE
    for hold in heard.holds.values():
        hold.set()
    await asyncio.gather(*tasks)
    assert len(heard.arrivals) == 40


async def test_a_crowd_at_the_door_is_told_to_come_again(
    reception: Reception, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING_MOST", 2)
    heard.holds["1"] = asyncio.Event()
    tasks = [asyncio.create_task(reception.take(message(n, chat=1))) for n in range(2)]
    await asyncio.sleep(0.01)
    with pytest.raises(Again):
        await reception.take(message(3, chat=3))
    heard.holds["1"].set()
    await asyncio.gather(*tasks)


async def test_its_own_fault_is_tried_three_times_and_kept_sealed(
    reception: Reception, heard: Heard, sessions: Sessions
) -> None:
    heard.troubles = [KeyError("王桂兰 13800001234")] * 3
    await reception.take(message(5, "王桂兰 13800001234 \ud83d"))
    [(reason, raw)] = (await refused(sessions)).values()
    assert (heard.tries, heard.arrivals, raw["message"]["text"]) == (3, [], "王桂兰 13800001234 \ud83d")
    assert reason.startswith("KeyError at conftest.py:")
    assert "138" not in reason
    async with sessions() as session:
        [row] = await session.exec(select(RefusedUpdate))
        assert b"138" not in row.sealed
        assert (row.channel, row.receiver, row.key) == ("telegram", "7000000001", "5")


async def test_what_works_at_the_second_try_is_taken(reception: Reception, heard: Heard, sessions: Sessions) -> None:
    heard.troubles = [KeyError(), KeyError()]
    await reception.take(message(5))
    assert (heard.texts, await refused(sessions)) == (["灯坏了"], {})


@pytest.mark.parametrize("trouble", [AWAY, ChannelError("no answer")], ids=["database", "network"])
async def test_what_it_cannot_help_comes_again(
    reception: Reception, heard: Heard, sessions: Sessions, trouble: Exception
) -> None:
    heard.troubles = [trouble]
    with pytest.raises(Again):
        await reception.take(message(5))
    assert await refused(sessions) == {}
    heard.troubles = [trouble] * 5
    await reception.take(message(5), patient=True)
    assert heard.texts == ["灯坏了"]


async def test_the_database_is_waited_for_however_long_the_network_is_not(
    reception: Reception, heard: Heard, sessions: Sessions
) -> None:
    heard.troubles = [AWAY] * (module.NETWORK_TRIES + 5)
    await reception.take(message(5), patient=True)
    heard.troubles = [ChannelError("no answer")] * module.NETWORK_TRIES
    await reception.take(message(6), patient=True)
    assert (heard.texts, {key: reason for key, (reason, _) in (await refused(sessions)).items()}) == (
        ["灯坏了"], {"6": "no answer"}
    )  # fmt: skip


async def test_asking_too_much_of_the_database_is_its_own_fault(
    reception: Reception, heard: Heard, sessions: Sessions
) -> None:
    heard.troubles = [OperationalError("insert", {}, psycopg.errors.ProgramLimitExceeded())] * 3
    await reception.take(message(5))
    assert set(await refused(sessions)) == {"5"}


async def test_one_that_hangs_is_its_own_fault_while_the_database_answers(
    reception: Reception, heard: Heard, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TAKE_SECONDS", 0.3)
    heard.holds["710000001"] = asyncio.Event()
    await reception.take(message(5))
    assert set(await refused(sessions)) == {"5"}


async def test_what_is_no_update_is_kept_once(reception: Reception, heard: Heard, sessions: Sessions) -> None:
    for _ in range(2):
        await reception.take({"update_id": 8, "message": {"text": "半条"}})
    for nothing in ({}, [], None, "update", {"update_id": True}, {"update_id": -1}, {"update_id": 2**70}):
        with pytest.raises(NoUpdate):
            await reception.take(nothing)
    kept = await refused(sessions)
    assert (len(kept), kept["8"][1]) == (8, {"update_id": 8, "message": {"text": "半条"}})
    assert {reason for key, (reason, _) in kept.items() if key != "8"} == {"no update"}
    assert heard.arrivals == []


async def test_what_concerns_nobody_is_done_with(reception: Reception, heard: Heard, sessions: Sessions) -> None:
    await reception.take({"update_id": 8, "of_a_kind_yet_to_come": {"id": 1}})
    assert (heard.arrivals, await refused(sessions)) == ([], {})
