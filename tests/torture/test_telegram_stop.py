"""Stopped again and again with lines still to bring: each start goes on where the last one ended, and nobody reads
anything twice (R12)."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.server import running as simulator_running
from tests.support.clock import Clock
from tests.support.promises import size
from tests.support.telegram import a_world, program, until

PEOPLE, TIMES, LONGEST = 50, size(10, 20), 5.0
LINES = ("help", "never_mind", "my.none", "lookup.wrong")


@pytest.mark.promise("R12")
async def test_stopped_again_and_again_with_fifty_lines_to_bring(
    town_url: str, tmp_path: Path, clock: Clock, record_property: Callable[..., None]
) -> None:
    world, slowest, left = a_world(), 0.0, list[int]()
    async with simulator_running(world) as address:
        async with program(town_url, tmp_path, clock, world, address) as telegram:
            phones = [telegram.resident() for _ in range(PEOPLE)]
            for phone in phones:
                phone.start()
            await until(lambda: all(phone.lines for phone in phones), "all are greeted")
            chats = [str(phone.user.id) for phone in phones]
        for n in range(TIMES):
            rate = {"telegram_messages_per_second": 40}
            async with program(town_url, tmp_path, clock, world, address, **rate) as telegram:
                await telegram.tell(*chats, key=LINES[n % len(LINES)])
                before = sum(len(phone.lines) for phone in phones)
                some = 5 + n
                await until(lambda: sum(len(p.lines) for p in phones) >= before + some, "some of it is sent")  # noqa: B023
                asked = time.monotonic()
            slowest = max(slowest, time.monotonic() - asked)
            left.append(await telegram.site.unsent())
        async with program(town_url, tmp_path, clock, world, address) as telegram:
            await telegram.settle()
    record_property("tried", f"{TIMES} stops of both bots with {min(left)} to {max(left)} lines left to bring")
    record_property("reached", f"ended within {slowest:.1f} s, nothing read twice")
    assert min(left[:-1]) > 0, f"it had brought all: {left}"
    assert slowest < LONGEST
    assert [len(phone.lines) for phone in phones] == [1 + TIMES] * PEOPLE
