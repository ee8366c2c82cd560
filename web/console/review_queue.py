"""The order in which one person is asked for labels: found in a thread, kept for some minutes, never while they wait.

Ordering thousands of texts takes a second (cases/review.py): it is done once, and what people said since is left out.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from cases import review, review_desk
from cases.review import DAYS, MOST, Candidate
from models import Person
from web.parts import Parts

LASTS = timedelta(minutes=10)
PATIENCE = 0.2  # seconds a page waits for an order that is being found
KEPT = 50  # people


@dataclass(frozen=True)
class Order:
    """`mark`: the last word that was said when it was found."""

    found: Sequence[Candidate]
    mark: int
    at: datetime


@dataclass
class Queue:
    """Everybody's order, by their code."""

    orders: dict[str, Order] = field(default_factory=dict)
    finding: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def of(self, parts: Parts, person: Person) -> Order | None:
        """None: it is being found. An order grown old serves until the next one is there."""
        known = self.orders.get(person.code)
        if known is None or not known.at <= parts.now() < known.at + LASTS:
            task = self.finding.get(person.code)
            if task is None or task.done():
                task = self.finding[person.code] = asyncio.create_task(self._find(parts, person))
            await asyncio.wait([task], timeout=0 if known else PATIENCE)
            if task.done():
                task.result()
        return self.orders.get(person.code)

    async def _find(self, parts: Parts, person: Person) -> None:
        async with parts.transactions.read() as session:
            mark = await review_desk.newest(session)
            cases = await review.recent(session, parts.now(), DAYS, review_desk.reach(person))
        found = await asyncio.to_thread(review.ordered, cases, MOST)
        if len(self.orders) >= KEPT:
            del self.orders[min(self.orders, key=lambda code: self.orders[code].at)]
        self.orders[person.code] = Order(found, mark, parts.now())


async def waiting(session: AsyncSession, order: Order) -> list[Candidate]:
    """What of an order nobody said anything about since."""
    said = await review_desk.since(session, order.mark)
    return [one for one in order.found if one.number not in said]


def following(numbers: Sequence[str], after: str | None) -> str | None:
    """The first; after one that was passed over, the next, and once all were, the first again."""
    if not numbers:
        return None
    at = numbers.index(after) + 1 if after in numbers else 0
    return numbers[at % len(numbers)]
