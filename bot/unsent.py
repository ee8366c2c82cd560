"""Rows that a sender still has to take somewhere: which come next, and what became of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ARRAY, BigInteger, Float, Text, bindparam, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from models import Sending, SentFile

Row = TypeVar("Row", bound=Sending)

# A chat's rows in order, the first few; none of a chat whose first has to wait. The database's own clock counts here.
NEXT = """
SELECT id FROM (
    SELECT id, row_number() OVER chats AS place, first_value(next_try_at) OVER chats AS wait
    FROM {table} WHERE channel = :channel AND sent_at IS NULL AND failed_at IS NULL AND chat <> ALL(:busy)
    WINDOW chats AS (PARTITION BY chat ORDER BY id)
) AS waiting
WHERE place <= :of_one AND (wait IS NULL OR wait <= clock_timestamp()) ORDER BY id LIMIT :most
"""
# Held in one order: several chats of a sender mark the same lines at once.
SENT = """
WITH held AS (SELECT id FROM {table} WHERE id = ANY(:ids) ORDER BY id FOR UPDATE)
UPDATE {table} SET sent_at = :at, external = done.numbers::jsonb, next_try_at = NULL
FROM held JOIN unnest(:ids, :numbers) AS done(id, numbers) ON done.id = held.id WHERE {table}.id = held.id
"""


async def next_rows(
    session: AsyncSession, table: type[Row], channel: str, busy: Collection[str], *, most: int, of_one: int
) -> Sequence[Row]:
    """What can be sent now, beside what the chats in `busy` have."""
    chosen = text(NEXT.format(table=table.__tablename__)).bindparams(bindparam("busy", type_=ARRAY(Text)))
    given = {"channel": channel, "busy": list(busy), "most": most, "of_one": of_one}
    ids = (await session.execute(chosen, given)).scalars().all()
    if not ids:
        return []
    rows = await session.exec(select(table).where(_id(table).in_(ids)).order_by(_id(table)))
    return rows.all()


async def mark_sent(session: AsyncSession, table: type[Sending], numbers: Mapping[int, str], now: datetime) -> None:
    """`numbers`: by row, the messenger's numbers of its parts as JSON."""
    marked = text(SENT.format(table=table.__tablename__)).bindparams(
        bindparam("ids", type_=ARRAY(BigInteger)), bindparam("numbers", type_=ARRAY(Text))
    )
    await session.execute(marked, {"ids": list(numbers), "numbers": list(numbers.values()), "at": now})


async def keep_files(session: AsyncSession, channel: str, files: Mapping[str, str]) -> None:
    rows = [{"sha256": sha256, "channel": channel, "number": number} for sha256, number in files.items()]
    known = insert(SentFile).values(rows)
    await session.execute(known.on_conflict_do_update(
        index_elements=["sha256", "channel"], set_={"number": known.excluded.number}
    ))  # fmt: skip


async def forget_files(session: AsyncSession, channel: str, hashes: Collection[str]) -> None:
    """The messenger no longer knows them: upload again."""
    for sha256 in hashes:
        known = await session.get(SentFile, (sha256, channel))
        if known:
            await session.delete(known)


async def later(
    session: AsyncSession, table: type[Sending], id_: int, seconds: float, *, sent: Sequence[str], counts: bool
) -> None:
    """Not before so many seconds; what went out of it already is kept. Waiting as told to is no failed attempt."""
    at = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, bindparam("s", seconds, type_=Float))
    values = {"next_try_at": at, "external": list(sent), "attempts": col(table.attempts) + int(counts)}
    await session.execute(update(table).where(_id(table) == id_).values(**values))


async def fail(session: AsyncSession, table: type[Sending], id_: int, reason: str, now: datetime) -> None:
    await session.execute(update(table).where(_id(table) == id_).values(failed_at=now, failure=reason[:200]))


async def fail_chat(
    session: AsyncSession, table: type[Row], channel: str, chat: str, reason: str, now: datetime
) -> Sequence[Row]:
    """Everything still waiting for a chat nobody can reach; returns the rows."""
    waiting = (col(table.channel) == channel, col(table.chat) == chat, col(table.sent_at).is_(None))
    chosen = select(table).where(*waiting, col(table.failed_at).is_(None)).with_for_update()
    rows = (await session.exec(chosen.order_by(_id(table)))).all()
    for row in rows:
        row.failed_at, row.failure = now, reason[:200]
    return rows


async def move(session: AsyncSession, table: type[Sending], channel: str, chat: str, to: str) -> None:
    waiting = (col(table.channel) == channel, col(table.chat) == chat, col(table.sent_at).is_(None))
    await session.execute(update(table).where(*waiting).values(chat=to))


def _id(table: type[Sending]):  # type: ignore[no-untyped-def]
    return table.__table__.c.id  # type: ignore[attr-defined]
