"""What a version that watches would have done, beside what the one in use did. Reads, changes nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import corrections
from cases.corrections import Word
from cases.errors import NotFound
from cases.lessons import DECIDED
from cases.shadow import filed, row_of
from models import Case, Prediction, ShadowPrediction, Status


@dataclass(frozen=True)
class Mistake:
    """A case it would have given to the wrong department. `gold`: a clerk said what is right."""

    number: str
    said: str
    right: str
    live: str | None  # what the model in use said
    confidence: float
    action: str
    gold: bool


@dataclass(frozen=True)
class Report:
    """The version beside the one that decided, over the cases of its days. Pairs are (live, shadow)."""

    version: str
    since: datetime
    until: datetime
    ended: datetime | None
    why: str | None
    filed: int
    read: int
    both: int  # read by both
    agreed: int
    known: int  # of `both`: the right department is known by now
    right: tuple[int, int]
    actions: tuple[Mapping[str, int], Mapping[str, int]]
    mistakes: Sequence[Mistake]  # what it would have routed first, the surest first


async def report(session: AsyncSession, version: str) -> Report:
    """Known is what people said last; where nobody did, what a case was archived under with an outcome in DECIDED.

    Raises NotFound when the version never watched.
    """
    begun = (await row_of(session, version)).report.get("shadow")
    if not begun:
        raise NotFound("shadow.never", version=version)
    since, until = map(datetime.fromisoformat, (begun["since"], begun["until"]))
    rows = await _said(session, version, since, until)
    words = await corrections.last_words(session, [row.id for row in rows])
    truth = {row.id: right for row in rows if (right := _right(row, words.get(row.id)))}
    both = [row for row in rows if row.live is not None]
    known = [row for row in both if row.id in truth]
    return Report(
        version=version,
        since=since,
        until=until,
        ended=datetime.fromisoformat(begun["ended"]) if begun["ended"] else None,
        why=begun["why"],
        filed=(await session.exec(select(func.count()).select_from(Case).where(*filed(since, until)))).one(),
        read=len(rows),
        both=len(both),
        agreed=sum(row.live == row.label for row in both),
        known=len(known),
        right=(sum(row.live == truth[row.id] for row in known), sum(row.label == truth[row.id] for row in known)),
        actions=(Counter(row.live_action for row in both), Counter(row.action for row in rows)),
        mistakes=_mistakes(rows, truth, words),
    )


async def _said(session: AsyncSession, version: str, since: datetime, until: datetime) -> Sequence[Any]:
    """What both said about each case it read, with how the case stands."""
    mine = (ShadowPrediction.label, ShadowPrediction.confidence, ShadowPrediction.action)
    live: tuple[Any, Any] = (col(Prediction.label).label("live"), col(Prediction.action).label("live_action"))
    case = (Case.id, Case.number, Case.category, Case.status, Case.outcome)
    chosen = (
        select(*case, *mine, *live)  # type: ignore[call-overload]
        .join(ShadowPrediction, col(ShadowPrediction.case_id) == Case.id)
        .join(Prediction, col(Prediction.case_id) == Case.id, isouter=True)
        .where(ShadowPrediction.version == version, *filed(since, until))
    )
    return (await session.exec(chosen)).all()  # type: ignore[no-any-return]


def _right(row: Any, word: Word | None) -> str | None:
    if word is not None:
        return word.label.field if word.label else None
    decided = row.status is Status.CLOSED and row.outcome in DECIDED
    return row.category if decided else None


def _mistakes(rows: Sequence[Any], truth: Mapping[UUID, str], words: Mapping[UUID, Word]) -> Sequence[Mistake]:
    wrong = [row for row in rows if row.id in truth and row.label != truth[row.id]]
    wrong.sort(key=lambda row: (row.action != "route", -row.confidence, row.number))
    return [
        Mistake(
            number=row.number,
            said=row.label,
            right=truth[row.id],
            live=row.live,
            confidence=row.confidence,
            action=row.action,
            gold=row.id in words and words[row.id].gold,
        )
        for row in wrong
    ]
