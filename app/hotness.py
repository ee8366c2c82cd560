"""Gathers new cases into hot issues, in batches, in memory beside the rows; what it does not get to comes next.

Each batch is read, compared in a thread outside of any transaction, and kept in one. When that fails the memory is
thrown away and filled again from the rows, so the rows are always right.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import structlog

from bot.transactions import Transactions
from cases import hot
from cases.book import Book
from classifiers import firstday
from classifiers.gathering import WINDOW, Gathering, read

log = structlog.get_logger()


class Hotness:
    """`gather` is the periodic job. Other workers' cases are read in before one's own."""

    def __init__(
        self,
        transactions: Transactions,
        book: Callable[[], Book],
        now: Callable[[], datetime],
        fresh_after: timedelta = hot.QUICK,
    ) -> None:
        """`fresh_after`: the memory is filled anew, so that it forgets."""
        self._transactions, self._book, self._now = transactions, book, now
        self._gathering: hot.Tellers | None = None
        self._read: dict[UUID, datetime] = {}  # what is in it and may not be read in again
        self._filled, self._fresh_after = self._now(), fresh_after

    async def gather(self) -> int:
        """A batch; how many cases that were, 0 when nothing is left for now."""
        async with self._transactions.read() as session:
            cases = await hot.unread(session, self._book(), self._now())
        if not cases:
            return await self._close()
        try:
            gathering = await self._caught_up()
            placed = await asyncio.to_thread(hot.compare, gathering, cases)
            async with self._transactions.begin() as session:
                new = await hot.keep(session, self._book(), placed, self._now(), gathering.rare)
        except BaseException:
            self._gathering = None
            raise
        self._remember((case.id, case.at) for case in cases)
        for issue in new:
            log.info("hot.card", issue=issue.id, cases=issue.count)
        return len(cases)

    async def _caught_up(self) -> hot.Tellers:
        """The memory with all that any worker kept; filled anew once in a while."""
        now = self._now()
        if self._gathering is None or now - self._filled >= self._fresh_after:
            self._gathering, self._read, self._filled = await asyncio.to_thread(_fresh), {}, now
        since = max(self._read.values(), default=now - WINDOW) - hot.LATE
        async with self._transactions.read() as session:
            rows = [row for row in await hot.known(session, self._book(), since) if row[0].id not in self._read]
        await asyncio.to_thread(_fill, self._gathering, rows)
        self._remember((case.id, case.at) for case, _ in rows)
        return self._gathering

    def _remember(self, read_in: Iterable[tuple[UUID, datetime]]) -> None:
        """Only those that the next reading can meet."""
        self._read.update(read_in)
        last = max(self._read.values(), default=self._now())
        self._read = {case: at for case, at in self._read.items() if at > last - 2 * hot.LATE}

    async def _close(self) -> int:
        async with self._transactions.begin() as session:
            await hot.close_silent(session, self._now())
        return 0


def _fresh() -> hot.Tellers:
    corpus = _corpus()
    return Gathering[UUID](corpus.counts.copy(), corpus.texts)


@cache
def _corpus() -> hot.Tellers:
    """Seconds to count, 4 MB to keep."""
    return Gathering[UUID]().background(row.text for row in firstday.rows())


def _fill(gathering: hot.Tellers, rows: Iterable[tuple[hot.New, UUID]]) -> None:
    for case, group in rows:
        gathering.put(group, read(case.text, case.at, case.path))
