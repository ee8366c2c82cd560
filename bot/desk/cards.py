"""The cards that lie in staff chats: opened once, edited whenever their case moves."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, any_, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import lines
from models import Case, DeskChat, DeskMessage


async def refresh(session: AsyncSession, case_ids: Collection[UUID], now: datetime) -> None:
    """A new wording for the latest card of each case in every chat that holds one; earlier cards answer as stale."""
    if not case_ids:
        return
    for row, chat, version in await _cards(session, case_ids):
        assert row.case_id is not None
        key = f"edit:{row.id}:{version}"
        await lines.card(session, chat, row.case_id, key, now, edits=row.id, quiet=True)


async def open_card(
    session: AsyncSession, chat: DeskChat, case: UUID, key: str, now: datetime, *, quiet: bool = False
) -> DeskMessage:
    """The case as a new line of this chat."""
    return await lines.card(session, chat, case, key, now, quiet=quiet)


async def _cards(session: AsyncSession, case_ids: Collection[UUID]) -> list[tuple[DeskMessage, DeskChat, int]]:
    """The latest card of each case in each chat that is still the same person's and can be reached."""
    return list((await session.exec(_LATEST, params={"its_cases": list(case_ids)})).all())


def _latest() -> Any:
    theirs = col(DeskMessage.case_id) == any_(bindparam("its_cases", type_=ARRAY(Uuid())))
    latest = (
        select(func.max(DeskMessage.id))
        .where(theirs, col(DeskMessage.card), col(DeskMessage.edits).is_(None))
        .group_by(col(DeskMessage.channel), col(DeskMessage.chat), col(DeskMessage.case_id))
    )
    same = and_(col(DeskChat.channel) == DeskMessage.channel, col(DeskChat.address) == DeskMessage.chat)
    chosen = select(DeskMessage, DeskChat, Case.version).join(DeskChat, same)
    chosen = chosen.join(Case, col(Case.id) == DeskMessage.case_id).where(col(DeskMessage.id).in_(latest))
    reached = (col(DeskChat.person) == DeskMessage.person, col(DeskChat.unreachable_at).is_(None))
    return chosen.where(*reached).order_by(col(DeskMessage.id))


_LATEST = _latest()  # put together once: every step waits for it
