"""More time (延期): asked for before the deadline with a reason, decided by somebody else, told to the resident."""

from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from cases import lifecycle, timers
from cases.actors import staff
from cases.book import Book
from cases.errors import Missing
from models import Case, Person
from models.status import EXTEND_DAYS


async def extend(
    session: AsyncSession, book: Book, case: Case, person: Person, days: int | None, text: str, now: datetime
) -> None:
    """Days of the clock policy's calendar. The clock goes on until somebody has decided."""
    if days is None or not 1 <= days <= EXTEND_DAYS:
        raise Missing("extend.days", most=EXTEND_DAYS)
    until = timers.longer(book, case, days).isoformat()
    details = {"days": days, "until": until}
    changes = {"extension": {**details, "text": text, "by": person.code, "at": now.isoformat()}}
    await lifecycle.move(session, book, case, "extend", staff(person), now, text=text, details=details, changes=changes)


async def grant(session: AsyncSession, book: Book, case: Case, person: Person, now: datetime) -> None:
    """The deadline and what the clock was going to do move on; nobody who is late becomes late again."""
    asked = _asked(case)
    later = await timers.extend(session, book, case, int(asked["days"]), now)
    details = {"days": asked["days"], "due": later["due_at"].isoformat()}
    changes = {**later, "extension": None, "extensions": case.extensions + 1}
    await lifecycle.move(session, book, case, "grant_extension", staff(person), now, details=details, changes=changes)


async def refuse(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """With the reason, which only the staff read. The day stays as it was."""
    details, changes = {"days": _asked(case)["days"]}, {"extension": None}
    actor = staff(person)
    await lifecycle.move(
        session, book, case, "refuse_extension", actor, now, text=text, details=details, changes=changes
    )


def _asked(case: Case) -> dict[str, Any]:
    assert case.extension is not None, "allowed only while one is asked for"
    return case.extension
