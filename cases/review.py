"""Which cases a clerk should label next (复核), and their word: what the model learns most from, soonest.

What is gained by a label is taken to be how unsure the model was, times how many recent texts are of the same kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import corrections, lifecycle
from cases.actors import staff
from cases.book import Book
from cases.corrections import CLERKS, PROPOSED, REVIEWED
from cases.errors import NotAllowed, NotFound
from cases.likeness import groups
from models import STEPS, Case, Person, Prediction

DAYS, LIMIT = 30, 20
MOST = 5_000
RELABEL = "relabel"  # the event of a case whose category a review changed


@dataclass(frozen=True)
class Recent:
    """A case of the last days; `settled`: somebody said what it is about."""

    number: str
    text: str
    label: str
    ranking: Sequence[tuple[str, float]]
    settled: bool


@dataclass(frozen=True)
class Candidate:
    """A case to look at, in the place of `copies` that say the same."""

    number: str
    text: str
    label: str
    second: str | None
    uncertainty: float  # 0…1: 1 less the lead of the first label over the second
    density: int
    copies: int

    @property
    def gain(self) -> float:
        return self.uncertainty * self.density


async def recent(
    session: AsyncSession, now: datetime, days: int = DAYS, only: ColumnElement[bool] | None = None
) -> Sequence[Recent]:
    """The newest MOST cases of these days about which the model said something; `only`: of those a person may label.

    What a clerk proposed is not settled: a dispatcher's word follows.
    """
    chosen = select(Case.id, Case.number, Case.text, Prediction.label, Prediction.ranking)  # type: ignore[call-overload]
    chosen = chosen.join(Prediction, col(Prediction.case_id) == Case.id)
    chosen = chosen.where(col(Case.submitted_at) >= now - timedelta(days=days))
    chosen = chosen if only is None else chosen.where(only)
    rows = (await session.exec(chosen.order_by(col(Case.submitted_at).desc()).limit(MOST))).all()
    words = await corrections.last_words(session, [row.id for row in rows])
    settled = {case for case, word in words.items() if word.label and word.why != PROPOSED}
    return [Recent(row.number, row.text, row.label, row.ranking, row.id in settled) for row in rows]


def ordered(cases: Sequence[Recent], limit: int = LIMIT) -> list[Candidate]:
    """The likeliest gain first, one of each group of near-copies. Takes a second for 5,000: not for an event loop.

    Where one of the copies is settled, the others would teach nothing more.
    """
    found = []
    for group in groups([case.text for case in cases]):
        members = [cases[i] for i in group.members]
        if not any(case.settled for case in members):
            found.append(_candidate(max(members, key=_uncertainty), group.density, len(members)))
    return sorted(found, key=lambda one: (-one.gain, one.number))[:limit]


async def label(session: AsyncSession, book: Book, number: str, code: str, person: Person, now: datetime) -> Case:
    """A clerk's word about a case, from any status. The case keeps its desk, its clock and its status.

    Its category follows only where this person could change it anyway: a dispatcher, before it is handed out. A case
    at work goes on under the category by which it was given to somebody; what it teaches is the clerk's word.
    """
    if person.role not in CLERKS or not person.active:
        raise NotAllowed("review.clerks_only")
    case = (await session.exec(select(Case).where(Case.number == number).with_for_update())).first()
    if case is None:
        raise NotFound("case.not_found", number=number)
    changes = corrections.correct(session, book, case, code, staff(person), REVIEWED, now)
    if changes and _may_relabel(case, person):
        await lifecycle.note(session, book, case, RELABEL, staff(person), now, changes=changes, details=changes)
    return case


def _may_relabel(case: Case, person: Person) -> bool:
    assign = STEPS["assign"]
    return case.status in assign.before and person.role in assign.who and "category" in assign.may


def _candidate(case: Recent, density: int, copies: int) -> Candidate:
    second = case.ranking[1][0] if len(case.ranking) > 1 else None
    return Candidate(case.number, case.text, case.label, second, _uncertainty(case), density, copies)


def _uncertainty(case: Recent) -> float:
    first, second, *_ = [*(chance for _, chance in case.ranking), 0.0, 0.0]
    return 1.0 - (first - second)
