"""The resident's side after filing: answer, supplement, urge, withdraw, rate, reopen, and the lookup code."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import alarms, dispatch, evidence, joining, lifecycle, merging, relay, timeline, timers, triage
from cases.actors import RESIDENT, SYSTEM
from cases.book import Book
from cases.errors import NotFound, Stale, TooOften
from cases.keys import Keys
from cases.notices import VIA_JOINED, Audience
from models import OPEN, STEPS, Case, Event, Follower, Rating, Resident
from models.status import REOPEN_WITHIN_DAYS

URGES = 3
URGE_EVERY = timedelta(days=1)
_THEIRS = (  # put together once: every press of theirs waits for it
    select(Case)
    .join(Follower, col(Follower.case_id) == Case.id)
    .where(Case.number == bindparam("number"), Follower.resident == bindparam("who"), Follower.via != VIA_JOINED)
)


async def answer(
    session: AsyncSession, book: Book, case: Case, text: str, photos: Sequence[str], now: datetime
) -> None:
    await lifecycle.move(session, book, case, "answer", RESIDENT, now, text=text, photos=photos)
    await evidence.attach(session, case.id, photos)


async def relay_back(
    session: AsyncSession, book: Book, case: Case, text: str, photos: Sequence[str], now: datetime
) -> None:
    """A line to whoever opened the talk; Stale when it is closed by now."""
    await relay.say_back(session, book, case, text, photos, now)


async def hang_up(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    await relay.hang_up(session, book, case, RESIDENT, now)


async def supplement(
    session: AsyncSession, book: Book, case: Case, text: str, photos: Sequence[str], now: datetime
) -> None:
    """More about the same thing; added, never overwriting what was said first."""
    await _add(session, book, case, text, photos, now)


async def locate(
    session: AsyncSession, book: Book, case: Case, where: joining.Where, text: str, photos: Sequence[str], now: datetime
) -> None:
    """Where a danger is that was reported without it: other people may have to come, and hear of it at once."""
    await _add(session, book, case, text or where.name, photos, now, changes=joining.located(book, case, where))
    await triage.relocate(session, book, case, now)


async def alarm(session: AsyncSession, book: Book, case: Case, kind: str, now: datetime) -> bool:
    """Words of danger about a case that had none, or about one merged into another; whether it rings now for them."""
    if case.master:
        case = await session.get_one(Case, case.master, populate_existing=True)
    if case.danger or case.status not in OPEN:
        return False
    details, changes = {"danger": kind}, {"danger": kind}
    await lifecycle.note(session, book, case, alarms.HEARD, SYSTEM, now, details=details, changes=changes)
    return True


async def _add(
    session: AsyncSession,
    book: Book,
    case: Case,
    text: str,
    photos: Sequence[str],
    now: datetime,
    changes: dict[str, Any] | None = None,
) -> None:
    """While an alarm rings all who were called read on, then whoever came."""
    told = {"told": await alarms.listeners(session, case)} if case.danger else {}
    await lifecycle.move(
        session, book, case, "supplement", RESIDENT, now, text=text, photos=photos, details=told, changes=changes
    )
    await evidence.attach(session, case.id, photos)


async def urge(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    """催办: once a day, three times in all."""
    last = await _last(session, case, "urge")
    if case.urges >= URGES:
        raise TooOften("urge.enough", number=case.number, times=URGES)
    if last and now - last.at < URGE_EVERY:
        raise TooOften("urge.today", number=case.number)
    await lifecycle.move(session, book, case, "urge", RESIDENT, now, changes={"urges": case.urges + 1})


async def withdraw(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    """Where others were merged into it, the oldest of them takes its place.

    Raises Stale while an alarm rings: only somebody of the staff calls it false, for a resident may be made to.
    """
    if case.ringing:
        raise Stale("withdraw.ringing", number=case.number)
    await merging.withdraw(session, book, case, now)


async def rate(
    session: AsyncSession,
    book: Book,
    case: Case,
    *,
    contacted: bool,
    solved: str,
    satisfied: str,
    now: datetime,
) -> None:
    """Three separate answers, once a round. The case is closed; whether it was solved is another matter."""
    details = {"contacted": contacted, "solved": solved, "satisfied": satisfied}
    await lifecycle.move(session, book, case, "rate", RESIDENT, now, details=details)
    given = Rating(case_id=case.id, round=case.round, contacted=contacted, solved=solved, satisfied=satisfied, at=now)
    session.add(given)


def may_reopen(case: Case, now: datetime) -> bool:
    ended = case.closed_at or case.resolved_at
    return ended is not None and now <= ended + timedelta(days=REOPEN_WITHIN_DAYS)


async def reopen(session: AsyncSession, book: Book, case: Case, text: str, now: datetime) -> None:
    """Not solved: handed out again, a new round with a new clock, to whoever stands above the one who had it."""
    if case.status in STEPS["reopen"].before and not may_reopen(case, now):
        raise Stale("reopen.too_late", number=case.number, days=REOPEN_WITHIN_DAYS)
    fresh = dict.fromkeys(
        ("sign_due_at", "contact_due_at", "due_at", "signed_at", "contacted_at", "resolved_at", "closed_at", "outcome")
    )
    changes = {**fresh, "round": case.round + 1, "overdue": False, "binding": False, "returns": 0, "result": ""}
    changes |= {"extensions": 0, "accountable": None, "co_tasks": {}, "decision": ""}
    before = case.assignee
    await lifecycle.move(session, book, case, "reopen", RESIDENT, now, text=text, changes=changes)
    above = dispatch.stands_above(book, case, before)
    if above is None or case.unit is None:
        await triage.hold(session, book, case, now)
        return
    clock = await timers.begin(session, book, case, case.clock or triage.HELD_CLOCK, now)
    handed = {**clock, "unit": case.unit, "assignee": above}
    await dispatch.hand_out(session, book, case, now, changes=handed, leave_out=(Audience.RESIDENT,))


async def untold(session: AsyncSession, book: Book, case: Case, reason: str, now: datetime) -> None:
    """No channel reaches the resident: the case says so, once, until they are heard from again."""
    if case.untold_at is None:
        why, changes = {"why": reason}, {"untold_at": now}
        await lifecycle.note(session, book, case, "untold", SYSTEM, now, details=why, changes=changes)


async def followed(session: AsyncSession, resident: UUID, number: str) -> Case:
    """The case, for somebody who may act on it; anything else is NotFound."""
    case = (await session.exec(_THEIRS, params={"number": number, "who": resident})).first()
    if case is None:
        raise NotFound("case.not_found", number=number)
    return case


async def look_up(session: AsyncSession, keys: Keys, resident: Resident, code: str, now: datetime) -> Case:
    """Open one case by its secret code; wrong and absent look the same."""
    case = (await session.exec(select(Case).where(Case.code_hash == keys.code_hash(code)))).first()
    if case is None:
        raise NotFound("lookup.wrong")
    known = await session.get(Follower, (case.id, resident.id))
    if known is None:
        session.add(Follower(case_id=case.id, resident=resident.id, via="code", at=now))
    elif known.via == VIA_JOINED:
        known.via = "code"
    return case


async def _last(session: AsyncSession, case: Case, kind: str) -> Event | None:
    chosen = select(Event).where(*timeline.of(case), Event.kind == kind).order_by(col(Event.seq).desc())
    return (await session.exec(chosen.limit(1))).first()
