"""A notice to very many chats within Telegram's limits, and now and then a refusal with a time to wait: nobody is told
early, nobody is left out, and who has to wait holds up no other (R5)."""

from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.promises import size
from tests.support.telegram import a_world, telegram_running, until

CHATS = size(50, 2_000)
SHARE, WAIT = 0.05, 3  # of sends refused with so many seconds to wait
A_SECOND, BURST = 30, 30
PATIENCE = size(30.0, 600.0)


@pytest.mark.promise("R5")
async def test_a_notice_to_very_many(
    town_url: str, tmp_path: Path, clock: Clock, record_property: Callable[..., None]
) -> None:
    world = a_world(limits=True)
    async with telegram_running(
        town_url, tmp_path, clock, world=world, keeps_pace=True, telegram_staff_token=None
    ) as telegram:
        phones = [telegram.resident(f"居民{n}") for n in range(CHATS)]
        for phone in phones:
            phone.start()
        await until(lambda: all(phone.lines for phone in phones), "all are greeted", PATIENCE)
        world.calls.clear()
        world.faults.plan(kind="429", method="sendMessage", share=SHARE, retry_after=WAIT)
        await telegram.tell(*(str(phone.user.id) for phone in phones))
        await until(lambda: all(len(phone.lines) == 2 for phone in phones), "all are told", PATIENCE)
        await telegram.settle()
    calls = [call for call in world.calls if call["method"] == "sendmessage"]
    told_to_wait = [call for call in calls if call["fault"]]
    lasted, fastest = calls[-1]["at"] - calls[0]["at"], most_in_a_second(calls)
    record_property("tried", f"{CHATS} chats, {len(told_to_wait)} refusals with {WAIT} s to wait")
    record_property("reached", f"none lost, none early, {fastest} in the busiest second, {lasted:.0f} s")
    assert told_to_wait and [call["error"] for call in calls if not call["ok"] and not call["fault"]] == []
    assert early(calls) == []
    assert fastest <= A_SECOND + BURST
    assert [len(phone.lines) for phone in phones] == [2] * CHATS
    last_untroubled = max(call["at"] for call in calls if call["chat"] not in {c["chat"] for c in told_to_wait})
    assert last_untroubled - calls[0]["at"] < CHATS / 20 + 3, "some waited for others"


def early(calls: list[dict[str, Any]]) -> list[str]:
    """Tries of a chat before its wait was over."""
    chats = defaultdict[int, list[dict[str, Any]]](list)
    for call in calls:
        chats[call["chat"]].append(call)
    return [
        f"{chat}: after {then['at'] - now['at']:.2f} s"
        for chat, tries in chats.items()
        for now, then in pairwise(tries)
        if now["fault"] and then["at"] - now["at"] < WAIT
    ]


def most_in_a_second(calls: list[dict[str, Any]]) -> int:
    at, first, most = [call["at"] for call in calls], 0, 0
    for n, when in enumerate(at):
        while when - at[first] > 1:
            first += 1
        most = max(most, n - first + 1)
    return most
