"""Beside a case's stops: very many cases hold the words, and the newest are wanted: looked for back through the months.

Each case's words are marked with its month, so the index answers for a few months alone. A stretch is as long as what
was found lately lets us expect cases that can still be named one by one.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import word_index
from cases.word_index import Held
from models import Case

Stretch = list[ColumnElement[bool]]
"""Conditions that hold for what lies in some months, and holds the words by their pairs."""

LONGER = 4  # times the one before: a word nobody used for a year is not asked for month by month


async def stretches(
    session: AsyncSession, held: Held, since: datetime | None, until: datetime | None
) -> AsyncIterator[Stretch]:
    """One after the other from the newest to the oldest; together they hold everything there is."""
    oldest, newest = (await session.exec(select(func.min(Case.submitted_at), func.max(Case.submitted_at)))).one()
    if newest is None:
        return
    first = word_index.month_of(max(oldest, since) if since else oldest)
    last = word_index.month_of(min(newest, until) if until else newest)
    long = 1
    while last >= first:
        begin = max(first, last - long + 1)
        ids = await word_index.holding(session, held, word_index.marks_of(begin, last))
        if len(ids) > word_index.FEW and begin < last:
            long = max(1, (last - begin + 1) // 2)
            continue
        yield [*_between(begin, last), *([word_index.named(ids)] if len(ids) <= word_index.FEW else [])]
        fit = word_index.FEW * 2 // 3 * (last - begin + 1) // max(1, len(ids))
        long, last = max(1, min(long * LONGER, fit)), begin - 1


def _between(begin: int, last: int) -> Stretch:
    here = col(Case.submitted_at)
    return [here >= word_index.begin_of(begin), here < word_index.begin_of(last + 1)]
