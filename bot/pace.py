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

    def take(self, wanted: float, now: float) -> float:
        """Seconds until it is one's turn; taken at once, so that who asks first goes first."""
        self._level = min(self._limit.burst, self._level + (now - self._at) * self._limit.rate) - wanted
        self._at = now
        return max(0.0, -self._level / self._limit.rate)

    def is_full(self, now: float) -> bool:
        return self._level + (now - self._at) * self._limit.rate >= self._limit.burst


class Pace:
    """Of one bot. Groups have negative numbers at Telegram."""

    def __init__(self, rate: float = 29, chat: Limit = CHAT, group: Limit = GROUP) -> None:
        self._chat, self._group = chat, group
        self._all = Bucket(Limit(rate, BURST), asyncio.get_running_loop().time())
        self._chats = dict[str, Bucket]()

    async def turn(self, chat: str, messages: int = 1) -> None:
        """The chat's own time first: a slow chat takes nothing from the others."""
        loop = asyncio.get_running_loop()
        limit = self._group if chat.startswith("-") else self._chat
        bucket = self._chats.setdefault(chat, Bucket(limit, loop.time()))
        for waiting in (bucket, self._all):
            if wait := waiting.take(messages, loop.time()):
                await asyncio.sleep(wait)
        if len(self._chats) > IDLE_CHATS:
            self._chats = {name: kept for name, kept in self._chats.items() if not kept.is_full(loop.time())}
