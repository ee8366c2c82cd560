"""A line between whoever handles a case and the resident (联系): neither learns who the other is, both are heard.

Every line is an event of the case. Either side closes the line; it ends by itself when the case leaves their hands.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import evidence, lifecycle
from cases.actors import RESIDENT, Actor, staff
from cases.book import Book
from cases.errors import Stale, TooOften
from cases.masking import mask_numbers
from models import Case, Event, Person

LINES, WITHIN = 20, timedelta(minutes=10)  # of each side


async def say(
    session: AsyncSession, book: Book, case: Case, person: Person, text: str, photos: Sequence[str], now: datetime
) -> None:
    """The first line opens it. To have written is to have been in touch."""
    await _not_too_often(session, case, "relay", now)
    changes = {"relay": person.code}
    text = mask_numbers(text)
    await lifecycle.move(session, book, case, "relay", staff(person), now, text=text, photos=photos, changes=changes)
    await evidence.attach(session, case.id, photos)


async def say_back(
    session: AsyncSession, book: Book, case: Case, text: str, photos: Sequence[str], now: datetime
) -> None:
    """Numbers of people are starred out on the way: whoever wants to be rung up leaves a contact instead."""
    _open(case)
    await _not_too_often(session, case, "relay_back", now)
    await lifecycle.move(session, book, case, "relay_back", RESIDENT, now, text=mask_numbers(text), photos=photos)
    await evidence.attach(session, case.id, photos)


async def hang_up(session: AsyncSession, book: Book, case: Case, actor: Actor, now: datetime) -> None:
    _open(case)
    await lifecycle.move(session, book, case, "hang_up", actor, now, changes={"relay": None})


def _open(case: Case) -> None:
    if case.relay is None:
        raise Stale("relay.closed", number=case.number)


async def _not_too_often(session: AsyncSession, case: Case, kind: str, now: datetime) -> None:
    since = (Event.case_id == case.id, Event.kind == kind, col(Event.at) > now - WITHIN)
    if (await session.exec(select(func.count()).select_from(Event).where(*since))).one() >= LINES:
        raise TooOften("relay.too_often", number=case.number, minutes=int(WITHIN.total_seconds() // 60))
