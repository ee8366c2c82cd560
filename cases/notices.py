"""Who is told what: one table from steps and clock acts to audiences, written as notification rows."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, accused, duty
from cases.book import Book
from models import Case, Event, Follower, Notification, Role, Status


class Audience(StrEnum):
    RESIDENT = "resident"
    ASSIGNEE = "assignee"
    LEADERS = "leaders"  # of the lead unit
    DISPATCHERS = "dispatchers"
    ABOVE = "above"  # named by the act: the next level up
    FORMER = "former"  # who had it before
    DUTY = "duty"  # whoever is on, when it is about danger, or about lateness at night
    NAMED = "named"  # by the act, in details["told"]
    CALLED = "called"  # who has a called unit's part in hand
    ACCOUNTABLE = "accountable"  # 首接负责: who signed last, while whoever has it now has not
    FILER = "filer"  # who on the staff filed it for somebody
    DECIDE = "decide"  # on more time: the lead unit's other leaders, else the supervisors


_A = Audience
TOLD: Mapping[str, tuple[Audience, ...]] = {
    "submit": (),  # the receipt is said in the same conversation
    "hold": (_A.DISPATCHERS, _A.DUTY),
    "route": (_A.ASSIGNEE, _A.RESIDENT, _A.DUTY),
    "arbitrate": (_A.DISPATCHERS,),
    "assign": (_A.ASSIGNEE, _A.RESIDENT, _A.DUTY, _A.NAMED),
    "reject": (_A.RESIDENT, _A.FILER),
    "sign": (_A.RESIDENT, _A.NAMED),
    "return": (),
    "contact": (_A.RESIDENT,),
    "relay": (_A.RESIDENT,),
    "relay_back": (_A.ASSIGNEE,),
    "hang_up": (_A.ASSIGNEE, _A.RESIDENT),
    "raise": (_A.ASSIGNEE, _A.RESIDENT),
    "whistle": (_A.NAMED, _A.RESIDENT),
    "co_sign": (_A.NAMED,),
    "co_answer": (_A.NAMED, _A.ASSIGNEE, _A.RESIDENT),
    "co_decline": (_A.NAMED, _A.ASSIGNEE),
    "co_waive": (_A.NAMED, _A.ASSIGNEE),
    "co_overdue": (_A.NAMED, _A.ASSIGNEE),
    "extend": (_A.DECIDE,),
    "grant_extension": (_A.ASSIGNEE, _A.RESIDENT),
    "refuse_extension": (_A.ASSIGNEE,),
    "reassign": (_A.ASSIGNEE, _A.FORMER),
    "cover": (_A.ASSIGNEE,),
    "untold": (_A.ASSIGNEE,),
    "erase": (),
    "relabel": (),
    "ask": (_A.RESIDENT,),
    "reply": (_A.LEADERS,),
    "approve": (_A.RESIDENT, _A.FILER),
    "send_back": (_A.ASSIGNEE,),
    "answer": (_A.ASSIGNEE,),
    "supplement": (_A.ASSIGNEE, _A.NAMED),
    "urge": (_A.ASSIGNEE, _A.ACCOUNTABLE, _A.LEADERS),
    "withdraw": (_A.ASSIGNEE, _A.CALLED),
    "merge": (_A.FORMER, _A.RESIDENT),
    "unmerge": (_A.DISPATCHERS, _A.RESIDENT),
    "merged_in": (_A.ASSIGNEE,),
    "merged_out": (_A.ASSIGNEE,),
    "follow": (),
    "resolve_along": (_A.RESIDENT, _A.FILER),
    "reject_along": (_A.RESIDENT, _A.FILER),
    "lead_unsorted": (_A.ASSIGNEE,),
    "lead_unsigned": (_A.ASSIGNEE,),
    "lead_signed": (_A.ASSIGNEE,),
    "join": (_A.ASSIGNEE,),
    "registered": (_A.NAMED,),
    "reported": (_A.NAMED,),
    "rate": (_A.ASSIGNEE,),
    "reopen": (),
    "stop_waiting": (_A.RESIDENT, _A.ASSIGNEE),
    "close": (_A.RESIDENT,),
    "remind": (_A.ASSIGNEE,),
    "sign_overdue": (_A.ASSIGNEE, _A.ACCOUNTABLE, _A.ABOVE, _A.DUTY),
    "contact_overdue": (_A.ASSIGNEE,),
    "overdue": (_A.ASSIGNEE, _A.ACCOUNTABLE, _A.LEADERS, _A.RESIDENT),
    "escalate": (_A.ABOVE, _A.DUTY),
    "relocate": (_A.ASSIGNEE, _A.DUTY, _A.FORMER),
    "note": (_A.ASSIGNEE,),
    "accuse": (),
    "pass_by": (),
    "alarm": (_A.ASSIGNEE, _A.DUTY),
    "ring": (_A.ASSIGNEE, _A.DUTY, _A.ABOVE),
    "take_alarm": (_A.ASSIGNEE, _A.NAMED),
    "false_alarm": (_A.ASSIGNEE, _A.NAMED),
    "order": (_A.NAMED, _A.RESIDENT),
    "answer_order": (_A.NAMED,),
    "close_order": (_A.NAMED,),
    "order_overdue": (_A.NAMED, _A.ABOVE),
    "exclude": (_A.NAMED,),
    "grant_exclusion": (_A.RESIDENT, _A.NAMED),
    "refuse_exclusion": (_A.NAMED,),
    "appeal": (_A.NAMED,),
    "uphold_appeal": (_A.RESIDENT, _A.NAMED),
    "dismiss_appeal": (_A.RESIDENT, _A.NAMED),
}
DANGER = "desk.danger"
OTHER_KEYS: Mapping[tuple[Audience, str], str] = {  # where one event says two things
    (_A.FORMER, "reassign"): "desk.reassigned",
    (_A.FORMER, "relocate"): "desk.relocated",
    **{(_A.DUTY, kind): DANGER for kind in duty.ARRIVES},
}
ALONG: Mapping[str, str] = {  # what residents of merged cases hear of the case theirs follows, each under their number
    "route": "resident.route",
    "assign": "resident.assign",
    "sign": "resident.sign",
    "contact": "merged.contact",
    "raise": "resident.raise",
    "whistle": "resident.whistle",
    "co_answer": "resident.co_answer",
    "grant_extension": "resident.grant_extension",
    "overdue": "resident.overdue",
}
JOINED: Mapping[str, str] = {  # what they hear who said “me too”
    "route": "joined.assign",
    "assign": "joined.assign",
    "sign": "joined.sign",
    "contact": "joined.contact",
    "raise": "joined.raise",
    "whistle": "joined.whistle",
    "grant_extension": "joined.grant_extension",
    "overdue": "joined.overdue",
    "approve": "joined.approve",
    "resolve_along": "joined.approve",
    "reject": "joined.reject",
    "reject_along": "joined.reject",
    "withdraw": "joined.withdraw",
    **dict.fromkeys(("lead_unsorted", "lead_unsigned", "lead_signed"), "joined.goes_on"),
}
VIA_JOINED = "joined"
FIRST_EVENTS = 2  # of a case so new that nobody can follow it
DECIDED: Mapping[Audience, str] = {_A.ASSIGNEE: "desk.decided", _A.NAMED: "desk.decided_elsewhere"}  # in arbitration
_FOLLOWED = select(Case.master).where(col(Case.master) == any_(bindparam("cases", type_=ARRAY(Uuid)))).distinct()
MASTERS = "masters"  # in session.info: which of many cases others follow
UNFOLLOWED = "unfollowed"  # in session.info: cases nobody follows; whoever begins to changes their version
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
    """Write a row for everybody this event concerns, each once, except the one who caused it and those it is about."""
    told = {event.actor}
    for audience in TOLD[event.kind]:
        if audience in leave_out:
            continue
        key = _key(audience, event)
        for person in await _people(session, book, case, event, audience, above):
            if person not in told and not accused.is_hidden(book, case, person):
                told.add(person)
                _write(session, case, event, key, now, args, person=person)
        if audience is Audience.RESIDENT and event.role is not Role.RESIDENT:
            _write(session, case, event, f"resident.{event.kind}", now, args)
    await _tell_along(session, case, event, now, args)


async def _tell_along(session: AsyncSession, case: Case, event: Event, now: datetime, args: Mapping[str, Any]) -> None:
    """Residents of the cases merged into this one, and those who joined any of them; nobody hears of the others."""
    along, joined = ALONG.get(event.kind), JOINED.get(event.kind)
    if event.seq <= FIRST_EVENTS or not (along or joined):
        return
    merged: Sequence[Case] = ()
    if along:
        merged = await _merged(session, case)
        for one in merged:
            _write(session, one, event, along, now, {**args, "number": one.number}, about=case)
    for one in (case, *merged):
        if joined and one.joined:
            said = {**args, "number": one.number}
            for resident in await _joined(session, one):
                _write(session, one, event, joined, now, said, resident=resident, about=case)


async def _merged(session: AsyncSession, case: Case) -> Sequence[Case]:
    if not is_followed(session, case):
        return ()
    followed = select(Case).where(Case.master == case.id, Case.status == Status.MERGED)
    return (await session.exec(followed.order_by(col(Case.number)))).all()


def is_followed(session: AsyncSession, case: Case) -> bool:
    """False where it is known that no case is merged into this one: it is too new, or that was asked before."""
    masters: frozenset[UUID] | None = session.info.get(MASTERS)
    known = case.version <= FIRST_EVENTS or case.id in session.info.get(UNFOLLOWED, ())
    return not known and (masters is None or case.id in masters)


@asynccontextmanager
async def about_many(session: AsyncSession, cases: Sequence[Case]) -> AsyncIterator[None]:
    """For many acts at one moment, on rows that are locked: what is asked for each is asked once for all."""
    asked = {"cases": [case.id for case in cases]}
    session.info[MASTERS] = frozenset((await session.execute(_FOLLOWED, asked)).scalars()) if cases else frozenset()
    try:
        async with duty.known_once(session):
            yield
    finally:
        del session.info[MASTERS]


async def _joined(session: AsyncSession, case: Case) -> Sequence[UUID]:
    chosen = select(Follower.resident).where(Follower.case_id == case.id, Follower.via == VIA_JOINED)
    return (await session.exec(chosen.order_by(col(Follower.at), col(Follower.resident)))).all()


def _key(audience: Audience, event: Event) -> str:
    if event.details.get("binding") and audience in DECIDED:
        return DECIDED[audience]
    return OTHER_KEYS.get((audience, event.kind), f"desk.{event.kind}")


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
        case Audience.FILER:
            return [case.filed_by] if case.filed_by else []
        case Audience.NAMED:
            return list(event.details.get("told", ()))
        case Audience.CALLED:
            return [task["assignee"] for task in case.co_tasks.values() if task["status"] in access.PENDING]
        case Audience.ACCOUNTABLE:
            return [case.accountable] if case.accountable else []
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
    resident: UUID | None = None,
    about: Case | None = None,
) -> None:
    """`about`: the case it happened to, where it is told of another that goes along."""
    whose = person or resident or case.resident
    along = f":{case.id}" if about else ""
    row = Notification(
        unique_key=f"{(about or case).id}:{event.seq}:{key}:{whose}{along}",
        resident=None if person else resident or case.resident,
        person=person,
        case_id=case.id,
        text_key=key,
        args=dict(args),
        photos=list(event.photos) if event.public else [],
        created_at=now,
    )
    session.add(row)
    session.info.setdefault(NEW_NOTICES, []).append(row)
