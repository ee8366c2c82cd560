"""The pace of a bot, counted by the simulator's own limits."""

import asyncio
import time

from bot.pace import Pace
from simulator.limits import Limits


async def test_a_program_that_stood_still_does_not_send_it_all_at_once() -> None:
    """A busy machine: a second and a half go by in one breath while eighty wait for their turn."""
    pace, limits, passed = Pace(), Limits(), list[int]()

    async def speak(chat: int) -> None:
        await pace.of_chat(str(chat))
        await pace.of_all()
        limits.spend(bot=1, chat=chat)
        passed.append(chat)
        if len(passed) == 12:
            time.sleep(1.5)  # noqa: ASYNC251 - that is what stands still

    await asyncio.gather(*[speak(chat) for chat in range(1, 81)])
    assert passed == list(range(1, 81)), "who asks first goes first"


async def test_an_album_larger_than_the_burst_goes_and_is_counted() -> None:
    pace, limits, loop = Pace(), Limits(), asyncio.get_running_loop()
    begun = loop.time()
    for chat in range(1, 5):
        await pace.of_chat(str(chat), 10)
        await pace.of_all(10)
        limits.spend(bot=1, chat=chat, messages=10)
    assert loop.time() - begun >= 3 * 10 / 29 - 0.01, "each but the first waits for the ten before it"
