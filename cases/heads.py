"""Heads: one figure over all events written so far, kept outside of the database.

Whoever rewrites a whole timeline with all its links, or takes a case away, makes a record that looks whole. The heads
of the hours before say otherwise.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

STRETCH = 50_000  # ids read at a time
LINKS = text(
    """SELECT count(link), string_agg(link, ''::bytea ORDER BY id) FROM events WHERE id > :after AND id <= :upto"""
)
LAST = text("SELECT coalesce(max(id), 0) FROM events")
# Whoever took a number holds the sequence until their transaction ends, whether the event is written yet or not.
TAKING = text(
    """SELECT virtualtransaction FROM pg_locks WHERE relation = pg_get_serial_sequence('events', 'id')::regclass
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
)


class HourHead(NamedTuple):
    """Over the links of the events after `after` up to `upto`, in the order of their ids, and over the head before."""

    at: datetime
    after: int
    upto: int
    events: int
    head: str


async def last_event(session: AsyncSession) -> int:
    """The greatest number there is; ask who is `taking` after it."""
    return int((await session.execute(LAST)).scalar_one())


async def taking(session: AsyncSession) -> frozenset[str]:
    """The transactions that may still write an event of a smaller number than one already seen."""
    return frozenset((await session.execute(TAKING)).scalars())


async def head_over(session: AsyncSession, before: HourHead | None, upto: int, at: datetime) -> HourHead:
    after, count = before.upto if before else 0, 0
    digest = hashlib.sha256(bytes.fromhex(before.head) if before else b"")
    for first in range(after, upto, STRETCH):
        found = (await session.execute(LINKS, {"after": first, "upto": min(first + STRETCH, upto)})).one()
        count += found[0]
        digest.update(found[1] or b"")
    return HourHead(at, after, upto, count, digest.hexdigest())


async def first_other(session: AsyncSession, heads: Sequence[HourHead]) -> HourHead | None:
    """The first stretch of events that is not what it was when its head was kept."""
    before = None
    for kept in heads:
        now = await head_over(session, before, kept.upto, kept.at)
        if (now.after, now.events, now.head) != (kept.after, kept.events, kept.head):
            return kept
        before = kept
    return None
