"""Beside the players: each day that is over is gathered into hot issues and judged red, yellow, blue, as the jobs do.

Both look only at what had happened by their own moment, so that they may come after the others by some days.
"""

from datetime import date, datetime, timedelta

from app.database import Sessions
from app.hotness import Hotness
from benchmarks.year.play import leave_undelivered
from bot.transactions import Transactions
from cases import area_days
from cases.book import Book
from cases.periods import begins

GATHERED = 6  # times a day
FORGETS = timedelta(days=14)  # and not each day: a day is a moment here


class Watch:
    def __init__(self, sessions: Sessions, book: Book, first: date) -> None:
        self._transactions, self._book = Transactions(sessions, leave_undelivered), book
        self._now = begins(first)
        self._hotness = Hotness(self._transactions, lambda: book, lambda: self._now, FORGETS)

    async def day(self, day: date) -> None:
        for n in range(1, GATHERED + 1):
            self._now = begins(day) + n * timedelta(days=1) / GATHERED
            while await self._hotness.gather():
                pass
        await self._judge(self._now)

    async def _judge(self, now: datetime) -> None:
        async with self._transactions.begin() as session:
            for day in await area_days.missing(session, now):
                await area_days.store(session, self._book, day)
