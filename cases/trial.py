"""Beside a case's stops: where a complaint would go, by the very functions that will decide, and nothing written."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from cases import accused, dispatch
from cases.book import Book
from cases.clock import Deadlines, deadlines
from cases.dispatch import Refused
from cases.intake import Complaint
from cases.triage import HELD_CLOCK
from models import Case, Status
from routing.facts import Facts
from routing.rules import Decision, NoRule

NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Trial:
    facts: Facts
    decision: Decision | None  # None: no rule is asked, or none fits
    person: str | None  # None: held for the dispatch desk
    clock: str
    due: Deadlines


async def try_out(session: AsyncSession, book: Book, complaint: Complaint, now: datetime) -> Trial:
    """As if it were filed now."""
    case = _case(book, complaint, now)
    facts = dispatch.facts_of(book, case, now, Refused())
    decision, person = None, None
    if complaint.category is not None or complaint.danger:
        try:
            decision = book.rules.route(facts)
            person = await dispatch.handler(session, book, case, decision, Refused(), now)
        except NoRule:
            pass
    clock = decision.clock if decision and person else HELD_CLOCK
    return Trial(facts, decision, person, clock, deadlines(book.policies[clock], now, book.calendar))


def _case(book: Book, complaint: Complaint, now: datetime) -> Case:
    """Never added to a session."""
    whom = accused.read(book, complaint.text, book.path(complaint.grid))
    sure = complaint.guess.confidence if complaint.guess and not complaint.chosen else 1.0
    return Case(
        id=NOBODY,
        number="",
        code_hash="",
        resident=NOBODY,
        status=Status.SUBMITTED,
        text=complaint.text,
        category=complaint.category,
        item=complaint.item,
        danger=complaint.danger,
        place=complaint.place,
        grid=complaint.grid,
        facts={**complaint.facts, "confidence": sure, "accused": sorted(whom)},
        submitted_at=now,
    )
