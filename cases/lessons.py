"""What cases teach the classifier: texts whose label people gave and the outcome confirmed, or a clerk reviewed.

Reads, changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import and_, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import corrections
from cases.corrections import CLERKS, REVIEWED, Labelled, Word
from models import Case, Correction, Event, Outcome, Role, Status

MOST = 5_000
TEXTS_PER_RESIDENT = 5
"""Nobody teaches much alone: a flood of one resident's complaints would bend the model towards them."""

RECENT = 500
DECIDED = (Outcome.SOLVED, Outcome.PARTLY, Outcome.EXPLAINED)
"""Whoever had the case acted on it as theirs. “Not ours” and “invalid” say nothing about the label."""

TEACHERS = CLERKS | {Role.RESIDENT}


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
    archived with an outcome in DECIDED: the unit that dealt with it took it as its own. What a clerk said in review
    needs no outcome: it was said about the label alone, and counts even where the case went on under another.
    """
    corrected = select(Correction.case_id)
    ended = and_(Case.status == Status.CLOSED, col(Case.outcome).in_(DECIDED), col(Case.category).is_not(None))
    taught = and_(ended, col(Case.id).in_(_chosen().union(corrected)))
    reviewed = col(Case.id).in_(corrected.where(Correction.why == REVIEWED))
    known_at = func.coalesce(Case.closed_at, Case.submitted_at)
    chosen = select(Case).where(or_(taught, reviewed)).order_by(known_at.desc(), col(Case.id)).limit(4 * MOST)
    cases = (await session.exec(chosen)).all()
    sure = await _sure(session, cases)
    kept, counts = list[Lesson](), Counter[UUID]()
    for case in cases:
        if case.id in sure and counts[case.resident] < TEXTS_PER_RESIDENT:
            counts[case.resident] += 1
            kept.append(_lesson(case, sure[case.id]))
    return kept[:MOST]


async def of(session: AsyncSession, cases: Iterable[str]) -> Sequence[Lesson]:
    """What these cases taught an earlier model, with the labels they have now."""
    known = select(Case).where(col(Case.id).in_([UUID(case) for case in cases]))
    rows = (await session.exec(known.order_by(col(Case.id)))).all()
    words = await corrections.last_words(session, [case.id for case in rows])
    labels = [(case, _reviewed(words.get(case.id)) or corrections.of(case)) for case in rows]
    return [_lesson(case, label) for case, label in labels if label]


async def recent(session: AsyncSession) -> Sequence[str]:
    """The texts of the last RECENT cases, whatever became of them."""
    return (await session.exec(select(Case.text).order_by(col(Case.submitted_at).desc()).limit(RECENT))).all()


async def _sure(session: AsyncSession, cases: Sequence[Case]) -> dict[UUID, Labelled]:
    """The labels of those of the cases whose label stands as people gave it last."""
    numbers = [case.id for case in cases]
    chosen = set((await session.exec(_chosen().where(col(Event.case_id).in_(numbers)))).all())
    words = await corrections.last_words(session, numbers)
    found = ((case.id, _standing(case, words.get(case.id), chosen=case.id in chosen)) for case in cases)
    return {id_: label for id_, label in found if label}


def _standing(case: Case, word: Word | None, *, chosen: bool) -> Labelled | None:
    """The last word counts; a doubt has no label, and a label the case went away from since is none either."""
    if word is None:  # chosen before such choices were rows
        return corrections.of(case) if chosen else None
    if word.label is None or word.role not in TEACHERS:
        return None
    return word.label if word.why == REVIEWED or word.label == corrections.of(case) else None


def _reviewed(word: Word | None) -> Labelled | None:
    return word.label if word and word.why == REVIEWED else None


def _chosen() -> Any:
    """Cases whose category the resident picked."""
    return select(Event.case_id).where(Event.kind == "submit", col(Event.details)["chosen"].as_boolean())


def _lesson(case: Case, label: Labelled) -> Lesson:
    return Lesson(case.id, case.text, label.field, label.item or "")
