"""What the clock does between neighbours: votes open and close, results and notices go out, some at a time."""

from collections.abc import Callable
from datetime import datetime

from bot.senses import Senses
from bot.transactions import Transactions
from cases import announcements, proposals
from cases.keys import Keys


class Neighbours:
    """Each step is committed by itself; done twice, or by two programs at once, it happens once."""

    def __init__(self, transactions: Transactions, senses: Senses, keys: Keys, now: Callable[[], datetime]) -> None:
        self._transactions, self._senses, self._keys, self._now = transactions, senses, keys, now

    async def go_on(self) -> int:
        """The next step of what is due; 0 when nothing is."""
        async with self._transactions.begin() as session:
            if done := await proposals.sweep(session, self._senses.book, self._keys, self._now()):
                return done
        async with self._transactions.begin() as session:
            return await announcements.sweep(session, self._now())
