"""记下说的是谁: the dispatch desk or a supervisor reads whom of our own a case is about, where no list could.

From then on it goes past them as it would have from the beginning (C7); see `cases/accused.py`.
"""

from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, accused, lifecycle, merging, triage
from cases.actors import SYSTEM, staff
from cases.book import Book
from cases.errors import Missing
from models import STEPS, Case, Person


async def accuse(
    session: AsyncSession,
    book: Book,
    case: Case,
    person: Person,
    unit: str | None,
    who: str | None,
    text: str,
    now: datetime,
) -> None:
    """It is about a unit, or about somebody and so about the unit they work at; with why, for whoever looks later.

    Raises Missing where neither is named, who is named does not work there, all of it is known, or the unit was called.
    """
    whom = _named(book, unit, who)
    if whom <= accused.about(case):
        raise Missing("accuse.known", number=case.number)
    if called := sorted(whom & set(access.awaited(case))):
        raise Missing("accuse.called", unit=book.unit_name(called[0]))
    facts = {**case.facts, "accused": sorted(accused.about(case) | whom)}
    details, changes = {"accused": sorted(whom)}, {"facts": facts}
    await lifecycle.move(session, book, case, "accuse", staff(person), now, text=text, details=details, changes=changes)
    for one in await merging.followers(session, case):  # they lie on the same desks
        one.facts = {**one.facts, "accused": sorted(accused.about(one) | whom)}
    if case.status in STEPS["pass_by"].before and _lies_with_them(book, case):
        await _pass_by(session, book, case, now)


def _named(book: Book, unit: str | None, who: str | None) -> frozenset[str]:
    member = book.members.get(who or "")
    if who and (member is None or unit not in (None, member.unit)):
        raise Missing("step.wrong_assignee")
    if member:
        return frozenset({member.code, member.unit})
    if unit not in book.units:
        raise Missing("step.needs_unit")
    return frozenset({str(unit)})


def _lies_with_them(book: Book, case: Case) -> bool:
    barred = accused.about(case) | accused.not_led(book, accused.about(case))
    return case.unit in barred or case.assignee in accused.never(book, case)


async def _pass_by(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    """Taken from them, and to the desk the rules name without them."""
    never = accused.never(book, case)
    changes: dict[str, Any] = {
        "assignee": None, "signed_at": None, "binding": False, "decision": "", "outcome": None, "result": "",
        "co_units": [unit for unit in case.co_units if unit not in accused.about(case)],
        "accountable": None if case.accountable in never else case.accountable,
    }  # fmt: skip
    await lifecycle.move(session, book, case, "pass_by", SYSTEM, now, changes=changes)
    await triage.past(session, book, case, now)
