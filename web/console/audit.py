"""The log of changes by hand (操作日志): who changed what, when, from what to what."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.clock import TOWN_TIME
from models import AuditEntry
from web.console.shell import NOT_BLANK, Console, at
from web.console.tables import words_of

PER_PAGE = 50

router = APIRouter()


@router.get("/console/audit", response_model=None)
async def audit_page(
    here: Annotated[Console, at("audit")],
    person: Annotated[str, Query(max_length=64)] = "",
    kind: Annotated[str, Query(max_length=64)] = "",
    day: Annotated[date | None, NOT_BLANK] = None,
    before: Annotated[int | None, NOT_BLANK, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """Newest first; `before` is the last line's number of the page before."""
    async with here.parts.transactions.read() as session:
        rows = await _lines(session, person, kind, day, before)
        kinds = (await session.exec(select(AuditEntry.kind).distinct().order_by(AuditEntry.kind))).all()
    more = rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else None
    shown = {"person": person, "kind": kind, "day": day.isoformat() if day else ""}
    return here.show("audit", rows=rows[:PER_PAGE], kinds=kinds, more=more, asked=shown, words=words_of(here))


async def _lines(
    session: AsyncSession, person: str, kind: str, day: date | None, before: int | None
) -> Sequence[AuditEntry]:
    chosen = select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(PER_PAGE + 1)
    if person:
        chosen = chosen.where(AuditEntry.person == person.strip().lower())
    if kind:
        chosen = chosen.where(AuditEntry.kind == kind)
    if day:
        begins = datetime.combine(day, time(), TOWN_TIME)
        chosen = chosen.where(col(AuditEntry.at).between(begins, begins + timedelta(days=1)))
    if before:
        chosen = chosen.where(col(AuditEntry.id) < before)
    return (await session.exec(chosen)).all()
