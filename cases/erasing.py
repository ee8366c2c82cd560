"""Beside a case's stops: who may have a resident forgotten. An administrator asks, a second person does it for good.

Asking and doing are lines of the log; who it was is known only until then, by numbers that lead nowhere afterwards.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import audit, forgetting
from cases.book import Book
from cases.errors import Missing, NotAllowed, NotFound, Stale
from cases.forgetting import CHANNEL, Gone, StillOpen
from cases.keys import Keys, digits_of
from cases.masking import mask
from models import OPEN, Case, Erasure, Person, Resident, Role

ASK = frozenset({Role.ADMIN})
AGREE = frozenset({Role.ADMIN, Role.SUPERVISOR})
LOOK = AGREE | {Role.AUDITOR}
WAITS = timedelta(days=3)
SHORTEST, LONGEST = 4, 200
DONE_SHOWN = 50
_NUMBER, _CODE, _HASH = re.compile(r"\d{6}-\d{4,5}"), re.compile(r"\d{16}"), re.compile(r"[0-9a-f]{64}")


def key_of(keys: Keys, said: str) -> str:
    """A case's number as it is; of a lookup code or a telephone the keyed hash, which opens nothing."""
    plain = said.strip()
    if _NUMBER.fullmatch(plain):
        return plain
    return keys.code_hash(plain) if _CODE.fullmatch(digits_of(plain)) else keys.contact_hash(plain)


async def find(session: AsyncSession, key: str) -> Sequence[Resident]:
    """Whoever filed that case or left that telephone; held until the transaction ends."""
    theirs = select(Case.resident).where(or_(col(Case.number) == key, col(Case.code_hash) == key))
    known = or_(col(Resident.contact_hash) == key, col(Resident.id).in_(theirs))
    chosen = select(Resident).where(known, col(Resident.channel) != CHANNEL).order_by(col(Resident.id))
    return (await session.exec(chosen)).all() if _HASH.fullmatch(key) or _NUMBER.fullmatch(key) else []


async def numbers(session: AsyncSession, residents: Sequence[UUID]) -> tuple[list[str], list[str]]:
    """Their cases, and those of them somebody still works on."""
    theirs = select(Case.number, Case.status).where(col(Case.resident).in_(residents)).order_by(Case.number)
    rows = (await session.exec(theirs)).all()
    return [number for number, _ in rows], [number for number, status in rows if status in OPEN]


async def ask(session: AsyncSession, person: Person, key: str, reason: str, now: datetime) -> Erasure:
    """Raises NotAllowed, Missing, NotFound where nobody is known by that, StillOpen."""
    if person.role not in ASK:
        raise NotAllowed("erasure.not_yours")
    why = mask(" ".join(reason.split()))[:LONGEST]
    if len(why) < SHORTEST:
        raise Missing("erasure.reason")
    found = await find(session, key)
    if not found:
        raise NotFound("erasure.nobody")
    cases, working = await numbers(session, [one.id for one in found])
    if working:
        raise StillOpen("erase.open", number=working[0])
    row = Erasure(residents=[one.id for one in found], cases=cases, reason=why, asked_by=person.code, asked_at=now)
    session.add(row)
    audit.note(session, person.code, "ask_erase", "resident", ", ".join(cases), now, reason=why)
    await session.flush()
    return row


async def agree(session: AsyncSession, book: Book, person: Person, which: int, now: datetime) -> tuple[Erasure, Gone]:
    """All of it in this transaction; who is gone is told by `row.residents` as it was. Raises as `_held`; StillOpen."""
    row = await _held(session, person, which, now)
    if row.asked_by == person.code:
        raise NotAllowed("erasure.another")
    chosen = select(Resident).where(col(Resident.id).in_(row.residents)).with_for_update()
    gone = [
        await forgetting.resident(session, book, one, person.code, row.reason, now)
        for one in (await session.exec(chosen)).all()
    ]
    if not gone:
        raise Stale("erasure.gone")
    row.decided_by, row.decided_at, row.done = person.code, now, True
    files = [file for one in gone for file in one.files]
    return row, Gone(sum(one.cases for one in gone), sum(one.events for one in gone), files)


async def decline(session: AsyncSession, person: Person, which: int, now: datetime) -> Erasure:
    """By another, or by whoever asked and has thought again. Raises as `_held`."""
    row = await _held(session, person, which, now)
    row.decided_by, row.decided_at, row.residents = person.code, now, []
    audit.note(session, person.code, "decline_erase", "resident", ", ".join(row.cases), now, reason=row.reason)
    return row


async def waiting(session: AsyncSession, now: datetime) -> Sequence[Erasure]:
    asked = (col(Erasure.decided_at).is_(None), col(Erasure.asked_at) > now - WAITS)
    return (await session.exec(select(Erasure).where(*asked).order_by(col(Erasure.id)))).all()


async def decided(session: AsyncSession) -> Sequence[Erasure]:
    """The last ones, the newest first."""
    over = select(Erasure).where(col(Erasure.decided_at).is_not(None))
    return (await session.exec(over.order_by(col(Erasure.decided_at).desc()).limit(DONE_SHOWN))).all()


async def _held(session: AsyncSession, person: Person, which: int, now: datetime) -> Erasure:
    """Raises NotAllowed, NotFound; Stale where it was decided or asked too long ago."""
    if person.role not in AGREE:
        raise NotAllowed("erasure.not_yours")
    row = (await session.exec(select(Erasure).where(Erasure.id == which).with_for_update())).first()
    if row is None:
        raise NotFound("erasure.gone")
    if row.decided_at is not None or row.asked_at + WAITS <= now:
        raise Stale("erasure.gone")
    return row
