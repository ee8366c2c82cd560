"""How often somebody may be wrong about a secret: counted in the database, for all programs together and by its clock.

Only a mark is kept of who tried: a name typed in may be a password in the wrong field. What merely costs us work is
counted in memory (bot/limits.py).
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.limits import Limit
from bot.transactions import Transactions
from cases.errors import TooOften
from cases.keys import Keys

Try = tuple[Limit, str]
"""What is limited, and whose: a name, an address, both."""

COUNT = text(
    """INSERT INTO tries AS had (mark, times, until)
    VALUES (:mark, ARRAY[statement_timestamp()], statement_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (mark) DO UPDATE SET until = excluded.until, times = excluded.times || ARRAY(
        SELECT at FROM unnest(had.times) AS at WHERE at > statement_timestamp() - make_interval(secs => :seconds)
    )
    WHERE (
        SELECT count(*) FROM unnest(had.times) AS at
        WHERE at > statement_timestamp() - make_interval(secs => :seconds)
    ) < :most
    RETURNING true"""
)
TAKE_BACK = text(
    """WITH held AS (SELECT mark FROM tries WHERE mark = ANY(:marks) ORDER BY mark FOR UPDATE)
    UPDATE tries SET times = times[2:] FROM held WHERE tries.mark = held.mark"""
)
OVER = text("DELETE FROM tries WHERE until < statement_timestamp()")


@dataclass(frozen=True)
class Tries:
    transactions: Transactions
    keys: Keys

    async def hit(self, *tries: Try) -> None:
        """Counts each in turn. Raises TooOften at the first that was one too many; those after it do not count."""
        if not await self.allows(*tries):
            raise TooOften("request.too_often")

    async def allows(self, *tries: Try) -> bool:
        """Each in a transaction of its own: nobody waits for two rows, nor for a password being checked."""
        for limit, who in tries:
            async with self.transactions.begin() as session:
                given = {"mark": self._mark(limit, who), "seconds": limit.seconds, "most": limit.times}
                if not await session.scalar(COUNT, given):
                    return False
        return True

    async def take_back(self, session: AsyncSession, *tries: Try) -> None:
        """It was right after all."""
        await session.execute(TAKE_BACK, {"marks": [self._mark(limit, who) for limit, who in tries]})

    def _mark(self, limit: Limit, who: str) -> bytes:
        return self.keys.try_mark(f"{limit.name}\0{who}")


async def clear(session: AsyncSession) -> int:
    """Rows of which nothing counts any more."""
    gone = await session.execute(OVER)
    return int(gone.rowcount)  # type: ignore[attr-defined]
