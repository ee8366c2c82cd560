"""A notice or a proposal by its number, for whom it is theirs: another's and one that is not there look the same."""

from typing import TypeVar

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import reach
from cases.book import Book
from cases.errors import NotFound
from models import Announcement, Person, Proposal

Row = TypeVar("Row", Announcement, Proposal)
MISSING = {Announcement: "announcement.not_found", Proposal: "proposal.not_found"}


async def held(session: AsyncSession, kind: type[Row], book: Book, person: Person, number: int) -> Row:
    """One they may speak for, which nobody else decides about meanwhile. Raises NotFound."""
    row = (await session.exec(select(kind).where(kind.id == number).with_for_update())).first()
    if row is None or not reach.covers(book, person, row.places):
        raise NotFound(MISSING[kind])
    return row


async def seen(session: AsyncSession, kind: type[Row], book: Book, person: Person, number: int) -> Row:
    """One they may read. Raises NotFound."""
    row = await session.get(kind, number)
    if row is None or not reach.touches(book, person, row.places):
        raise NotFound(MISSING[kind])
    return row
