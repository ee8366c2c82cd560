"""How often is too often in a conversation, whichever channel it comes by. Tries at secrets: bot/tries.py.

Ours: the package `limits` looks through everybody it knows at each count, with a thread for each.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from cases.errors import TooOften

MINUTE = 60.0
KEPT_MOST = 10_000  # people counted at once, before those are forgotten of whom nothing counts any more


@dataclass(frozen=True)
class Limit:
    """So many times in any span of so many seconds."""

    name: str
    times: int
    seconds: float = MINUTE


MESSAGES = Limit("messages", 120)  # in one conversation
LOOKUPS = Limit("lookups", 5, 15 * MINUTE)  # guesses of a lookup code
LOOKUPS_IN_ALL = Limit("lookups in all", 10, 1.0)  # from everywhere together
SLIPS = Limit("slips", 5, 15 * MINUTE)  # a household's voting code, in one conversation
SLIPS_OF_MANY = Limit("slips of many", 60, 15 * MINUTE)  # from one address: a building may share a router
TOLD = Limit("told", 1)  # that it was too often


class Limits:
    """Counts in memory: each replica has its own. What was one too many does not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._counted = clock, dict[tuple[Limit, tuple[str, ...]], deque[float]]()
        self._most = KEPT_MOST

    def allows(self, limit: Limit, *who: str) -> bool:
        """Counts it, unless it was one too many."""
        now, counted = self._clock(), self._counted.setdefault((limit, who), deque())
        _forget(counted, now - limit.seconds)
        if len(counted) >= limit.times:
            return False
        counted.append(now)
        if len(self._counted) > self._most:
            self._tidy(now)
        return True

    def hit(self, limit: Limit, *who: str) -> None:
        """Raises TooOften when this was one too many."""
        if not self.allows(limit, *who):
            raise TooOften("request.too_often")

    def _tidy(self, now: float) -> None:
        """Whoever really is there stays, however many; then this is not done again for a tenth more."""
        for (limit, _), counted in self._counted.items():
            _forget(counted, now - limit.seconds)
        self._counted = {key: counted for key, counted in self._counted.items() if counted}
        self._most = max(KEPT_MOST, len(self._counted) * 11 // 10)


def _forget(counted: deque[float], before: float) -> None:
    while counted and counted[0] <= before:
        counted.popleft()
