"""The case on somebody's desk: sign, return, contact, ask, reply, review, and the dispatcher's decisions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, corrections, dispatch, evidence, lifecycle, merging, timeline, timers, triage
from cases.actors import SYSTEM, staff
from cases.book import Book
from cases.errors import Missing, NotAllowed, Stale
from models import STEPS, Case, Event, Outcome, Person, ReturnReason, Status

NOT_NOW: Mapping[str, str] = {  # whoever asks, it is not the time for it
    "take_alarm": "alarm.over",
    "false_alarm": "alarm.none",
    "exclude": "exclusion.not_now",
    "grant_exclusion": "exclusion.none",
    "refuse_exclusion": "exclusion.none",
    "uphold_appeal": "exclusion.no_appeal",
    "dismiss_appeal": "exclusion.no_appeal",
    "order": "order.waits",
    "answer_order": "order.not_yours",
    "close_order": "order.unanswered",
}


async def allowed(session: AsyncSession, book: Book, case: Case, person: Person, step: str, now: datetime) -> None:
    """Raises Stale when the case is elsewhere by now, NotAllowed when it is not for this person."""
    if step not in STEPS:
        raise NotAllowed("step.not_allowed", step=step)
    if case.status not in STEPS[step].before:
        raise Stale("step.stale", number=case.number)
    if not access.may_take(book, person, case, step, now):
        raise NotAllowed(_why_not(case, person, step), number=case.number)


def _why_not(case: Case, person: Person, step: str) -> str:
    """For whoever has the case there is another reason than that it is somebody else's."""
    if step in NOT_NOW and person.role in STEPS[step].who:
        return NOT_NOW[step]
    if case.assignee != person.code or person.role not in STEPS[step].who:
        return "step.not_yours"
    if step == "return":
        return "return.binding" if case.binding else "return.too_late"
    if step == "hang_up":
        return "relay.closed"
    if step == "reply":
        return "whistle.awaited"
    if step == "extend":
        return "extend.asked" if case.extension else "extend.once" if case.extensions else "extend.too_late"
    return "step.not_yours"


async def sign(session: AsyncSession, book: Book, case: Case, person: Person, now: datetime) -> None:
    """签收. Of two who press at once one gets it; the other meets Stale.

    Whoever signs answers for the case until another signs (首接负责), wherever it lies meanwhile.
    """
    details = {"told": case.called} if case.ringing else {}  # whoever was called may lie down again
    changes = {"assignee": person.code, "accountable": person.code}
    await lifecycle.move(session, book, case, "sign", staff(person), now, details=details, changes=changes)


async def return_(
    session: AsyncSession,
    book: Book,
    case: Case,
    person: Person,
    reason: ReturnReason,
    text: str,
    photos: Sequence[str],
    now: datetime,
) -> None:
    """退单 with a reason code and perhaps a photo that shows why, then straight on to the next desk."""
    details = {"reason": str(reason), "of_unit": case.unit if person.unit == case.unit else None}
    changes = {"returns": case.returns + 1, "signed_at": None}
    if reason is ReturnReason.NOT_MY_UNIT:
        corrections.doubt(session, case, staff(person), corrections.RETURNED, now)
    await lifecycle.move(
        session, book, case, "return", staff(person), now, text=text, details=details, photos=photos, changes=changes
    )
    await evidence.attach(session, case.id, photos)
    await triage.again(session, book, case, now)


async def note(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """备注: what was heard on the telephone, or agreed on with a colleague."""
    await lifecycle.move(session, book, case, "note", staff(person), now, text=text)


async def contact(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    await lifecycle.move(session, book, case, "contact", staff(person), now, text=text)


async def ask(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """Ask the resident for more; the clock stands still until the answer, three days at most."""
    await lifecycle.move(session, book, case, "ask", staff(person), now, text=text)


async def reply(
    session: AsyncSession,
    book: Book,
    case: Case,
    person: Person,
    outcome: Outcome,
    text: str,
    photos: Sequence[str],
    now: datetime,
) -> None:
    """The result with its evidence; a leader looks first where the clock policy says so."""
    if not photos and "photo" in access.needs(book, case, STEPS["reply"]):
        raise Missing("step.needs_photo")
    changes = {"outcome": outcome, "result": text}
    actor = staff(person)
    await lifecycle.move(session, book, case, "reply", actor, now, text=text, photos=photos, changes=changes)
    await evidence.attach(session, case.id, photos)
    if not book.policies[case.clock or triage.HELD_CLOCK].review:
        await _tell_result(session, book, case, SYSTEM, photos, now)


async def approve(session: AsyncSession, book: Book, case: Case, person: Person, now: datetime) -> None:
    await _tell_result(session, book, case, staff(person), await _evidence(session, case), now)


async def send_back(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    await lifecycle.move(session, book, case, "send_back", staff(person), now, text=text)


async def assign(
    session: AsyncSession,
    book: Book,
    case: Case,
    person: Person,
    now: datetime,
    *,
    unit: str,
    assignee: str | None = None,
    category: str | None = None,
    text: str = "",
) -> None:
    """The dispatcher decides: a unit, perhaps a person and the right label.

    In arbitration (裁定) it is binding and has a reason, which the unit reads that gets it and all who sent it back.
    """
    if unit not in book.units:
        raise Missing("step.needs_unit")
    if assignee is not None and not await _works_there(session, assignee, unit):
        raise Missing("step.wrong_assignee")
    binding = case.status is Status.ARBITRATION
    if binding and not text.strip():
        raise Missing("step.needs_ruling")
    changes: dict[str, Any] = {"unit": unit, "assignee": assignee, "binding": binding}
    changes["decision"] = text if binding else ""
    if category:
        changes |= corrections.correct(session, book, case, category, staff(person), corrections.ASSIGNED, now)
    else:
        corrections.keep(session, case, staff(person), corrections.ASSIGNED, now)
    changes |= await dispatch.start_clock(session, book, case, case.clock or triage.HELD_CLOCK, now)
    if assignee is None:
        changes["assignee"] = await dispatch.least_loaded(session, book, case, unit, now)
    about = {"binding": True, "told": sorted((await triage.refused_by(session, case)).people)} if binding else {}
    await dispatch.hand_out(
        session, book, case, now, step="assign", actor=staff(person), text=text, changes=changes, about=about
    )


async def reassign(
    session: AsyncSession, book: Book, case: Case, person: Person, assignee: str, text: str, now: datetime
) -> None:
    """改派 within the leader's own unit; whoever gets it signs anew, the time to resolve goes on."""
    if not await _works_there(session, assignee, person.unit):
        raise Missing("reassign.not_ours")
    if assignee == case.assignee:
        raise Missing("reassign.same")
    changes = {"unit": case.unit, "assignee": assignee, **await timers.sign_again(session, book, case, now)}
    await dispatch.hand_out(session, book, case, now, step="reassign", actor=staff(person), text=text, changes=changes)


async def reject(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    changes = {"outcome": Outcome.NOT_OURS, "result": text}
    await lifecycle.move(session, book, case, "reject", staff(person), now, text=text, changes=changes)
    await merging.end_along(session, book, case, "reject_along", (), now)


async def _tell_result(
    session: AsyncSession, book: Book, case: Case, actor: Any, photos: Sequence[str], now: datetime
) -> None:
    await lifecycle.move(session, book, case, "approve", actor, now, text=case.result, photos=photos)
    await merging.end_along(session, book, case, "resolve_along", photos, now)


async def _evidence(session: AsyncSession, case: Case) -> Sequence[str]:
    replies = select(Event).where(*timeline.of(case), Event.kind == "reply").order_by(col(Event.seq).desc())
    last = (await session.exec(replies.limit(1))).first()
    return last.photos if last else []


async def _works_there(session: AsyncSession, assignee: str, unit: str) -> bool:
    person = await session.get(Person, assignee)
    return person is not None and person.active and person.unit == unit and person.role in STEPS["sign"].who
