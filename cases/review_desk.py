"""Labels one after the other (复核): what clerks propose for their own unit, dispatchers and admins confirm.

Which case comes next is `cases/review.py`'s; here is what somebody who labels sees and has said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, corrections, queries, review
from cases.actors import staff
from cases.book import Book
from cases.corrections import CLERKS, PROPOSED, REVIEWED, Word
from cases.errors import NotAllowed, NotFound, Stale
from models import Case, Correction, Person, Prediction, Role

GUESSES = 3


@dataclass(frozen=True)
class Proposal:
    """A clerk's word that nobody confirmed yet."""

    number: str
    code: str
    by: str


@dataclass(frozen=True)
class Sheet:
    """One case as whoever labels it sees it; `word` is the last that people said."""

    case: Case
    prediction: Prediction | None
    word: Word | None

    @property
    def guesses(self) -> list[tuple[str, float]]:
        """The model's three best: a code each, of the first the item where one was told, and how sure."""
        said = self.prediction
        if said is None:
            return []
        ranking = said.ranking or [[said.label, said.confidence]]
        return [(_finest(said, label), chance) for label, chance in ranking[:GUESSES]]


def reach(person: Person) -> ColumnElement[bool]:
    """The cases somebody may label: a clerk those of their unit, never one that is hidden from them."""
    seen = access.sees(person)
    return and_(seen, col(Case.unit) == person.unit) if person.role is Role.CLERK else seen


async def sheet(session: AsyncSession, book: Book, person: Person, number: str) -> Sheet:
    """Raises NotFound for one that is not theirs to label."""
    case = await _theirs(session, book, person, number)
    words = await corrections.last_words(session, [case.id])
    return Sheet(case, await session.get(Prediction, case.id), words.get(case.id))


async def say(session: AsyncSession, book: Book, number: str, code: str, person: Person, now: datetime) -> bool:
    """Their word about a case; True: it counts, False: a dispatcher has to confirm it."""
    case = await _theirs(session, book, person, number)
    if person.role in CLERKS:
        await review.label(session, book, number, code, person, now)
        return True
    await _propose(session, book, case, code, person, now)
    return False


async def proposals(session: AsyncSession, person: Person) -> Sequence[Proposal]:
    """What waits for somebody who confirms, the oldest first."""
    if person.role not in CLERKS:
        return []
    later = select(func.max(Correction.id)).where(Correction.case_id == Case.id).correlate(Case).scalar_subquery()
    chosen = select(Case.number, Correction.now, Correction.actor).join(Case, col(Case.id) == Correction.case_id)
    waiting = chosen.where(Correction.why == PROPOSED, col(Correction.id) == later, reach(person))
    return [Proposal(*row) for row in (await session.exec(waiting.order_by(col(Correction.id)))).all()]


async def newest(session: AsyncSession) -> int:
    """The number of the last word that anybody said."""
    return (await session.exec(select(func.max(Correction.id)))).one() or 0


async def since(session: AsyncSession, mark: int) -> set[str]:
    """The numbers of the cases about which somebody said something since then."""
    said = select(Case.number).join(Correction, col(Correction.case_id) == Case.id)
    return set((await session.exec(said.where(col(Correction.id) > mark))).all())


async def labelled(session: AsyncSession, person: Person, begins: datetime) -> int:
    """How many cases they labelled from then on."""
    mine = (Correction.actor == person.code, col(Correction.why).in_((REVIEWED, PROPOSED)))
    count = select(func.count(col(Correction.case_id).distinct())).where(*mine, col(Correction.at) >= begins)
    return (await session.exec(count)).one()


async def _theirs(session: AsyncSession, book: Book, person: Person, number: str) -> Case:
    case = await queries.case_for(session, book, person, number)
    if person.role is Role.CLERK and case.unit != person.unit:
        raise NotFound("case.not_found", number=number)
    return case


async def _propose(session: AsyncSession, book: Book, case: Case, code: str, person: Person, now: datetime) -> None:
    """Nothing follows but that a dispatcher sees it. What somebody said for good is no longer theirs to change."""
    if person.role is not Role.CLERK or not person.active:
        raise NotAllowed("review.clerks_only")
    await session.refresh(case, with_for_update=True)
    word = (await corrections.last_words(session, [case.id])).get(case.id)
    if word and word.label and word.why != PROPOSED:
        raise Stale("review.settled", number=case.number)
    corrections.correct(session, book, case, code, staff(person), PROPOSED, now)


def _finest(said: Prediction, label: str) -> str:
    return said.item if said.item and label == said.label else str(label)
