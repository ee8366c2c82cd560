"""Alarms about danger: raised when a case with words of danger is handed out, over when somebody answers.

Rows only, kept by `lifecycle` with every event; `cases.ringing` tells people again while nobody has answered.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from models import OPEN, Alarm, Case, Event

HEARD = "alarm"  # the kind of event: words of danger about a case that had none
RAISES = frozenset({"route", "hold", "assign", "arbitrate", "relocate", HEARD})  # nobody at its desk has answered yet
TAKEN, FALSE = "take_alarm", "false_alarm"
ANSWERED = frozenset({"sign", TAKEN})
RINGS = "ring"  # the kind of event, told again

OFTEN, OFTEN_FOR = timedelta(minutes=5), timedelta(hours=2)
SELDOM, RINGS_FOR = timedelta(minutes=30), timedelta(hours=24)  # then the case is overdue, and goes up as any other


async def after(session: AsyncSession, case: Case, event: Event) -> dict[str, Any]:
    """What an event does to the alarm; returns columns of the case to change with it."""
    if event.kind in RAISES and case.danger:
        await _raise(session, case, event.at)
        return {"ringing": True}
    if event.kind == FALSE:
        await _end(session, case, cancelled_by=event.actor, cancelled_at=event.at, why=event.text)
        return {"ringing": False, "danger": None}
    if not case.ringing:
        return {}
    if event.kind in ANSWERED:
        await _end(session, case, taken_by=event.actor, taken_at=event.at)
        return {"ringing": False}
    if case.status not in OPEN:  # withdrawn, not for us, or it follows another: nobody has to come
        await _end(session, case)
        return {"ringing": False}
    return {}


async def listeners(session: AsyncSession, case: Case) -> list[str]:
    """Who wants every word about it: all who were called, until somebody came; from then on whoever that was."""
    if case.ringing:
        return list(case.called)
    alarm = await session.get(Alarm, case.id, populate_existing=True)
    return [alarm.taken_by] if alarm and alarm.taken_by else []


def next_ring(raised_at: datetime, now: datetime) -> datetime | None:
    """When it is told again, if nobody answers until then."""
    after_ = now + (OFTEN if now - raised_at < OFTEN_FOR else SELDOM)
    return after_ if after_ <= raised_at + RINGS_FOR else None


async def _raise(session: AsyncSession, case: Case, now: datetime) -> None:
    """One alarm a case; a desk it comes to later has it from the beginning."""
    new = {"kind": case.danger, "raised_at": now, "next_at": next_ring(now, now), "rung": 1, "why": ""}
    gone = dict.fromkeys(("taken_by", "taken_at", "cancelled_by", "cancelled_at"))
    statement = insert(Alarm).values(case_id=case.id, **new)
    await session.execute(statement.on_conflict_do_update(index_elements=["case_id"], set_={**new, **gone}))


async def _end(session: AsyncSession, case: Case, **how: Any) -> None:
    await session.execute(update(Alarm).where(col(Alarm.case_id) == case.id).values(next_at=None, **how))
