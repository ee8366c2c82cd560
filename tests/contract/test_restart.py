"""A program is stopped while it still has lines to bring, or two share the work: nobody reads anything twice."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from simulator.server import running as simulator_running
from tests.contract.conftest import WAYS, Way
from tests.support.clock import Clock
from tests.support.telegram import Phone, Telegram, a_door, a_world, program, until

PEOPLE, RATE = 40, 40  # lines a second


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    given: Way = request.param
    return given


async def test_stopped_with_a_backlog_and_started_again(way: Way, town_url: str, tmp_path: Path, clock: Clock) -> None:
    world, given = a_world(), {**way.given, "telegram_messages_per_second": RATE}
    with a_door() as door:
        given |= {"door": door} if way.mode == "webhook" else {}
        async with simulator_running(world) as address:
            async with program(town_url, tmp_path, clock, world, address, **given) as first:
                phones = [first.resident() for _ in range(PEOPLE)]
                for phone in phones:
                    phone.start()
                await until(lambda: lines(phones) == PEOPLE, "all are greeted")
                for key in ("help", "never_mind"):
                    await first.tell(*(str(phone.user.id) for phone in phones), key=key)
                await until(lambda: lines(phones) > PEOPLE + PEOPLE // 4, "some are told")
            assert lines(phones) < 3 * PEOPLE, "it had brought all: it was not in the middle"
            async with program(town_url, tmp_path, clock, world, address, **given) as second:
                await until(lambda: lines(phones) >= 3 * PEOPLE, "all are told")
                await all_through(second)
    assert [[text[:4] for text in phone.texts] for phone in phones] == [["您好，我", "直接说事", "好的，先"]] * PEOPLE


async def test_two_programs_share_it_and_one_goes_on_alone(
    way: Way, town_url: str, tmp_path: Path, clock: Clock
) -> None:
    world, given = a_world(), {**way.given, "telegram_messages_per_second": RATE}
    with a_door() as door:
        given |= {"door": door} if way.mode == "webhook" else {}
        async with simulator_running(world) as address, AsyncExitStack() as staying:
            async with program(town_url, tmp_path, clock, world, address, **given) as going:
                phones = [going.resident() for _ in range(PEOPLE)]
                phones[0].start()
                await until(lambda: lines(phones) == 1, "the first of the two is at work")
                more = program(town_url, tmp_path, clock, world, address, **given)
                other = await staying.enter_async_context(more)
                for phone in phones[1:]:
                    phone.start()
                await until(lambda: lines(phones) > PEOPLE // 4, "some are answered")
            for phone in phones:
                phone.say("进度")
            await until(lambda: lines(phones) >= 2 * PEOPLE, "the other one goes on")
            await all_through(other)
    assert [len(phone.lines) for phone in phones] == [2] * PEOPLE


def lines(phones: list[Phone]) -> int:
    return sum(len(phone.lines) for phone in phones)


async def all_through(telegram: Telegram) -> None:
    """Nothing waits to be taken in or sent, and a moment for what would come twice."""
    updates: Any = telegram.residents.updates
    await until(lambda: not updates.pending, "all updates are taken")
    await telegram.settle()
    await asyncio.sleep(0.1)
