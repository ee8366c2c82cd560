"""How often is too often in a conversation, whichever channel it comes by."""

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from cases.errors import TooOften

MESSAGES = RateLimitItemPerMinute(120)  # in one conversation
LOOKUPS = RateLimitItemPerMinute(5, 15)  # guesses of a lookup code
LOOKUPS_IN_ALL = RateLimitItemPerSecond(10)  # from everywhere together
TOLD = RateLimitItemPerMinute(1)  # that it was too often


class Limits:
    """Counts in memory: each replica has its own."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def allows(self, limit: RateLimitItem, *who: str) -> bool:
        """Counts it, and says whether it was one too many."""
        return await self._limiter.hit(limit, *who)

    async def hit(self, limit: RateLimitItem, *who: str) -> None:
        """Raises TooOften when this was one too many."""
        if not await self.allows(limit, *who):
            raise TooOften("request.too_often")
