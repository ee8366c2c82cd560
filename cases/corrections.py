"""What people teach the classifier: every correction is a row with who and why."""

from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.actors import Actor
from cases.book import Book
from cases.errors import Missing
from models import Case, Correction


def correct(
    session: AsyncSession, book: Book, case: Case, code: str, actor: Actor, why: str, now: datetime
) -> dict[str, Any]:
    """Somebody gave the right label (a department's field or an item); returns the columns to change."""
    category = book.categories.get(code)
    if category is None:
        raise Missing("step.unknown_category")
    field, item = (category.parent, code) if category.parent else (code, None)
    if (field, item) == (case.category, case.item):
        return {}
    was, now_is = case.item or case.category, item or field
    session.add(Correction(case_id=case.id, was=was, now=now_is, actor=actor.code, role=actor.role, why=why, at=now))
    return {"category": field, "item": item}


def doubt(session: AsyncSession, case: Case, actor: Actor, why: str, now: datetime) -> None:
    """Only known to be wrong: somebody returned it as not their unit's."""
    row = Correction(
        case_id=case.id, was=case.item or case.category, actor=actor.code, role=actor.role, why=why, at=now
    )
    session.add(row)
