"""How fast a messenger may be spoken to: so much in all, so much to one chat. Each is told how long to wait."""

import asyncio
from dataclasses import dataclass

IDLE_CHATS = 10_000  # buckets kept; a full one says nothing and may be forgotten


@dataclass(frozen=True)
class Limit:
    """`rate` a second, after `burst` at once."""

    rate: float
    burst: float


CHAT, GROUP = Limit(0.95, 3), Limit(19 / 60, 5)
BURST = 8


class Bucket:
    def __init__(self, limit: Limit, now: float) -> None:
        self._limit, self._level, self._at = limit, limit.burst, now

    def lacks(self, wanted: float, now: float) -> float:
        """Seconds until there is as much, or until it is full for one who wants more than it holds."""
        self._level = min(self._limit.burst, self._level + (now - self._at) * self._limit.rate)
        self._at = now
        return max(0.0, (min(wanted, self._limit.burst) - self._level) / self._limit.rate)

    def take(self, wanted: float) -> None:
        self._level -= wanted

    def is_full(self, now: float) -> bool:
        return self.lacks(self._limit.burst, now) == 0.0


class Pace:
    """Of one bot. Groups have negative numbers at Telegram.

    Who waits looks again when it wakes and only then takes: a program that stood still for a second would otherwise
    send that second's lines at once and be refused.
    """

    def __init__(self, rate: float = 29, chat: Limit = CHAT, group: Limit = GROUP) -> None:
        self._chat, self._group = chat, group
        self._all = Bucket(Limit(rate, BURST), asyncio.get_running_loop().time())
        self._queue = asyncio.Lock()
        self._chats = dict[str, Bucket]()

    async def of_chat(self, chat: str, messages: int = 1) -> None:
        """This chat's turn; its lines go one after the other. A slow chat takes nothing from the others."""
        limit = self._group if chat.startswith("-") else self._chat
        now = asyncio.get_running_loop().time()
        await _turn(self._chats.setdefault(chat, Bucket(limit, now)), messages)
        if len(self._chats) > IDLE_CHATS:
            self._chats = {name: kept for name, kept in self._chats.items() if not kept.is_full(now)}

    async def of_all(self, messages: int = 1) -> None:
        """The bot's turn, right before it speaks; who asks first goes first."""
        async with self._queue:
            await _turn(self._all, messages)


async def _turn(bucket: Bucket, messages: int) -> None:
    loop = asyncio.get_running_loop()
    while wait := bucket.lacks(messages, loop.time()):  # noqa: ASYNC110 - time passes, nothing happens
        await asyncio.sleep(wait)
    bucket.take(messages)
