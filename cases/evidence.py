"""Photos that belong to a case."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from models import Photo


async def attach(session: AsyncSession, case: UUID, photos: Sequence[str]) -> None:
    """Photos that were sent before the case existed now belong to it."""
    if photos:
        ids = [UUID(photo) for photo in photos]
        await session.execute(update(Photo).where(col(Photo.id).in_(ids)).values(case_id=case))
