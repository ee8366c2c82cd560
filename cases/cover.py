"""Away and back (不在岗): somebody says until when, and who covers; what is on their desk goes to whoever that is.

New cases follow by themselves, as `dispatch` asks who is away. What was handed over stays with whoever has it when they
are back. Who signed a case stays accountable for it (首接负责) until another signs.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import absences, lifecycle
from cases.actors import staff
from cases.book import Book
from cases.errors import Missing, NotAllowed
from cases.notices import NEW_NOTICES
from cases.periods import begins, today
from models import STEPS, Absence, Case, Notification, Person
from models.status import AT_WORK

LONGEST = timedelta(days=180)
HANDLERS = STEPS["sign"].who


async def leave(
    session: AsyncSession, book: Book, person: Person, until: datetime, cover: str | None, now: datetime
) -> tuple[Absence, list[Case]]:
    """Away from now on, and the cases that were handed over. Said again it replaces what was said before.

    `cover`: a colleague of the unit who is here; None: the leader, or whoever stands above where that one is away.
    """
    if person.role not in HANDLERS:
        raise NotAllowed("away.no_cases")
    if not now < until <= now + LONGEST:
        raise Missing("away.when")
    others = await absences.now_away(session, now)
    colleague = book.members.get(cover or "")
    if cover and (colleague is None or colleague.code not in may_cover(book, person) or cover in others):
        raise Missing("away.not_ours")
    await _end(session, person, now)
    absence = Absence(person=person.code, cover=cover or None, at=now, until=until)
    session.add(absence)
    await session.flush()
    away, desk = await absences.now_away(session, now), await on_desk(session, person)
    handed = [case for case in desk if await _hand_over(session, book, case, person, away, now)]
    if cover:
        _tell(session, absence, cover, person.name, now)
    return absence, handed


async def back(session: AsyncSession, person: Person, now: datetime) -> None:
    """Here again, before the day that was said or after it."""
    if await current(session, person, now) is None:
        raise Missing("away.is_here")
    await _end(session, person, now)


async def current(session: AsyncSession, person: Person, now: datetime) -> Absence | None:
    mine = select(Absence).where(Absence.person == person.code, col(Absence.at) <= now, col(Absence.until) > now)
    return (await session.exec(mine.order_by(col(Absence.id).desc()).limit(1))).first()


async def covered_by(session: AsyncSession, person: Person, now: datetime) -> Sequence[Absence]:
    """Whom somebody stands in for."""
    mine = select(Absence).where(Absence.cover == person.code, col(Absence.at) <= now, col(Absence.until) > now)
    return (await session.exec(mine.order_by(col(Absence.until), col(Absence.id)))).all()


def may_cover(book: Book, person: Person) -> list[str]:
    """Colleagues of the unit who handle cases."""
    here = book.staff.get(person.unit, ())
    return [one.code for one in here if one.code != person.code and one.role in HANDLERS]


def end_of(day: datetime) -> datetime:
    """The end of a day in the town."""
    return begins(today(day) + timedelta(days=1))


def last_minute(until: datetime) -> str:
    """A day's end is read as that day's last minute, not as the next day's first."""
    return (until - timedelta(minutes=1)).isoformat()


def last_day(until: datetime) -> str:
    return today(until - timedelta(minutes=1)).isoformat()


async def on_desk(session: AsyncSession, person: Person) -> Sequence[Case]:
    """What they have at work, in the order everybody locks rows in."""
    mine = select(Case).where(Case.assignee == person.code, col(Case.status).in_(AT_WORK), col(Case.master).is_(None))
    return (await session.exec(mine.order_by(col(Case.id)).with_for_update())).all()


async def _hand_over(
    session: AsyncSession, book: Book, case: Case, person: Person, away: absences.Covers, now: datetime
) -> bool:
    """As it stands: its clocks run on, whoever gets it need not sign what is signed."""
    to = absences.taker(book, case, person.code, away)
    if to == person.code:
        return False
    details = {"from": person.code, "assignee": to, "unit": case.unit}
    changes = {"assignee": to}
    await lifecycle.note(session, book, case, "cover", staff(person), now, details=details, changes=changes)
    return True


async def _end(session: AsyncSession, person: Person, now: datetime) -> None:
    running = (col(Absence.person) == person.code, col(Absence.until) > now)
    await session.execute(update(Absence).where(*running).values(until=now))


def _tell(session: AsyncSession, absence: Absence, cover: str, who: str, now: datetime) -> None:
    key, args = "away.cover", {"who": who, "until": last_minute(absence.until)}
    row = Notification(unique_key=f"{key}:{absence.id}", person=cover, text_key=key, args=args, created_at=now)
    session.add(row)
    session.info.setdefault(NEW_NOTICES, []).append(row)
