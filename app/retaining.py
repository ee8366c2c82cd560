"""What is older than the town keeps goes by night, a lot at a time; a line of the log with each lot says what went."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.media import Store
from bot.senses import Senses
from bot.transactions import Transactions
from cases import retention
from cases.book import Book
from cases.forgetting import Gone
from cases.retention import Limit

CLOCK = "clock"


class Retaining:
    """Each lot is committed by itself: stopped, the next night goes on."""

    def __init__(self, transactions: Transactions, senses: Senses, store: Store, now: Callable[[], datetime]) -> None:
        self._transactions, self._senses, self._store, self._now = transactions, senses, store, now

    async def go_on(self) -> int:
        """The next lot; 0 when none is left. Refused updates go whether the town says how long it keeps or not."""
        now, book = self._now(), self._senses.book
        if years := book.town.retention_years:
            limit = retention.limit(now, years)
            if gone := await some(self._transactions, book, self._store, limit, CLOCK, now):
                return len(gone)
        async with self._transactions.begin() as session:
            await retention.refused(session, now)
        return 0


async def some(
    transactions: Transactions, book: Book, store: Store, limit: Limit, by: str, now: datetime
) -> Sequence[Gone]:
    """Some cases, or when there are none more some residents; empty when none of them is left. Then the files."""
    async with transactions.begin() as session:
        cases = await retention.some_cases(session, book, limit, by, now)
        gone = [cases] if cases.cases else await retention.some_residents(session, book, limit, by, now)
    for one in gone:
        store.drop(one.files)
    return gone
