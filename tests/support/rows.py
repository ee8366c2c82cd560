"""The fewest rows that stand for something, for tests that are about something else."""

from datetime import datetime
from uuid import uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from models import Case, Notification, Resident, Status


async def add_case(session: AsyncSession, now: datetime, resident: Resident | None = None) -> Case:
    """A submitted case of a resident (a new one unless given), flushed."""
    if resident is None:
        resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=now)
        session.add(resident)
        await session.flush()
    key = uuid4()
    case = Case(
        id=key, number=key.hex[:12], code_hash=key.hex, resident=resident.id, status=Status.SUBMITTED,
        text="楼下烧烤店油烟太大", submitted_at=now,
    )  # fmt: skip
    session.add(case)
    await session.flush()
    return case


async def add_notice(session: AsyncSession, case: Case, now: datetime, key: str = "resident.route") -> Notification:
    """A notification to the case's resident, flushed."""
    row = Notification(
        unique_key=uuid4().hex, resident=case.resident, case_id=case.id, text_key=key, created_at=now
    )  # fmt: skip
    session.add(row)
    await session.flush()
    return row
