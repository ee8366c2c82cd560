"""The clock's rows: which timers start, stop, pause and go on when something happens to a case."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any
from uuid import UUID

from sqlalchemy import TEXT, Executable, any_, bindparam, cast
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import Book
from cases.clock import Span, deadlines, due, resume, schedule
from models import Case, ClockAct, Timer
from models.base import WORDS

WAIT_FOR_RESIDENT = timedelta(days=3)
CLOSE_AFTER = timedelta(days=7)

HELD = "held_timers"  # in session.info: what `together` writes at its end

RUNNING = frozenset({ClockAct.REMIND, ClockAct.CONTACT_OVERDUE, ClockAct.OVERDUE, ClockAct.ESCALATE})
ALL = frozenset(ClockAct)

STOPS: Mapping[str, frozenset[ClockAct]] = {
    "sign": frozenset({ClockAct.SIGN_OVERDUE}),
    "contact": frozenset({ClockAct.CONTACT_OVERDUE}),
    "relay": frozenset({ClockAct.CONTACT_OVERDUE}),
    "ask": frozenset({ClockAct.CONTACT_OVERDUE}),
    "reply": frozenset({ClockAct.CONTACT_OVERDUE}),
    "answer": frozenset({ClockAct.STOP_WAITING}),
    "stop_waiting": frozenset({ClockAct.STOP_WAITING}),
    "pass_by": frozenset({ClockAct.STOP_WAITING}),
    "merge": frozenset({ClockAct.STOP_WAITING}),
    "approve": ALL,
    "resolve_along": ALL,
    "reject": ALL,
    "reject_along": ALL,
    "withdraw": ALL,
    "rate": ALL,
    "close": ALL,
    "reopen": ALL,
}


async def begin(session: AsyncSession, book: Book, case: Case, clock: str, now: datetime) -> dict[str, Any]:
    """Start a round's clock at `now`; returns the due times to keep on the case."""
    policy = book.policies[clock]
    due = deadlines(policy, now, book.calendar)
    await _set(session, case, schedule(policy, now, book.calendar))
    return {"clock": clock, "sign_due_at": due.sign, "contact_due_at": due.contact, "due_at": due.resolve}


async def sign_again(session: AsyncSession, book: Book, case: Case, now: datetime) -> dict[str, Any]:
    """Somebody else has to sign: their own time for it. The time to resolve is not lengthened."""
    if case.clock is None:
        return {}
    due = deadlines(book.policies[case.clock], now, book.calendar).sign
    await _set(session, case, {ClockAct.SIGN_OVERDUE: due})
    return {"sign_due_at": due}


async def extend(session: AsyncSession, book: Book, case: Case, days: int, now: datetime) -> dict[str, Any]:
    """So many more days of the policy's calendar; reminder and escalation move as far as the deadline does.

    What the clock had done already it does again if its new time is still to come.
    """
    before, new = case.due_at, longer(book, case, days)
    assert case.clock is not None and before is not None
    kind = book.policies[case.clock].calendar
    moving = (ClockAct.REMIND, ClockAct.OVERDUE, ClockAct.ESCALATE)
    chosen = select(Timer).where(Timer.case_id == case.id, Timer.round == case.round, col(Timer.act).in_(moving))
    await _write_held(session)
    for timer in (await session.exec(chosen)).all():
        timer.due_at = resume(timer.due_at, before, new, kind, book.calendar)
        if timer.done_at and timer.due_at > now:
            timer.done_at, timer.paused = None, case.paused_at is not None
    return {"due_at": new, "overdue": case.overdue and new <= now}


def longer(book: Book, case: Case, days: int) -> datetime:
    """The deadline with so many more days of the policy's calendar."""
    assert case.clock is not None and case.due_at is not None, "whoever handles a case has a deadline"
    return due(Span(days, "d"), book.policies[case.clock].calendar, case.due_at, book.calendar)


async def after(session: AsyncSession, book: Book, case: Case, kind: str, now: datetime) -> dict[str, Any]:
    """What an event does to the clock; returns columns of the case to change with it."""
    if kind in STOPS:
        await _stop(session, case, STOPS[kind], now)
    match kind:
        case "ask":
            return await _pause(session, case, now)
        case "answer" | "stop_waiting" | "pass_by":
            return await _go_on(session, book, case, now)
        case "merge":
            return await _stand_still(session, book, case, now)
        case "unmerge":
            return await _where_it_was(session, book, case, now)
        case "approve" | "resolve_along":
            await _set(session, case, {ClockAct.CLOSE: now + CLOSE_AFTER})
    return {}


def stamps(case: Case, kind: str, now: datetime) -> dict[str, Any]:
    """The times an event puts on its case; known beforehand, so they are written with the step itself."""
    match kind:
        case "sign":
            return {"signed_at": now}
        case "contact" | "relay" | "ask":
            return {} if case.contacted_at else {"contacted_at": now}
        case "approve" | "resolve_along":
            return {"resolved_at": now}
        case "rate" | "close" | "reject" | "reject_along" | "withdraw":
            return {"closed_at": now}
    return {}


async def _pause(session: AsyncSession, case: Case, now: datetime) -> dict[str, Any]:
    where = (col(Timer.case_id) == case.id, col(Timer.round) == case.round, col(Timer.done_at).is_(None))
    await _write_held(session)
    await session.execute(update(Timer).where(*where, col(Timer.act).in_(RUNNING)).values(paused=True))
    await _set(session, case, {ClockAct.STOP_WAITING: now + WAIT_FOR_RESIDENT})
    return {"paused_at": now}


async def _go_on(session: AsyncSession, book: Book, case: Case, now: datetime) -> dict[str, Any]:
    """Every paused timer moves by the time the case waited."""
    if case.paused_at is None or case.clock is None:
        return {"paused_at": None}
    kind = book.policies[case.clock].calendar
    paused = select(Timer).where(Timer.case_id == case.id, col(Timer.paused), col(Timer.done_at).is_(None))
    await _write_held(session)
    for timer in (await session.exec(paused)).all():
        timer.due_at = resume(timer.due_at, case.paused_at, now, kind, book.calendar)
        timer.paused = False
    due = case.due_at and resume(case.due_at, case.paused_at, now, kind, book.calendar)
    return {"paused_at": None, "due_at": due}


async def _stand_still(session: AsyncSession, book: Book, case: Case, now: datetime) -> dict[str, Any]:
    """Merged: another case's clock counts. The time it waited for the resident is made good before."""
    changes = await _go_on(session, book, case, now) if case.paused_at else {}
    await _write_held(session)
    await session.execute(update(Timer).where(*_to_come(case)).values(paused=True))
    return changes


async def _where_it_was(session: AsyncSession, book: Book, case: Case, now: datetime) -> dict[str, Any]:
    """Parted again: due when it was due before, for nobody gains time by merging; only signing begins anew."""
    await _write_held(session)
    await session.execute(update(Timer).where(*_to_come(case)).values(paused=False))
    return await sign_again(session, book, case, now)


async def hand_on(session: AsyncSession, book: Book, case: Case, heir: Case, now: datetime) -> dict[str, Any]:
    """Another case goes on by this one's clock; returns columns of that case. To be called before this one ends."""
    await _stop(session, heir, ALL, now)
    if case.clock is None:
        return {}
    kind, due = book.policies[case.clock].calendar, case.due_at
    times = dict[ClockAct, datetime]()
    await _write_held(session)
    for timer in (await session.exec(select(Timer).where(*_to_come(case)))).all():
        if timer.act in (ClockAct.STOP_WAITING, ClockAct.CLOSE):
            continue
        waited = timer.paused and case.paused_at
        times[timer.act] = resume(timer.due_at, waited, now, kind, book.calendar) if waited else timer.due_at
    if due and case.paused_at:
        due = resume(due, case.paused_at, now, kind, book.calendar)
    if times:
        await _set(session, heir, times)
    kept = ("clock", "sign_due_at", "contact_due_at", "signed_at", "contacted_at", "overdue", "level", "extensions")
    return {**{name: getattr(case, name) for name in kept}, "due_at": due, "paused_at": None}


def _to_come(case: Case) -> tuple[Any, ...]:
    """What the clock of this round has not done yet."""
    return col(Timer.case_id) == case.id, col(Timer.round) == case.round, col(Timer.done_at).is_(None)


async def _set(session: AsyncSession, case: Case, times: Mapping[ClockAct, datetime]) -> None:
    """Start timers, or set the ones of this round anew."""
    rows = [
        {"case_id": case.id, "act": act, "round": case.round, "due_at": at, "paused": False}
        for act, at in times.items()
    ]
    await _write(session, case.id, _SET, rows)


async def set_again(session: AsyncSession, later: Sequence[Mapping[str, Any]]) -> None:
    """What was done and will be done once more: `its_id` of the timer, and `later`, when."""
    rows = Timer.__table__  # type: ignore[attr-defined]
    statement = rows.update().where(rows.c.id == bindparam("its_id")).values(due_at=bindparam("later"), done_at=None)
    await (await session.connection()).execute(statement, list(later))


async def _stop(session: AsyncSession, case: Case, acts: Iterable[ClockAct], now: datetime) -> None:
    await _write(session, case.id, _STOP, [{"its_case": case.id, "acts": sorted(map(str, acts)), "now": now}])


@asynccontextmanager
async def together(session: AsyncSession) -> AsyncIterator[None]:
    """For many acts at once: what starts and stops is written by a few statements, at the end or before it is read."""
    session.info[HELD] = {}
    try:
        yield
        await _write_held(session)
    finally:
        del session.info[HELD]


async def _write(session: AsyncSession, case: UUID, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
    held: Held | None = session.info.get(HELD)
    if held is None:
        await (await session.connection()).execute(statement, rows)
    else:
        held.setdefault(case, []).append((statement, rows))


async def _write_held(session: AsyncSession) -> None:
    """In each case's own order: first what was first for any of them, and so on."""
    held: Held = session.info.get(HELD, {})
    connection = await session.connection()
    for at_once in zip_longest(*held.values()):
        for statement in (_STOP, _SET):
            rows = [row for one in at_once if one and one[0] is statement for row in one[1]]
            if rows:
                await connection.execute(statement, rows)
    held.clear()


def _setting() -> Executable:
    new = insert(Timer.__table__).values(  # type: ignore[attr-defined]
        {name: bindparam(name) for name in ("case_id", "act", "round", "due_at", "paused")}
    )
    again = {"due_at": new.excluded.due_at, "paused": False, "done_at": None}
    return new.on_conflict_do_update(index_elements=["case_id", "act", "round"], set_=again)


def _stopping() -> Executable:
    rows = Timer.__table__  # type: ignore[attr-defined]
    its = (rows.c.case_id == bindparam("its_case"), cast(rows.c.act, TEXT) == any_(bindparam("acts", type_=WORDS)))
    stopped: Executable = rows.update().where(*its, rows.c.done_at.is_(None)).values(done_at=bindparam("now"))
    return stopped


Held = dict[UUID, list[tuple[Executable, Sequence[Mapping[str, Any]]]]]
_SET, _STOP = _setting(), _stopping()
