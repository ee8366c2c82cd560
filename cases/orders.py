"""督办单: a supervisor wants an answer about a case by a day, from whoever leads the unit or from one of its people.

One is open at a time. What the case's page and buttons need of it lies in `case.ordered`; the row in `orders` is kept.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, dispatch, in_hand, lifecycle
from cases.actors import SYSTEM, staff
from cases.book import Book
from cases.clock import TOWN_TIME, Span, due
from cases.errors import Missing
from models import ORDER_NUMBERS, STEPS, Calendar, Case, Order, Person, Role
from models.status import EXTEND_DAYS
from routing.assign import one_up

OVERDUE = "order_overdue"  # the kind of event, when nobody has answered in time
DAYS = 1  # working days to answer in, where the supervisor says nothing else


async def order(
    session: AsyncSession,
    book: Book,
    case: Case,
    person: Person,
    text: str,
    days: int | None,
    to: str | None,
    now: datetime,
) -> None:
    """Ask the unit's leaders, or `to`, one of its people. Asked again, what was asked before is done with."""
    days, unit = DAYS if days is None else days, case.unit or book.town.desk
    if not 1 <= days <= EXTEND_DAYS:
        raise Missing("order.days", most=EXTEND_DAYS)
    if to and not _works_there(book, to, unit):
        raise Missing("step.wrong_assignee")
    if case.ordered:
        await _close(session, case, now)
    row = Order(
        number=await _number(session, now),
        case_id=case.id,
        by=person.code,
        unit=unit,
        person=to,
        text=text,
        issued_at=now,
        due_at=due(Span(days, "d"), Calendar.WORKDAYS, now, book.calendar),
    )
    session.add(row)
    asked = [to] if to else _leaders(book, case, unit)
    changes = {"ordered": _open(row, asked), "called": list(dict.fromkeys([*case.called, *asked]))}
    details = {"order": row.number, "unit": unit, "assignee": to, "due": row.due_at.isoformat(), "told": asked}
    await lifecycle.move(session, book, case, "order", staff(person), now, text=text, details=details, changes=changes)


async def answer(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """What was done, and why it took so long; late too, for it is wanted all the same."""
    assert case.ordered is not None, "not offered where nothing is asked"
    row = await _row(session, case)
    row.answer, row.answered_by, row.answered_at = text, person.code, now
    details = {"order": row.number, "told": [row.by]}
    changes = {"ordered": {**case.ordered, "answer": text, "answered_by": person.code}}
    await lifecycle.move(
        session, book, case, "answer_order", staff(person), now, text=text, details=details, changes=changes
    )


async def close(session: AsyncSession, book: Book, case: Case, person: Person, now: datetime) -> None:
    """The supervisor takes the answer."""
    assert case.ordered is not None, "not offered where nothing is asked"
    details = {"order": case.ordered["number"], "told": case.ordered["to"]}
    await _close(session, case, now)
    changes = {"ordered": None}
    await lifecycle.move(session, book, case, "close_order", staff(person), now, details=details, changes=changes)


async def sweep(session: AsyncSession, book: Book, now: datetime, limit: int = 100) -> int:
    """Orders nobody answered in time: told up and to the supervisor, each once even with two sweepers."""
    late = select(Order, Case).join(Case, col(Case.id) == Order.case_id)
    late = late.where(col(Order.answered_at).is_(None), ~col(Order.overdue), col(Order.due_at) <= now)
    late = late.order_by(col(Order.due_at)).limit(limit).with_for_update(skip_locked=True)
    rows = (await session.exec(late)).all()
    for row, case in rows:
        await _overdue(session, book, row, case, now)
    return len(rows)


async def waiting(session: AsyncSession, person: Person, limit: int = 20) -> Sequence[tuple[Order, Case]]:
    """Open ones that concern somebody: all for a supervisor, else those they are to answer; the nearest due first."""
    chosen = select(Order, Case).join(Case, col(Case.id) == Order.case_id).where(col(Order.closed_at).is_(None))
    if person.role is not Role.SUPERVISOR:
        mine = in_hand.asks(person) | (col(Case.assignee) == person.code)
        chosen = chosen.where(col(Order.answered_at).is_(None), mine, access.sees(person))
    rows = await session.exec(chosen.order_by(col(Order.due_at), col(Order.id)).limit(limit))
    return rows.all()


async def _overdue(session: AsyncSession, book: Book, row: Order, case: Case, now: datetime) -> None:
    row.overdue = True
    assert case.ordered is not None, "asked anew only when this one is overdue or answered"
    asked = next(iter(case.ordered["to"]), None)
    heads = dispatch.known(book, case, asked)
    above = one_up(asked, row.unit, heads, book.areas, units=book.units)  # by units, not by place
    details = {"order": row.number, "to": above, "told": [*case.ordered["to"], row.by]}
    changes = {"ordered": {**case.ordered, "overdue": True}}
    told = [above] if above else []
    await lifecycle.note(session, book, case, OVERDUE, SYSTEM, now, details=details, changes=changes, above=told)


async def _number(session: AsyncSession, now: datetime) -> str:
    """督yymm-nnnn by the town's own day. One counter for all months: gaps and a high start are harmless."""
    count = await session.scalar(ORDER_NUMBERS.next_value())
    return f"督{now.astimezone(TOWN_TIME):%y%m}-{int(count or 0):04d}"


def _open(row: Order, to: Sequence[str]) -> dict[str, Any]:
    due_at = row.due_at.isoformat()
    return {"number": row.number, "by": row.by, "unit": row.unit, "to": to, "due": due_at, "text": row.text}


def _leaders(book: Book, case: Case, unit: str) -> list[str]:
    """Where the unit has no leader, whoever stands above the case."""
    above = dispatch.stands_above(book, case, case.assignee)
    return book.leading(unit) or ([above] if above else [])


def _works_there(book: Book, code: str, unit: str) -> bool:
    member = book.members.get(code)
    return member is not None and member.active and member.unit == unit and member.role in STEPS["answer_order"].who


async def _close(session: AsyncSession, case: Case, now: datetime) -> None:
    (await _row(session, case)).closed_at = now


async def _row(session: AsyncSession, case: Case) -> Order:
    assert case.ordered is not None, "not offered where nothing is asked"
    return (await session.exec(select(Order).where(Order.number == case.ordered["number"]))).one()
