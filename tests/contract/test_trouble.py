"""Trouble on the way to Telegram: one line, sent until it is there, and nobody else waits for it."""

from typing import Any

import pytest

from bot.channels.base import Impossible
from tests.support.telegram import Phone, Telegram, until

HELP = "直接说事情就行"
ONCE, PERHAPS_TWICE = (1,), (1, 2)
TROUBLES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {  # once → how often it is read
    "asked to wait": ({"kind": "429", "retry_after": 1}, ONCE),
    "asked to wait long": ({"kind": "429", "retry_after": 4}, ONCE),
    "server error": ({"kind": "500"}, ONCE),
    "silence": ({"kind": "timeout", "seconds": 0.2}, ONCE),
    "cut off": ({"kind": "reset"}, ONCE),
    "answer lost": ({"kind": "timeout", "seconds": 0.2, "after": True}, PERHAPS_TWICE),
    "cut off after it": ({"kind": "reset", "after": True}, PERHAPS_TWICE),
}


@pytest.mark.promise("R6")
async def test_every_line_gets_there_and_nobody_waits_for_another(telegram: Telegram) -> None:
    world = telegram.world
    troubled, others = {what: await a_phone(telegram) for what in TROUBLES}, [await a_phone(telegram) for _ in range(3)]
    for what, phone in troubled.items():
        world.faults.plan(method="sendMessage", chat=phone.user.id, **TROUBLES[what][0])
    await telegram.tell(*(str(phone.user.id) for phone in (*troubled.values(), *others)))
    await until(lambda: all(len(phone.lines) == 2 for phone in others), "those without trouble have theirs", 3)
    assert not world.faults.planned, "and the trouble has begun"
    await telegram.settle()
    read = {what: len([text for text in phone.texts if HELP in text]) for what, phone in troubled.items()}
    assert {what: times for what, times in read.items() if times not in TROUBLES[what][1]} == {}
    for what in ("asked to wait", "asked to wait long"):
        refused, taken = [call["at"] for call in world.calls if call["chat"] == troubled[what].user.id][-2:]
        assert 0 <= taken - refused - TROUBLES[what][0]["retry_after"] < 2, what


async def test_what_can_never_be_taken_holds_up_nothing_behind_it(telegram: Telegram, monkeypatch: Any) -> None:
    phone = await a_phone(telegram)
    channel, tries = telegram.channel, list[int]()
    send = channel.send

    async def refused_once(out: Any) -> Any:
        tries.append(out.id)
        if len(tries) == 1:
            raise Impossible("Bad Request: message text is empty")
        return await send(out)

    monkeypatch.setattr(channel, "send", refused_once)
    await telegram.tell(str(phone.user.id))
    await telegram.tell(str(phone.user.id), key="never_mind")
    await phone.hears("好的，先不动它")
    await telegram.settle()
    assert len(tries) == len(set(tries)) == 2


async def a_phone(telegram: Telegram) -> Phone:
    phone = telegram.resident()
    phone.start()
    await phone.hears("您好，我是小枫")
    return phone
