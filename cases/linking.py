"""What was written before there was a record gets its links, some cases at a time; and the record is held against them.

Each lot is a transaction of its own, so that millions need no long one, and it goes on where it was stopped.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import record
from cases.record import Fault, Head
from models import Case, Event

LOT = 500  # cases
HEAD = (Case.id, Case.number, Case.status, Case.version, Case.chain, Case.submitted_at)
EVENTS = Event.__table__.c  # type: ignore[attr-defined]
LINE = [column for column in EVENTS if column.name != "id"]

WRITE = text(
    """UPDATE events SET salt = new.salt, link = new.link
       FROM unnest(:ids ::bigint[], :times ::timestamptz[], :salts ::bytea[], :links ::bytea[])
           AS new (id, at, salt, link)
       WHERE events.id = new.id AND events.at = new.at"""
)


async def some(session: AsyncSession, lot: int = LOT) -> int:
    """Link the events of some cases that have none; how many cases. Leaves out what somebody holds just now."""
    waiting = select(Case.id).where(col(Case.chain).is_(None)).order_by(col(Case.id)).limit(lot)
    cases = list((await session.exec(waiting.with_for_update(skip_locked=True))).all())
    if not cases:
        return 0
    its = select(*EVENTS).where(EVENTS.case_id.in_(cases)).order_by(EVENTS.case_id, EVENTS.seq)
    ends, new = {case: record.start(case) for case in cases}, list[SimpleNamespace]()
    for row in (await session.exec(its)).all():
        event = SimpleNamespace(**row._mapping)
        if event.link is None:
            record.seal(event, ends[event.case_id])
            new.append(event)
        ends[event.case_id] = event.link or b""
    written = {"ids": [x.id for x in new], "times": [x.at for x in new]}
    written |= {"salts": [x.salt for x in new], "links": [x.link for x in new]}
    await session.execute(WRITE, written)
    last = func.unnest(list(ends), list(ends.values())).table_valued("id", "chain").render_derived()
    statement = update(Case).where(col(Case.id) == last.c.id).values(chain=last.c.chain)
    await session.execute(statement.execution_options(synchronize_session=False))
    return len(cases)


async def waiting(session: AsyncSession) -> int:
    """How many cases have no links yet."""
    return (await session.exec(select(func.count()).select_from(Case).where(col(Case.chain).is_(None)))).one()


async def one_view(session: AsyncSession) -> None:
    """All that follows sees one moment, so that nobody's work looks like a fault. First in its transaction.

    Tables stay what they are, too: a month that took another's place meanwhile (cases/months.py) would be of no moment.
    """
    await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    await session.execute(text("LOCK TABLE events IN ACCESS SHARE MODE"))


async def verify(session: AsyncSession, lot: int = LOT) -> AsyncIterator[tuple[int, int, Sequence[Fault]]]:
    """Every case in turn: (cases, events, faults) of each lot."""
    last = UUID(int=0)
    while heads := await _heads(session, last, lot):
        last = heads[-1].id
        lines = await timelines(session, [head.id for head in heads])
        found = [record.first_fault(head, lines[head.id]) for head in heads]
        yield len(heads), sum(map(len, lines.values())), [fault for fault in found if fault]


async def _heads(session: AsyncSession, after: UUID, lot: int) -> list[Head]:
    some = select(*HEAD).where(col(Case.id) > after).order_by(col(Case.id)).limit(lot)  # type: ignore[call-overload]
    return [Head(*row) for row in (await session.exec(some)).all()]


async def timelines(session: AsyncSession, cases: Sequence[UUID]) -> dict[UUID, list[Row[Any]]]:
    """The events of each, in their order."""
    found = defaultdict[UUID, list[Row[Any]]](list)
    lines = select(*LINE).where(EVENTS.case_id.in_(cases)).order_by(EVENTS.case_id, EVENTS.seq)
    for line in (await session.exec(lines)).all():
        found[line.case_id].append(line)
    return found
