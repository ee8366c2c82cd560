"""Beside a case's stops: residents found by the telephone they left, without opening what is sealed."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.keys import Keys
from models import Resident, Role

MAY = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN})
AT_ONCE = 1_000


async def fill_in(session: AsyncSession, keys: Keys) -> int:
    """Numbers sealed before there were hashes get theirs, some at a time; how many did. Nothing else knows the key."""
    missing = (col(Resident.contact).is_not(None), col(Resident.contact_hash).is_(None))
    some = select(Resident).where(*missing).order_by(col(Resident.id)).limit(AT_ONCE)
    rows = (await session.exec(some.with_for_update(skip_locked=True))).all()
    for row in rows:
        row.contact_hash = keys.contact_hash(keys.open(row.contact or b""))
    return len(rows)
