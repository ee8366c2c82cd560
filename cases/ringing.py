"""An alarm nobody has answered is told again, each time to one more of those who stand above; and who answers it."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import alarms, dispatch, lifecycle
from cases.actors import SYSTEM, staff
from cases.book import Book
from models import Alarm, Case, Person


async def sweep(session: AsyncSession, book: Book, now: datetime, limit: int = 20) -> int:
    """Ring what is due, each once even with two sweepers; returns how many rows were taken.

    Call it in a transaction of its own until it returns 0.
    """
    due = select(Alarm, Case).join(Case, col(Case.id) == Alarm.case_id)
    due = due.where(col(Alarm.taken_at).is_(None), col(Alarm.cancelled_at).is_(None), col(Alarm.next_at) <= now)
    due = due.order_by(col(Alarm.next_at)).limit(limit).with_for_update(skip_locked=True)
    rows = (await session.exec(due)).all()
    for alarm, case in rows:
        await _ring(session, book, alarm, case, now)
    return len(rows)


async def take(session: AsyncSession, book: Book, case: Case, person: Person, now: datetime) -> None:
    """接警: somebody sees to it, whoever has the case; those who were called hear that they need not."""
    told = {"told": case.called}
    await lifecycle.move(session, book, case, alarms.TAKEN, staff(person), now, details=told)


async def cancel(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """误报, with the reason: no danger from now on, and the case goes its way with the clock it has."""
    told = {"told": case.called, "danger": case.danger}
    await lifecycle.move(session, book, case, alarms.FALSE, staff(person), now, text=text, details=told)


async def _ring(session: AsyncSession, book: Book, alarm: Alarm, case: Case, now: datetime) -> None:
    """The second time whoever stands right above hears it too, the third time the next one up, and so on."""
    higher = dispatch.all_above(book, case, case.assignee)[: alarm.rung]
    alarm.rung, alarm.next_at = alarm.rung + 1, alarms.next_ring(alarm.raised_at, now)
    details = {"rung": alarm.rung, "to": higher[-1] if higher else None}
    changes = {"called": [*case.called, *(one for one in higher if one not in case.called)]}
    await lifecycle.note(session, book, case, alarms.RINGS, SYSTEM, now, details=details, changes=changes, above=higher)
