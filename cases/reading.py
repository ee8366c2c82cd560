"""Whose reading of a case is written down: administrators and auditors have no part in it, so a look leaves a line."""

from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import audit
from models import AuditEntry, Case, Person, Role

LOGGED = frozenset({Role.ADMIN, Role.AUDITOR})
ONE_LOOK = timedelta(hours=1)
"""A page that is open is drawn anew with every change: within this time that is the same look."""


async def note(session: AsyncSession, person: Person, case: Case, now: datetime) -> None:
    """In the transaction that reads: where the line cannot be written, nothing is read."""
    if person.role not in LOGGED:
        return
    line = {"kind": "case", "subject": case.number, "action": "read", "person": person.code}
    known = select(AuditEntry.id).filter_by(**line).where(col(AuditEntry.at) > now - ONE_LOOK)
    if (await session.exec(known.limit(1))).first() is None:
        audit.note(session, person.code, "read", "case", case.number, now)
