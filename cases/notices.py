"""Who is told what: one table from steps and clock acts to audiences, written as notification rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, duty
from cases.book import Book
from models import Case, Event, Notification, Role


class Audience(StrEnum):
    RESIDENT = "resident"
    ASSIGNEE = "assignee"
    LEADERS = "leaders"  # of the lead unit
    DISPATCHERS = "dispatchers"
    ABOVE = "above"  # named by the act: the next level up
    FORMER = "former"  # who had it before
    DUTY = "duty"  # whoever is on, when it is about danger, or about lateness at night
    DECIDE = "decide"  # on more time: the lead unit's other leaders, else the supervisors


_A = Audience
TOLD: Mapping[str, tuple[Audience, ...]] = {
    "submit": (),  # the receipt is said in the same conversation
    "hold": (_A.DISPATCHERS, _A.DUTY),
    "route": (_A.ASSIGNEE, _A.RESIDENT, _A.DUTY),
    "arbitrate": (_A.DISPATCHERS,),
    "assign": (_A.ASSIGNEE, _A.RESIDENT, _A.DUTY),
    "reject": (_A.RESIDENT,),
    "sign": (_A.RESIDENT,),
    "return": (),
    "contact": (_A.RESIDENT,),
    "relay": (_A.RESIDENT,),
    "relay_back": (_A.ASSIGNEE,),
    "hang_up": (_A.ASSIGNEE, _A.RESIDENT),
    "extend": (_A.DECIDE,),
    "grant_extension": (_A.ASSIGNEE, _A.RESIDENT),
    "refuse_extension": (_A.ASSIGNEE,),
    "reassign": (_A.ASSIGNEE, _A.FORMER),
    "untold": (_A.ASSIGNEE,),
    "relabel": (),
    "ask": (_A.RESIDENT,),
    "reply": (_A.LEADERS,),
    "approve": (_A.RESIDENT,),
    "send_back": (_A.ASSIGNEE,),
    "answer": (_A.ASSIGNEE,),
    "supplement": (_A.ASSIGNEE,),
    "urge": (_A.ASSIGNEE, _A.LEADERS),
    "withdraw": (_A.ASSIGNEE,),
    "rate": (_A.ASSIGNEE,),
    "reopen": (),
    "stop_waiting": (_A.RESIDENT, _A.ASSIGNEE),
    "close": (_A.RESIDENT,),
    "remind": (_A.ASSIGNEE,),
    "sign_overdue": (_A.ASSIGNEE, _A.ABOVE, _A.DUTY),
    "contact_overdue": (_A.ASSIGNEE,),
    "overdue": (_A.ASSIGNEE, _A.LEADERS, _A.RESIDENT),
    "escalate": (_A.ABOVE, _A.DUTY),
}
DANGER = "desk.danger"
OTHER_KEYS: Mapping[tuple[Audience, str], str] = {  # where one event says two things
    (_A.FORMER, "reassign"): "desk.reassigned",
    **{(_A.DUTY, kind): DANGER for kind in duty.ARRIVES},
}
NEW_NOTICES = "new_notices"  # in session.info: rows the transaction has to defer deliveries for


async def tell(
    session: AsyncSession,
    book: Book,
    case: Case,
    event: Event,
    now: datetime,
    *,
    args: Mapping[str, Any],
    above: Sequence[str] = (),
    leave_out: Sequence[Audience] = (),
) -> None:
    """Write a row for everybody this event concerns, each once, except the one who caused it."""
    told = {event.actor}
    for audience in TOLD[event.kind]:
        if audience in leave_out:
            continue
        key = OTHER_KEYS.get((audience, event.kind), f"desk.{event.kind}")
        for person in await _people(session, book, case, event, audience, above):
            if person not in told:
                told.add(person)
                _write(session, case, event, key, now, args, person=person)
        if audience is Audience.RESIDENT and event.role is not Role.RESIDENT:
            _write(session, case, event, f"resident.{event.kind}", now, args)


async def _people(
    session: AsyncSession, book: Book, case: Case, event: Event, audience: Audience, above: Sequence[str]
) -> Sequence[str]:
    match audience:
        case Audience.DUTY:
            called = await duty.concerned(session, book, case, event.kind, event.at)
            case.called = [*case.called, *(person for person in called if person not in case.called)]
            return called
        case Audience.FORMER:
            return [event.details["from"]] if event.details.get("from") else []
        case Audience.DECIDE if others := access.others_leading(book, case):
            return sorted(others)
        case Audience.DECIDE:
            return book.of_role(Role.SUPERVISOR)
        case Audience.ABOVE:
            return above
        case Audience.ASSIGNEE if case.assignee:
            return [case.assignee]
        case Audience.ASSIGNEE | Audience.DISPATCHERS:  # nobody has it: the dispatch desk does
            return book.of_role(Role.DISPATCHER)
        case Audience.LEADERS:
            return book.leading(case.unit)
    return []


def _write(
    session: AsyncSession,
    case: Case,
    event: Event,
    key: str,
    now: datetime,
    args: Mapping[str, Any],
    person: str | None = None,
) -> None:
    row = Notification(
        unique_key=f"{case.id}:{event.seq}:{key}:{person or case.resident}",
        resident=None if person else case.resident,
        person=person,
        case_id=case.id,
        text_key=key,
        args=dict(args),
        photos=list(event.photos) if event.public else [],
        created_at=now,
    )
    session.add(row)
    session.info.setdefault(NEW_NOTICES, []).append(row)
