"""What people teach the classifier: every word of theirs about a label is a row with who and why.

`now` other than `was` corrects, the same confirms, none only doubts. Who said it last is right.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.actors import RESIDENT, Actor
from cases.book import Book
from cases.errors import Missing
from models import Case, Category, Correction, Role

CHOSEN, ASSIGNED, RETURNED, REVIEWED, PROPOSED = "chosen", "assign", "return", "review", "propose"  # why
CLERKS = frozenset({Role.DISPATCHER, Role.ADMIN})
"""Whose word is gold: they know the departments, and looked at this case for its label."""


@dataclass(frozen=True)
class Labelled:
    """A department's field, and the item where it is known."""

    field: str
    item: str | None = None

    @property
    def code(self) -> str:
        return self.item or self.field


@dataclass(frozen=True)
class Word:
    """The last that people said about a case's label; `label` None: only that it is wrong."""

    label: Labelled | None
    role: Role
    why: str

    @property
    def gold(self) -> bool:
        return self.label is not None and self.role in CLERKS


def correct(
    session: AsyncSession, book: Book, case: Case, code: str, actor: Actor, why: str, now: datetime
) -> dict[str, Any]:
    """Somebody gave the right label (a department's field or an item), new or not; returns the columns to change."""
    right = labelled(book, code)
    was = of(case)
    _add(session, case, was.code if was else None, right.code, actor, why, now)
    return {} if right == was else {"category": right.field, "item": right.item}


def keep(session: AsyncSession, case: Case, actor: Actor, why: str, now: datetime) -> None:
    """Somebody who had to look at the label left it as it was; a case without one says nothing."""
    if was := of(case):
        _add(session, case, was.code, was.code, actor, why, now)


def chose(session: AsyncSession, case: Case, said: Labelled | None, now: datetime) -> None:
    """The resident picked the category. Where they named only the department, the model's item is no error."""
    right = of(case)
    if right is None:
        return
    was = Labelled(said.field) if said and right.item is None and said.field == right.field else said
    _add(session, case, was.code if was else None, right.code, RESIDENT, CHOSEN, now)


def doubt(session: AsyncSession, case: Case, actor: Actor, why: str, now: datetime) -> None:
    """Only known to be wrong: somebody returned it as not their unit's."""
    _add(session, case, case.item or case.category, None, actor, why, now)


def labelled(book: Book, code: str) -> Labelled:
    """What a code of either level stands for; raises Missing for one the town does not have."""
    category = book.categories.get(code)
    if category is None:
        raise Missing("step.unknown_category")
    return Labelled(category.parent, code) if category.parent else Labelled(code)


async def last_words(session: AsyncSession, cases: Collection[UUID]) -> dict[UUID, Word]:
    """Those of the cases about which anybody said anything."""
    said = select(Correction, Category.parent).join(Category, col(Category.code) == Correction.now, isouter=True)
    said = said.where(col(Correction.case_id).in_(cases)).ext(distinct_on(col(Correction.case_id)))
    rows = (await session.exec(said.order_by(col(Correction.case_id), col(Correction.id).desc()))).all()
    return {row.case_id: Word(_label(row.now, parent), row.role, row.why) for row, parent in rows}


def _label(code: str | None, parent: str | None) -> Labelled | None:
    if code is None:
        return None
    return Labelled(parent, code) if parent else Labelled(code)


def of(case: Case) -> Labelled | None:
    """What the case goes by now."""
    return Labelled(case.category, case.item) if case.category else None


def _add(
    session: AsyncSession, case: Case, was: str | None, now_is: str | None, actor: Actor, why: str, now: datetime
) -> None:
    row = Correction(case_id=case.id, was=was, now=now_is, actor=actor.code, role=actor.role, why=why, at=now)
    session.add(row)
