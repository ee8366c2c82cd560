"""Beside a case's stops: what is older than the town keeps, in whole calendar years; forgotten some at a time.

A case that ended in 2026 and is kept for five years has its words until the last day of 2031, in the town.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import audit, forgetting
from cases.book import Book
from cases.clock import TOWN_TIME
from cases.forgetting import Gone
from models import OPEN, Case, ChatMessage, Event, Resident

REFUSED_DAYS = 30
REFUSED = text("DELETE FROM refused_updates WHERE at < :now - make_interval(days => :days)")
REASON = "retention"


@dataclass(frozen=True)
class Limit:
    """`before`: what ended earlier goes."""

    before: datetime
    lot: int = 50


def limit(now: datetime, years: int) -> Limit:
    """The first moment of the calendar year from which on everything is kept."""
    local = now.astimezone(TOWN_TIME)
    return Limit(datetime(local.year - years, 1, 1, tzinfo=TOWN_TIME))


def _cases(limit: Limit) -> tuple[ColumnElement[bool], ...]:
    lately = exists().where(col(Event.case_id) == col(Case.id), col(Event.at) >= limit.before)
    return (
        col(Case.submitted_at) < limit.before,
        col(Case.status).not_in(OPEN),
        col(Case.code_hash).not_like(f"{forgetting.CHANNEL} %"),
        ~lately,
    )


def _residents(limit: Limit) -> tuple[ColumnElement[bool], ...]:
    """Whose cases are all forgotten, and who has not been heard of since."""
    held = exists().where(
        col(Case.resident) == col(Resident.id), col(Case.code_hash).not_like(f"{forgetting.CHANNEL} %")
    )
    lately = exists().where(col(ChatMessage.resident) == col(Resident.id), col(ChatMessage.at) >= limit.before)
    return (col(Resident.created_at) < limit.before, col(Resident.channel) != forgetting.CHANNEL, ~held, ~lately)


async def preview(session: AsyncSession, limit: Limit) -> Mapping[str, int]:
    """How many cases would lose their words. Residents go once their cases have."""
    cases = select(func.count()).select_from(Case).where(*_cases(limit))
    return {"cases": (await session.exec(cases)).one()}


async def some_cases(session: AsyncSession, book: Book, limit: Limit, by: str, now: datetime) -> Gone:
    """The next ones; `cases` is 0 when none is left. What was done stays done, whenever it is stopped."""
    found = select(Case).where(*_cases(limit)).order_by(col(Case.submitted_at)).limit(limit.lot)
    cases = (await session.exec(found)).all()
    gone = await forgetting.closed_cases(session, book, cases, now)
    if cases:
        span = {"found": len(cases), "ended_before": limit.before.date().isoformat()}
        first_last = f"{cases[0].number} – {cases[-1].number}"
        audit.note(session, by, "erase", "cases", first_last, now, after=span, reason=REASON)
    return gone


async def some_residents(session: AsyncSession, book: Book, limit: Limit, by: str, now: datetime) -> list[Gone]:
    found = select(Resident).where(*_residents(limit)).order_by(col(Resident.id)).limit(limit.lot)
    people = (await session.exec(found)).all()
    return [await forgetting.resident(session, book, one, by, REASON, now) for one in people]


async def refused(session: AsyncSession, now: datetime) -> int:
    """Sealed updates nobody looked at for a month."""
    gone = await session.execute(REFUSED, {"now": now, "days": REFUSED_DAYS})
    return int(gone.rowcount)  # type: ignore[attr-defined]
