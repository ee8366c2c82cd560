"""What time does to cases: reminders, overdue marks, escalation, and the ends that come by themselves."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import dispatch, lifecycle, notices, timers
from cases.actors import SYSTEM
from cases.book import Book
from cases.clock import Span, due
from models import OPEN, Case, ClockAct, Status, Timer

Act = Callable[[AsyncSession, Book, Case, datetime], Awaitable[datetime | None]]  # when it is to be done again


async def sweep(session: AsyncSession, book: Book, now: datetime, limit: int = 300) -> int:
    """Do what is due, each act once even with two sweepers; returns how many rows were taken.

    Call it in a transaction of its own until it returns 0. `limit`: a person's step on one of these cases waits for the
    transaction, half a second or so.
    """
    rows_due = select(Timer.id, Timer.act, Timer.round, Case).join(Case, col(Case.id) == Timer.case_id)
    rows_due = rows_due.where(col(Timer.done_at).is_(None), ~col(Timer.paused), col(Timer.due_at) <= now)
    rows_due = rows_due.order_by(col(Timer.due_at)).limit(limit).with_for_update(skip_locked=True)
    rows = (await session.exec(rows_due)).all()
    if not rows:
        return 0
    await session.execute(update(Timer).where(col(Timer.id).in_([row[0] for row in rows])).values(done_at=now))
    again = list[dict[str, Any]]()
    async with lifecycle.together(session), notices.about_many(session, [row[3] for row in rows]):
        for id_, act, round_, case in rows:
            if round_ == case.round and (later := await ACTS[ClockAct(act)](session, book, case, now)):
                again.append({"its_id": id_, "later": later})
    if again:
        await timers.set_again(session, again)
    return len(rows)


async def _remind(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    if case.status in OPEN:
        await lifecycle.note(session, book, case, "remind", SYSTEM, now)


async def _sign_overdue(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    """Nobody signed: whoever stands above is told. An unsorted case is one too."""
    if case.status in OPEN and case.signed_at is None:
        await _up(session, book, case, "sign_overdue", now)


async def _contact_overdue(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    if case.status in OPEN and case.contacted_at is None:
        await lifecycle.note(session, book, case, "contact_overdue", SYSTEM, now)


async def _overdue(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    if case.status in OPEN:
        await lifecycle.note(session, book, case, "overdue", SYSTEM, now, changes={"overdue": True})


async def _escalate(session: AsyncSession, book: Book, case: Case, now: datetime) -> datetime | None:
    """One level a day, to the top of the chain: a month of silence is not one escalation."""
    if case.status not in OPEN:
        return None
    await _up(session, book, case, "escalate", now)
    if case.level >= len(dispatch.all_above(book, case, case.assignee)) or case.clock is None:
        return None
    return due(Span(1, "d"), book.policies[case.clock].calendar, now, book.calendar)


async def _stop_waiting(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    if case.status is Status.WAITING:
        await lifecycle.move(session, book, case, "stop_waiting", SYSTEM, now)


async def _close(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    if case.status is Status.RESOLVED:
        await lifecycle.move(session, book, case, "close", SYSTEM, now)


async def _up(session: AsyncSession, book: Book, case: Case, kind: str, now: datetime) -> None:
    above = dispatch.stands_above(book, case, case.assignee, case.level)
    told, changes = [above] if above else [], {"level": case.level + 1}
    await lifecycle.note(session, book, case, kind, SYSTEM, now, details={"to": above}, changes=changes, above=told)


ACTS: Mapping[ClockAct, Act] = {
    ClockAct.REMIND: _remind,
    ClockAct.SIGN_OVERDUE: _sign_overdue,
    ClockAct.CONTACT_OVERDUE: _contact_overdue,
    ClockAct.OVERDUE: _overdue,
    ClockAct.ESCALATE: _escalate,
    ClockAct.STOP_WAITING: _stop_waiting,
    ClockAct.CLOSE: _close,
}
