"""Asks a messenger for updates, where it cannot come to our door. What it is told we have, we have committed."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from bot.alone import alone, stop_if_asked
from bot.channels.base import Channel, ChannelError, TooFast
from bot.reception import Again, NoUpdate, Reception, number_of

LONG_POLL_SECONDS = 25.0
LOOK_SECONDS = 0.3  # while some are under way, the messenger answers at once: so ask no more often than this
WORST_WAIT = 30.0
STOP_SECONDS = 4.0
log = structlog.get_logger()


async def poll(reception: Reception, channel: Channel, lock_url: str) -> None:
    """Until cancelled, alone in the whole installation: a second one waits and takes over when the first is gone."""
    await alone(lock_url, f"poll:{channel.name}:{channel.receiver}", Poller(reception, channel).run)


class Poller:
    """Asks again from the lowest unfinished update on, so a slow chat holds up no other, and what is lost is ours."""

    def __init__(self, reception: Reception, channel: Channel) -> None:
        self._reception, self._channel = reception, channel
        self._reset()

    def _reset(self) -> None:
        self._open = set[int]()  # seen and not done
        self._done = set[int]()  # done, and may be told again because an earlier one was open
        self._tasks = dict[int, asyncio.Task[None]]()
        self._next: int | None = None

    async def run(self) -> None:
        """Until cancelled; then what is under way gets some seconds to end."""
        self._reset()
        try:
            while True:
                stop_if_asked()
                self._begin(await self._ask())
                await self._some_end()
        finally:
            await self._end()

    @property
    def after(self) -> int | None:
        """All before it are committed."""
        return min(self._open, default=self._next)

    async def _ask(self) -> Sequence[Mapping[str, Any]]:
        failed = 0
        while True:
            after = self.after
            self._done = {number for number in self._done if after is None or number >= after}
            try:
                return await self._channel.updates(after, 0 if self._open else LONG_POLL_SECONDS)
            except Exception as error:
                failed += 1
                await asyncio.sleep(self._pause(error, failed))

    def _pause(self, error: Exception, failed: int) -> float:
        """1, 2, 4 … 30 s, as well while somebody else polls; less a part, so that many do not come back together."""
        reason = error.reason if isinstance(error, ChannelError) else type(error).__name__
        log.warning("poll.failed", channel=self._channel.name, reason=reason)
        if isinstance(error, TooFast):
            return error.seconds
        return min(WORST_WAIT, 2.0 ** (failed - 1)) * random.uniform(0.75, 1)  # noqa: S311 - a spread, no secret

    def _begin(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Each one that is not done and not under way, in their order: so chats keep theirs."""
        for raw in sorted(updates, key=lambda raw: number_of(raw) or 0):
            number = number_of(raw)
            if number is None or number in self._done or number in self._tasks:
                continue
            self._open.add(number)
            self._next = max(self._next or 0, number + 1)
            self._tasks[number] = asyncio.create_task(self._take(number, raw))

    async def _take(self, number: int, raw: Mapping[str, Any]) -> None:
        try:
            await self._reception.take(raw, patient=True)
        except (Again, NoUpdate) as error:
            log.warning("update.again", channel=self._channel.name, key=str(number), reason=str(error))
        else:
            self._open.discard(number)
            self._done.add(number)
        finally:
            del self._tasks[number]

    async def _some_end(self) -> None:
        """All that are under way, or a moment: a failed one is asked for again, not at once."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=LOOK_SECONDS)
        if self._open and not self._tasks:
            await asyncio.sleep(LOOK_SECONDS)

    async def _end(self) -> None:
        tasks = list(self._tasks.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
