"""The staff's door: what somebody asks for, from whichever channel, checked and done — once for each key."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, accusing, exclusion, extension, handling, levels, merging, orders, relay, ringing, whistle
from cases.actors import staff
from cases.book import Book
from cases.errors import Missing, Stale
from models import Case, ExclusionReason, Outcome, Person, Photo, ReturnReason, StaffAct

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True)
class Asked:
    """A step somebody asks for. `version` is the case's as they saw it; the rest is what the step needs."""

    key: str
    step: str
    version: int
    text: str = ""
    reason: str | None = None
    ground: str | None = None
    outcome: str | None = None
    photos: Sequence[UUID] = ()
    unit: str | None = None
    units: Mapping[str, str] = field(default_factory=dict)  # called ones: what each alone is to do beside `text`
    assignee: str | None = None
    category: str | None = None
    days: int | None = None
    master: str | None = None


_TAKEN = insert(StaffAct.__table__).on_conflict_do_nothing().returning(col(StaffAct.person), col(StaffAct.key))  # type: ignore[attr-defined]
CLAIMED = "claimed"  # in session.info: person and key of what `claim` found new and nobody took yet


async def take(session: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> bool:
    """One step; False when this very request was already done.

    Raises Stale when the case moved on since they looked or the key stands for another step, NotAllowed when it is
    not theirs to do, Missing when something the step needs is not there.
    """
    if not await _first_time(session, person, asked, case, now):
        return False
    if asked.version != case.version and asked.step not in access.ANYTIME | access.CALLED:
        raise Stale("step.stale", number=case.number)
    await handling.allowed(session, book, case, person, asked.step, now)
    await _own_photos(session, person, asked)
    await STEPS[asked.step](session, book, case, person, asked, now)
    return True


async def claim(session: AsyncSession, some: Sequence[tuple[Case, Person, Asked, datetime]]) -> None:
    """For many steps at once: whether each is asked for the first time is found out by one statement."""
    rows = [_claimed(*one) for one in some]
    taken = (await (await session.connection()).execute(_TAKEN, rows)).all() if rows else []
    session.info[CLAIMED] = {tuple(row) for row in taken}


async def _first_time(session: AsyncSession, person: Person, asked: Asked, case: Case, now: datetime) -> bool:
    if (person.code, asked.key) in session.info.get(CLAIMED, ()):
        session.info[CLAIMED].remove((person.code, asked.key))
        return True
    row = _claimed(case, person, asked, now)
    if (await (await session.connection()).execute(_TAKEN, row)).first() is not None:
        return True
    known = await session.get_one(StaffAct, (person.code, asked.key))
    if (known.case_id, known.step) != (case.id, asked.step):
        raise Stale("step.stale", number=case.number)
    return False


def _claimed(case: Case, person: Person, asked: Asked, now: datetime) -> dict[str, Any]:
    return {"person": person.code, "key": asked.key, "case_id": case.id, "step": asked.step, "at": now}


async def _own_photos(session: AsyncSession, person: Person, asked: Asked) -> None:
    """Evidence is what this person uploaded and has not used yet."""
    for photo in asked.photos:
        row = await session.get(Photo, photo, with_for_update=True)
        if row is None or row.person != person.code or row.case_id is not None:
            raise Missing("photo.not_found")


async def _sign(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.sign(s, book, case, person, now)


async def _return(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    reason = _one_of(ReturnReason, asked.reason, "step.needs_reason")
    await handling.return_(s, book, case, person, reason, asked.text, _photos(asked), now)


async def _contact(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.contact(s, book, case, person, asked.text, now)


async def _note(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.note(s, book, case, person, asked.text, now)


async def _ask(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.ask(s, book, case, person, asked.text, now)


async def _reply(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    outcome = _one_of(Outcome, asked.outcome, "step.needs_outcome")
    await handling.reply(s, book, case, person, outcome, asked.text, _photos(asked), now)


async def _relay(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await relay.say(s, book, case, person, asked.text, _photos(asked), now)


async def _hang_up(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await relay.hang_up(s, book, case, staff(person), now)


async def _raise(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await levels.raise_(s, book, case, person, asked.text, now)


async def _whistle(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await whistle.whistle(s, book, case, person, asked.units, asked.text, now)


async def _co_sign(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await whistle.sign(s, book, case, person, now)


async def _co_answer(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await whistle.answer(s, book, case, person, asked.text, _photos(asked), now)


async def _co_decline(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await whistle.decline(s, book, case, person, asked.text, now)


async def _co_waive(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    if not asked.unit:
        raise Missing("step.needs_unit")
    await whistle.waive(s, book, case, person, asked.unit, asked.text, now)


async def _extend(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await extension.extend(s, book, case, person, asked.days, asked.text, now)


async def _grant(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await extension.grant(s, book, case, person, now)


async def _refuse(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await extension.refuse(s, book, case, person, asked.text, now)


async def _reassign(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    if not asked.assignee:
        raise Missing("step.needs_assignee")
    await handling.reassign(s, book, case, person, asked.assignee, asked.text, now)


async def _approve(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.approve(s, book, case, person, now)


async def _send_back(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.send_back(s, book, case, person, asked.text, now)


async def _assign(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    if not asked.unit:
        raise Missing("step.needs_unit")
    to, label = asked.assignee or None, asked.category or None
    await handling.assign(s, book, case, person, now, unit=asked.unit, assignee=to, category=label, text=asked.text)


async def _reject(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.reject(s, book, case, person, asked.text, now)


async def _accuse(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await accusing.accuse(s, book, case, person, asked.unit or None, asked.assignee or None, asked.text, now)


async def _merge(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    if not asked.master:
        raise Missing("step.needs_master")
    await merging.merge(s, book, case, person, asked.master, now)


async def _unmerge(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await merging.unmerge(s, book, case, person, asked.text, now)


async def _take_alarm(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await ringing.take(s, book, case, person, now)


async def _false_alarm(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await ringing.cancel(s, book, case, person, asked.text, now)


async def _order(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await orders.order(s, book, case, person, asked.text, asked.days, asked.assignee or None, now)


async def _answer_order(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await orders.answer(s, book, case, person, asked.text, now)


async def _close_order(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await orders.close(s, book, case, person, now)


async def _exclude(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    ground = _one_of(ExclusionReason, asked.ground, "step.needs_ground")
    await exclusion.exclude(s, book, case, person, ground, asked.text, now)


async def _leave_out(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await exclusion.grant(s, book, case, person, asked.text, now)


async def _let_count(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await exclusion.refuse(s, book, case, person, asked.text, now)


async def _uphold(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await exclusion.uphold(s, book, case, person, asked.text, now)


async def _dismiss(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await exclusion.dismiss(s, book, case, person, asked.text, now)


Take = Callable[[AsyncSession, Book, Case, Person, Asked, datetime], Awaitable[None]]
STEPS: Mapping[str, Take] = {
    "sign": _sign,
    "return": _return,
    "contact": _contact,
    "note": _note,
    "ask": _ask,
    "relay": _relay,
    "hang_up": _hang_up,
    "reply": _reply,
    "raise": _raise,
    "whistle": _whistle,
    "co_sign": _co_sign,
    "co_answer": _co_answer,
    "co_decline": _co_decline,
    "co_waive": _co_waive,
    "extend": _extend,
    "grant_extension": _grant,
    "refuse_extension": _refuse,
    "reassign": _reassign,
    "approve": _approve,
    "send_back": _send_back,
    "assign": _assign,
    "reject": _reject,
    "take_alarm": _take_alarm,
    "false_alarm": _false_alarm,
    "order": _order,
    "answer_order": _answer_order,
    "close_order": _close_order,
    "exclude": _exclude,
    "grant_exclusion": _leave_out,
    "refuse_exclusion": _let_count,
    "uphold_appeal": _uphold,
    "dismiss_appeal": _dismiss,
    "accuse": _accuse,
    "merge": _merge,
    "unmerge": _unmerge,
}


def _photos(asked: Asked) -> list[str]:
    """Each once, however often it was named."""
    return [str(photo) for photo in dict.fromkeys(asked.photos)]


def _one_of(kind: type[Choice], value: str | None, missing: str) -> Choice:
    if value not in set(kind):
        raise Missing(missing)
    return kind(value)
