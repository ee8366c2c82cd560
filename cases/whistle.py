"""Several units at one case (吹哨报到): each called unit gets a task of its own, with a clock of its own.

Signing is due within the policy's own time for it, two working hours at most: a whistle is blown for what cannot
wait. The answer is then due when the case is. The lead answers the resident only when every called unit has answered,
declined or been let off.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, dispatch, evidence, lifecycle
from cases.access import PENDING
from cases.actors import SYSTEM, staff
from cases.book import Book
from cases.clock import deadlines
from cases.errors import Missing, Stale
from models import OPEN, Case, CoStatus, CoTask, Person, Role

AT_MOST = timedelta(hours=2)  # of working time, until a called unit has signed
LATE = "co_overdue"
_AS_INDEXED: BindParameter[Any] = bindparam(
    "pending", sorted(PENDING), expanding=True, literal_execute=True
)  # for the partial index


async def whistle(
    session: AsyncSession,
    book: Book,
    case: Case,
    person: Person,
    calls: Mapping[str, str],
    text: str,
    now: datetime,
) -> None:
    """吹哨. `calls`: unit → what it alone is to do beside `text`. A unit that ended its part may be called again."""
    _callable(book, case, person, calls)
    known = dict(case.co_tasks)
    for unit in calls:
        who = await dispatch.least_loaded(session, book, case, unit, now)
        if who is None:
            raise Missing("whistle.nobody")
        asked = "\n".join(filter(None, [text, calls[unit].strip()]))
        task = {"assignee": who, "called_by": person.code, "asked": asked, "due_at": sign_by(book, case, now)}
        known[unit] = _known(await _call(session, case, unit, task, now))
    changes = {"co_tasks": known, "co_units": [*dict.fromkeys([*case.co_units, *calls])]}
    details = _about(list(calls), [known[unit]["assignee"] for unit in calls])
    by = staff(person)
    await lifecycle.move(session, book, case, "whistle", by, now, text=text, details=details, changes=changes)


async def sign(session: AsyncSession, book: Book, case: Case, person: Person, now: datetime) -> None:
    """报到. From here on the unit has as long as the case has; where that is over, once more the time for signing."""
    row = await _mine(session, case, person, {CoStatus.CALLED})
    row.status, row.assignee, row.signed_at, row.overdue = CoStatus.SIGNED, person.code, now, False
    row.due_at = max(case.due_at or now, sign_by(book, case, now))
    await _step(session, book, case, "co_sign", person, row, now)


async def answer(
    session: AsyncSession,
    book: Book,
    case: Case,
    person: Person,
    text: str,
    photos: Sequence[str],
    now: datetime,
) -> None:
    """What the unit did, for the lead. Its photos are the staff's own: the lead sends what the resident shall see."""
    row = await _mine(session, case, person, {CoStatus.SIGNED})
    _end(row, CoStatus.ANSWERED, text, now)
    row.photos = list(photos)
    await _step(session, book, case, "co_answer", person, row, now, text=text, photos=photos)
    await evidence.attach(session, case.id, photos)


async def decline(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """Not ours, with the reason: whoever called them decides what then."""
    row = await _mine(session, case, person, PENDING)
    _end(row, CoStatus.DECLINED, text, now)
    await _step(session, book, case, "co_decline", person, row, now, text=text)


async def waive(
    session: AsyncSession, book: Book, case: Case, person: Person, unit: str, text: str, now: datetime
) -> None:
    """The supervisor lets a unit off: the lead need not wait for it."""
    row = await _of(session, case, unit)
    if row is None or row.status not in PENDING:
        raise Missing("whistle.not_called")
    _end(row, CoStatus.WAIVED, text, now)
    row.waived_by = person.code
    told = [one for one in (row.called_by, row.assignee) if one]
    await _step(session, book, case, "co_waive", person, row, now, text=text, told=told)


async def sweep_co_tasks(session: AsyncSession, book: Book, now: datetime, limit: int = 100) -> int:
    """Tell of what nobody signed or answered in time, each once even with two sweepers; returns how many were taken.

    A unit that was called to a case which is over by now is let off by nobody. Call it until it returns 0.
    """
    late = select(CoTask, Case).join(Case, col(Case.id) == CoTask.case_id)
    late = late.where(col(CoTask.status).in_(_AS_INDEXED), ~col(CoTask.overdue), col(CoTask.due_at) <= now)
    late = late.order_by(col(CoTask.due_at)).limit(limit).with_for_update(skip_locked=True)
    rows = (await session.exec(late)).all()
    for row, case in rows:
        if case.status not in OPEN or row.round != case.round:
            _end(row, CoStatus.WAIVED, "", now)
            continue
        row.overdue = True
        told = _about([row.unit], _concerned(book, row))
        await lifecycle.note(session, book, case, LATE, SYSTEM, now, details=told)
    return len(rows)


def _concerned(book: Book, row: CoTask) -> list[str]:
    """Whoever called, whoever was called, the unit's leaders and the supervisors."""
    here = [row.called_by, row.assignee] if row.assignee else [row.called_by]
    return [*here, *book.leading(row.unit), *book.of_role(Role.SUPERVISOR)]


def sign_by(book: Book, case: Case, now: datetime) -> datetime:
    """The policy's own time for signing, and never more than two working hours."""
    assert case.clock is not None, "whoever has signed a case has a clock"
    policy = deadlines(book.policies[case.clock], now, book.calendar)
    return min(policy.sign, book.calendar.add(now, AT_MOST))


def _callable(book: Book, case: Case, person: Person, calls: Mapping[str, str]) -> None:
    if not calls or not set(calls) <= set(book.units):
        raise Missing("step.needs_units")
    if person.unit in calls:
        raise Missing("whistle.own_unit")
    if set(calls) & set(access.awaited(case)):
        raise Missing("whistle.already")


async def _call(session: AsyncSession, case: Case, unit: str, task: dict[str, Any], now: datetime) -> CoTask:
    """The unit's row of this round, new or begun anew; what was before stands in the timeline."""
    fresh = {"status": CoStatus.CALLED, "called_at": now, "overdue": False, "answer": "", "photos": []}
    task |= fresh | dict.fromkeys(("signed_at", "ended_at", "waived_by"))
    row = await _of(session, case, unit)
    row = row.sqlmodel_update(task) if row else CoTask(case_id=case.id, round=case.round, unit=unit, **task)
    session.add(row)
    return row


async def _of(session: AsyncSession, case: Case, unit: str) -> CoTask | None:
    chosen = select(CoTask).where(CoTask.case_id == case.id, CoTask.round == case.round, CoTask.unit == unit)
    return (await session.exec(chosen.with_for_update())).first()


async def _mine(session: AsyncSession, case: Case, person: Person, states: Set[CoStatus]) -> CoTask:
    row = await _of(session, case, person.unit)
    if row is None or row.status not in states:
        raise Stale("step.stale", number=case.number)
    return row


def _end(row: CoTask, status: CoStatus, text: str, now: datetime) -> None:
    row.status, row.ended_at, row.answer = status, now, text


async def _step(
    session: AsyncSession,
    book: Book,
    case: Case,
    name: str,
    person: Person,
    row: CoTask,
    now: datetime,
    *,
    text: str = "",
    photos: Sequence[str] = (),
    told: Sequence[str] | None = None,
) -> None:
    details = _about([row.unit], [row.called_by] if told is None else told)
    await lifecycle.move(
        session, book, case, name, staff(person), now,
        text=text, details=details, photos=photos, changes={"co_tasks": {**case.co_tasks, row.unit: _known(row)}},
    )  # fmt: skip


def _about(units: Sequence[str], told: Sequence[str]) -> dict[str, Any]:
    return {"called": list(units), "told": list(dict.fromkeys(told))}


def _known(row: CoTask) -> dict[str, Any]:
    """What `cases.access` has to know of it without a second look: kept on the case."""
    return {"status": str(row.status), "assignee": row.assignee, "due": row.due_at.isoformat()}
