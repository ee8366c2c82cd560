"""Beside a case's stops: who is away now, and who stands in for them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import accused
from cases.book import Book
from models import STEPS, Absence, Case
from routing.assign import over, stand_in

Covers = Mapping[str, str | None]  # whoever is away → whom they named; None: their leader


async def now_away(session: AsyncSession, now: datetime) -> Covers:
    chosen = select(Absence.person, Absence.cover).where(col(Absence.at) <= now, col(Absence.until) > now)
    return dict((await session.exec(chosen)).all())


def taker(book: Book, case: Case, person: str, covers: Covers, never: Collection[str] = frozenset()) -> str:
    """Who takes what would be this person's: never somebody it is about, their manager, or who sent it back."""
    if person not in covers:
        return person
    barred = accused.never(book, case).union(never)
    above = over(person, case.unit, list(book.members.values()), book.areas, book.path(case.grid), units=book.units)
    leaders = [code for code in above if book.members[code].role in STEPS["sign"].who]
    return stand_in(person, _here(book, covers), leaders, barred)


def _here(book: Book, covers: Covers) -> Covers:
    """A cover who has left the staff is none."""
    here = {one.code for one in book.members.values() if one.active}
    return {who: cover if cover in here else None for who, cover in covers.items()}
