"""Handing over (交接班): whoever is on duty gives it to a colleague of the unit, who is told and accepts.

Until somebody accepts, whoever hands over stays on: there is never nobody.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import duty
from cases.book import Book
from cases.errors import Missing, NotAllowed, NotFound
from cases.notices import NEW_NOTICES
from models import DutyHandover, Notification, Person


async def hand_over(
    session: AsyncSession, book: Book, person: Person, to: str, note: str, now: datetime
) -> DutyHandover:
    """To a colleague of the unit, with what they have to know. A second try takes the place of the first."""
    own = [one for one in await duty.on_now(session, book, person.unit, now) if one.person == person.code]
    if not own:
        raise NotAllowed("duty.not_on")
    colleague = await session.get(Person, to)
    if to == person.code or colleague is None or not colleague.active or colleague.unit != person.unit:
        raise Missing("duty.not_ours")
    mine = (col(DutyHandover.unit) == person.unit, col(DutyHandover.from_person) == person.code)
    unanswered = (col(DutyHandover.accepted_at).is_(None), col(DutyHandover.until) > now)
    await session.execute(update(DutyHandover).where(*mine, *unanswered).values(until=now))
    handover = DutyHandover(
        unit=person.unit, from_person=person.code, person=to, note=note.strip(), at=now, until=own[0].until
    )
    session.add(handover)
    await session.flush()
    _tell(session, handover, "duty.asked", to, person.name, now)
    return handover


async def accept(session: AsyncSession, book: Book, person: Person, handover: int, now: datetime) -> DutyHandover:
    """From now to the end of the shift it is theirs; accepted twice is accepted once."""
    row = await session.get(DutyHandover, handover, with_for_update=True)
    if row is None or row.person != person.code or row.until <= now:
        raise NotFound("duty.over")
    if row.accepted_at is None:
        row.accepted_at = now
        _tell(session, row, "duty.accepted", row.from_person, person.name, now)
    return row


async def waiting(session: AsyncSession, unit: str, now: datetime) -> Sequence[DutyHandover]:
    """Handed over and not yet accepted."""
    return [handover for handover in await duty.handovers(session, unit, now) if handover.accepted_at is None]


def _tell(session: AsyncSession, handover: DutyHandover, key: str, person: str, who: str, now: datetime) -> None:
    args = {"who": who, "unit": handover.unit, "until": handover.until.isoformat(), "text": handover.note or "–"}
    row = Notification(unique_key=f"{key}:{handover.id}", person=person, text_key=key, args=args, created_at=now)
    session.add(row)
    session.info.setdefault(NEW_NOTICES, []).append(row)
