"""What cases teach the classifier: texts whose label people gave and the outcome confirmed. Reads, changes nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models import Case, Correction, Event, Outcome, Role, Status

MOST = 5_000
TEXTS_PER_RESIDENT = 5
"""Nobody teaches much alone: a flood of one resident's complaints would bend the model towards them."""

RECENT = 500
DECIDED = (Outcome.SOLVED, Outcome.PARTLY, Outcome.EXPLAINED)
"""Whoever had the case acted on it as theirs. “Not ours” and “invalid” say nothing about the label."""

TEACHERS = frozenset({Role.DISPATCHER, Role.RESIDENT})


@dataclass(frozen=True)
class Lesson:
    """One case's text with its category's field and item ("" when only the field is known)."""

    case: UUID
    text: str
    label: str
    item: str


async def confirmed(session: AsyncSession) -> Sequence[Lesson]:
    """Newest first, at most MOST in all and TEXTS_PER_RESIDENT of one resident.

    Confirmed is a label that the resident chose or a dispatcher gave, that nobody doubted afterwards, of a case
    archived with an outcome in DECIDED: the unit that dealt with it took it as its own.
    """
    corrected = select(Correction.case_id)
    ended = select(Case).where(Case.status == Status.CLOSED, col(Case.outcome).in_(DECIDED))
    ended = ended.where(col(Case.category).is_not(None), col(Case.id).in_(_chosen().union(corrected)))
    cases = (await session.exec(ended.order_by(col(Case.closed_at).desc(), col(Case.id)).limit(4 * MOST))).all()
    sure = await _sure(session, cases)
    kept, counts = list[Lesson](), Counter[UUID]()
    for case in cases:
        if case.id in sure and counts[case.resident] < TEXTS_PER_RESIDENT:
            counts[case.resident] += 1
            kept.append(_lesson(case))
    return kept[:MOST]


async def of(session: AsyncSession, cases: Iterable[str]) -> Sequence[Lesson]:
    """What these cases taught an earlier model, with the labels they have now."""
    known = select(Case).where(col(Case.id).in_([UUID(case) for case in cases]), col(Case.category).is_not(None))
    return [_lesson(case) for case in (await session.exec(known.order_by(col(Case.id)))).all()]


async def recent(session: AsyncSession) -> Sequence[str]:
    """The texts of the last RECENT cases, whatever became of them."""
    return (await session.exec(select(Case.text).order_by(col(Case.submitted_at).desc()).limit(RECENT))).all()


async def _sure(session: AsyncSession, cases: Sequence[Case]) -> set[UUID]:
    """Those of the cases whose label stands as people gave it last."""
    numbers = [case.id for case in cases]
    labels = {case.id: case.item or case.category for case in cases}
    sure = set((await session.exec(_chosen().where(col(Event.case_id).in_(numbers)))).all())
    said = select(Correction).where(col(Correction.case_id).in_(numbers))
    rows = (await session.exec(said.order_by(col(Correction.case_id), col(Correction.id)))).all()
    for case, corrections in groupby(rows, lambda row: row.case_id):
        for correction in corrections:  # the last word counts; a doubt has no label
            stands = correction.now == labels[case] and correction.role in TEACHERS
            (sure.add if stands else sure.discard)(case)
    return sure


def _chosen() -> Any:
    """Cases whose category the resident picked."""
    return select(Event.case_id).where(Event.kind == "submit", col(Event.details)["chosen"].as_boolean())


def _lesson(case: Case) -> Lesson:
    assert case.category is not None
    return Lesson(case.id, case.text, case.category, case.item or "")
