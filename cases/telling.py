"""What is told beside cases: rows like all notices, each once by its unique key, delivered on the same way."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.notices import NEW_NOTICES
from models import Notification


def resident(
    session: AsyncSession, whom: UUID, key: str, args: Mapping[str, Any], about: str, now: datetime
) -> Notification:
    """`about` names what it is about; the same thing is told to one resident once."""
    row = Notification(unique_key=f"{about}:{key}:{whom}", resident=whom, text_key=key, args=dict(args), created_at=now)
    return _keep(session, row)


def is_told_to_many(row: Notification) -> bool:
    """One of those to all residents of some buildings: told to them together, in no order with their other notices."""
    return row.resident is not None and row.case_id is None and "notice" in row.args


def staff(
    session: AsyncSession, whom: Iterable[str], key: str, args: Mapping[str, Any], about: str, now: datetime
) -> None:
    for person in dict.fromkeys(whom):
        unique = f"{about}:{key}:{person}"
        _keep(session, Notification(unique_key=unique, person=person, text_key=key, args=dict(args), created_at=now))


def _keep(session: AsyncSession, row: Notification) -> Notification:
    session.add(row)
    session.info.setdefault(NEW_NOTICES, []).append(row)
    return row
