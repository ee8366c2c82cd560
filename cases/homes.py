"""Who belongs to which building: whoever opened its signed code. Kept until they take it away; no name, no flat."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import Book
from models import CivicChoice, ResidentHome
from models.town import COMMUNITY, STREET

MOST = 3  # a flat, the shop, one's parents: whoever opens the codes of a whole street belongs to the last three


async def tie(session: AsyncSession, resident: UUID, place: str, now: datetime) -> None:
    """Once however often they open the code."""
    new = insert(ResidentHome).values(resident=resident, place=place, since=now).on_conflict_do_nothing()
    if not (await session.execute(new.returning(col(ResidentHome.place)))).first():
        return
    mine = select(ResidentHome.place).where(ResidentHome.resident == resident)
    newest = mine.order_by(col(ResidentHome.since).desc(), ResidentHome.place).limit(MOST)
    kept = list((await session.exec(newest)).all())
    if place not in kept:
        kept = [place, *kept[: MOST - 1]]
    old = (col(ResidentHome.resident) == resident, col(ResidentHome.place).not_in(kept))
    await session.execute(delete(ResidentHome).where(*old))


async def leave(session: AsyncSession, resident: UUID, place: str) -> None:
    mine = (col(ResidentHome.resident) == resident, col(ResidentHome.place) == place)
    await session.execute(delete(ResidentHome).where(*mine))


async def of(session: AsyncSession, resident: UUID) -> Sequence[str]:
    """Their buildings, the newest first."""
    mine = select(ResidentHome.place).where(ResidentHome.resident == resident)
    return (await session.exec(mine.order_by(col(ResidentHome.since).desc(), ResidentHome.place))).all()


async def count(session: AsyncSession, places: Collection[str]) -> int:
    """How many residents belong to any of these."""
    counted = select(func.count(func.distinct(ResidentHome.resident))).where(col(ResidentHome.place).in_(places))
    return int((await session.exec(counted)).one())


async def choice(session: AsyncSession, resident: UUID) -> CivicChoice:
    """What they want of us, to be changed; a new row for whom there is none."""
    found = await session.get(CivicChoice, resident)
    if found is None:
        found = CivicChoice(resident=resident)
        session.add(found)
    return found


def areas_of(book: Book, places: Sequence[str]) -> Sequence[str]:
    """The communities and streets these lie in, the nearer first."""
    paths = [book.path(book.places[place].grid) for place in places if place in book.places]
    found = [path[level] for level in (COMMUNITY, STREET) for path in paths if len(path) > level]
    return list(dict.fromkeys(found))
