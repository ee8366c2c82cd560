"""How much a bot may send: 30 a second, one a second to a person, 20 a minute to a group.

Telegram lets short bursts pass and says so only in its FAQ; the buckets below are what bots observe.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from simulator.errors import too_many


@dataclass
class Bucket:
    """`size` at once, refilled at `rate` a second."""

    rate: float
    size: float
    level: float
    at: float

    def fill(self, now: float) -> None:
        self.level = min(self.size, self.level + (now - self.at) * self.rate)
        self.at = now

    def lacks(self, wanted: float, now: float) -> float:
        """Seconds until that much may pass; an album larger than the bucket passes when it is full."""
        self.fill(now)
        return max(0.0, (min(wanted, self.size) - self.level) / self.rate)


class Limits:
    def __init__(self, on: bool = True, now: Callable[[], float] = time.monotonic) -> None:
        self.on = on
        self.now = now
        self.per_bot, self.per_person, self.per_group = (30.0, 30.0), (1.0, 3.0), (20 / 60, 20.0)
        self.buckets: dict[tuple[str, int, int], Bucket] = {}

    def _bucket(self, kind: str, bot: int, chat: int, measure: tuple[float, float]) -> Bucket:
        rate, size = measure
        return self.buckets.setdefault((kind, bot, chat), Bucket(rate, size, size, self.now()))

    def spend(self, bot: int, chat: int, messages: int = 1) -> None:
        """All or nothing: a refused call costs nothing."""
        if not self.on:
            return
        measure = self.per_person if chat > 0 else self.per_group
        buckets = [self._bucket("bot", bot, 0, self.per_bot), self._bucket("chat", bot, chat, measure)]
        wait = max(bucket.lacks(messages, self.now()) for bucket in buckets)
        if wait > 1e-9:
            raise too_many(max(1, math.ceil(wait)))
        for bucket in buckets:
            bucket.level -= messages
