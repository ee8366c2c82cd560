"""How often is too often. Keyed on the session or the name as well as the address: a building may share one router."""

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from cases.errors import TooOften

SESSIONS = RateLimitItemPerMinute(3000)  # new conversations from one address: a whole estate behind one router
MESSAGES = RateLimitItemPerMinute(120)  # in one conversation
LOOKUPS = RateLimitItemPerMinute(5, 15)  # guesses of a lookup code
LOOKUPS_IN_ALL = RateLimitItemPerSecond(10)  # from everywhere together
SIGN_INS = RateLimitItemPerMinute(10, 15)  # tries of one name from one address


class Limits:
    """Counts in memory: each replica has its own."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def hit(self, limit: RateLimitItem, *who: str) -> None:
        """Raises TooOften when this was one too many."""
        if not await self._limiter.hit(limit, *who):
            raise TooOften("request.too_often")
