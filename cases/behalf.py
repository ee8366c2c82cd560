"""Filing for others: a window clerk registers a visitor (为居民登记), whoever is out there reports it (本人上报).

The case goes its usual way. Whoever filed it sees how it goes on and hears how it ends; what a volunteer (志愿者、哨兵)
reports is told to their group leader, and up to the station head where there is danger or no group leader.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import accused, intake, lifecycle, sealed
from cases.actors import staff
from cases.book import Book
from cases.errors import NotAllowed
from cases.intake import Complaint, Filed
from cases.keys import Keys
from models import Case, Conversation, Person, Resident, Role

MAY = frozenset({Role.VOLUNTEER, Role.WORKER, Role.CLERK, Role.LEADER, Role.DISPATCHER})
PAGE = "webchat"  # the channel where a row is the delivery: nothing is sent anywhere
CHAIN = 2  # levels that hear of danger: group leader and station head


class How(StrEnum):
    VISITOR = "registered"  # 为居民登记
    SELF = "reported"  # 本人上报


async def file(
    session: AsyncSession,
    book: Book,
    keys: Keys,
    person: Person,
    how: How,
    complaint: Complaint,
    now: datetime,
    *,
    phone: str | None = None,
    locale: str = "zh-Hans",
) -> tuple[Filed, Resident]:
    """The case with its lookup code, and whose it is. Raises NotAllowed for roles that only look on."""
    if person.role not in MAY:
        raise NotAllowed("step.not_allowed", step="file")
    if how is How.VISITOR:
        resident = await _visitor(session, keys, phone, locale, now)
    else:
        resident = await _themselves(session, person, locale, now)
    filed = await intake.file(session, book, keys, resident, complaint, now)
    details = {"told": _chain(book, person, filed.case)}
    changes = {"filed_by": person.code}
    await lifecycle.note(session, book, filed.case, how, staff(person), now, details=details, changes=changes)
    return filed, resident


async def _visitor(session: AsyncSession, keys: Keys, phone: str | None, locale: str, now: datetime) -> Resident:
    """Somebody no channel reaches: the staff see that, and the telephone they left."""
    key = uuid4()
    row = Resident(id=key, channel=PAGE, address=f"window:{key}", locale=locale, created_at=now)
    if phone:
        sealed.keep(keys, row, phone)
    row.unreachable_at = now
    return await _met(session, row)


async def _themselves(session: AsyncSession, person: Person, locale: str, now: datetime) -> Resident:
    """The same one each time."""
    address = f"staff:{person.code}"
    known = select(Resident).where(Resident.channel == PAGE, Resident.address == address)
    if found := (await session.exec(known)).first():
        return found
    return await _met(session, Resident(id=uuid4(), channel=PAGE, address=address, locale=locale, created_at=now))


async def _met(session: AsyncSession, resident: Resident) -> Resident:
    session.add(resident)
    await session.flush()
    session.add(Conversation(resident=resident.id))
    await session.flush()
    return resident


def _chain(book: Book, person: Person, case: Case) -> Sequence[str]:
    """Volunteer → group leader → station head: the first level that has a leader, both where there is danger."""
    if person.role is not Role.VOLUNTEER:
        return []
    wanted, told, unit = CHAIN if case.danger else 1, list[str](), book.units.get(person.unit)
    while unit and wanted:
        leaders = [one for one in book.leading(unit.code) if not accused.is_hidden(book, case, one)]
        told += leaders
        wanted -= bool(leaders)
        unit = book.units.get(unit.parent or "")
    return told
