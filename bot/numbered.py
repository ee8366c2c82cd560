"""What a resident said, by the messenger's own numbers of it: to find it again when it is changed there."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.dialects.postgresql import array
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from models import ChatMessage


async def belong(session: AsyncSession, resident: UUID, numbers: Sequence[str], case: UUID) -> None:
    """What they said under these numbers went to this case."""
    theirs = (col(ChatMessage.resident) == resident, col(ChatMessage.said_by) == "resident")
    said_so = col(ChatMessage.external).has_any(array(numbers))  # type: ignore[attr-defined]
    await session.execute(update(ChatMessage).where(*theirs, said_so).values(case_id=case))


async def latest(session: AsyncSession, resident: UUID, number: str) -> ChatMessage | None:
    """What they said last under this number."""
    theirs = (ChatMessage.resident == resident, ChatMessage.said_by == "resident")
    chosen = select(ChatMessage).where(*theirs, col(ChatMessage.external).contains([number]))
    return (await session.exec(chosen.order_by(col(ChatMessage.id).desc()).limit(1))).first()
