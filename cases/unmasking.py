"""Beside a case's stops: who may see for some minutes what is starred out of it, why, and with whose consent.

A dispatcher gives a reason; an administrator's is agreed to by a second person. Asking, agreeing and each look are
lines of the log, and a look is written down before anything is opened: where that fails, nothing is seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import audit, sealed
from cases.errors import Missing, NotAllowed, NotFound, Stale
from cases.keys import Keys
from cases.masking import mask
from models import Case, Person, Resident, Role, Unmasking

ALONE = frozenset({Role.DISPATCHER})
WITH_ANOTHER = frozenset({Role.ADMIN})
ASK = ALONE | WITH_ANOTHER
AGREE = frozenset({Role.ADMIN, Role.SUPERVISOR})
LASTS = timedelta(minutes=15)
WAITS = timedelta(hours=2)
SHORTEST, LONGEST = 4, 200


@dataclass(frozen=True)
class Plain:
    """As the resident told it; `phone` is None where none is kept or they did not want to be known."""

    text: str
    place: str
    phone: str | None
    until: datetime


async def ask(session: AsyncSession, person: Person, case: Case, reason: str, now: datetime) -> Unmasking:
    """Open at once for whoever may do it alone. Raises NotAllowed, Missing."""
    if person.role not in ASK:
        raise NotAllowed("unmask.not_yours")
    why = mask(" ".join(reason.split()))[:LONGEST]
    if len(why) < SHORTEST:
        raise Missing("unmask.reason")
    until = now + LASTS if person.role in ALONE else None
    row = Unmasking(case_id=case.id, person=person.code, reason=why, asked_at=now, until=until)
    session.add(row)
    audit.note(session, person.code, "unmask", "case", case.number, now, reason=why)
    await session.flush()
    return row


async def agree(session: AsyncSession, person: Person, case: Case, which: int, now: datetime) -> Unmasking:
    """Raises NotAllowed for the one who asked, NotFound, Stale where it was agreed to or asked too long ago."""
    held = select(Unmasking).where(Unmasking.id == which, Unmasking.case_id == case.id).with_for_update()
    row = (await session.exec(held)).first()
    if row is None:
        raise NotFound("unmask.gone")
    if person.role not in AGREE or row.person == person.code:
        raise NotAllowed("unmask.another")
    if row.until is not None or row.asked_at + WAITS <= now:
        raise Stale("unmask.gone")
    row.agreed_by, row.until = person.code, now + LASTS
    audit.note(session, person.code, "agree", "case", case.number, now, after={"for": row.person}, reason=row.reason)
    return row


async def waiting(session: AsyncSession, case: Case, now: datetime) -> Sequence[Unmasking]:
    """What a second person is asked to agree to."""
    asked = (Unmasking.case_id == case.id, col(Unmasking.until).is_(None), col(Unmasking.asked_at) > now - WAITS)
    return (await session.exec(select(Unmasking).where(*asked).order_by(col(Unmasking.id)))).all()


async def look(session: AsyncSession, keys: Keys, person: Person, case: Case, now: datetime) -> Plain | None:
    """None without leave that still holds. Raises CannotOpen for a number that was tampered with."""
    mine = (Unmasking.case_id == case.id, Unmasking.person == person.code, col(Unmasking.until) > now)
    newest = select(Unmasking).where(*mine).order_by(col(Unmasking.until).desc()).limit(1)
    leave = (await session.exec(newest)).first()
    if leave is None or leave.until is None or person.role not in ASK:
        return None
    audit.note(session, person.code, "read", "personal", case.number, now, reason=leave.reason)
    await session.flush()  # before anything is opened
    resident = await session.get_one(Resident, case.resident)
    known = resident.contact is not None and not case.anonymous
    phone = sealed.phone(keys, resident) if known else None
    return Plain(case.text, case.place_text, phone, leave.until)
