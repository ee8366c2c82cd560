"""线上打分 (E6): residents and firms score their community's and street's work; only means are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import homes, reach
from cases.book import Book
from cases.clock import TOWN_TIME
from cases.errors import NotAllowed
from cases.keys import Keys
from cases.masking import redact
from models import Person, Role, Score
from models.town import COMMUNITY, STREET

QUESTIONS = ("responsive", "fair", "tidy", "safe")
MARKS = range(1, 6)
FEWEST = 5  # answers: below it nothing is shown
WORDS_MOST = 300
QUARTERS = 6  # shown beside each other


@dataclass(frozen=True)
class Mean:
    """Of one area in one quarter; `n` None where there are some, but too few to show."""

    area: str
    quarter: str
    n: int | None
    overall: float | None = None
    answers: Mapping[str, float] | None = None
    business: int | None = None  # how many answered as one, where neither side is small


def quarter_of(now: datetime) -> str:
    local = now.astimezone(TOWN_TIME)
    return f"{local.year}Q{(local.month - 1) // 3 + 1}"


def quarters(now: datetime) -> list[str]:
    """The last ones, the oldest first."""
    year, quarter = int(quarter_of(now)[:4]), int(quarter_of(now)[-1])
    last = year * 4 + quarter - 1
    return [f"{n // 4}Q{n % 4 + 1}" for n in range(last - QUARTERS + 1, last + 1)]


async def give(
    session: AsyncSession, book: Book, keys: Keys, resident: UUID, area: str, answers: Mapping[str, int],
    now: datetime, *, business: bool = False,
) -> None:  # fmt: skip
    """One a quarter for each area they belong to; given again it takes the place of the first."""
    await _theirs(session, book, resident, area)
    kept = {question: int(answers[question]) for question in QUESTIONS}
    if any(mark not in MARKS for mark in kept.values()):
        raise NotAllowed("score.not_here")
    row = {"area": area, "quarter": quarter_of(now), "mark": _mark(keys, area, resident, now)}
    changed = {"answers": kept, "business": business, "at": now}
    new = insert(Score).values(**row, **changed, words="")
    await session.execute(new.on_conflict_do_update(index_elements=list(row), set_=changed))


async def add_words(session: AsyncSession, keys: Keys, resident: UUID, area: str, words: str, now: datetime) -> None:
    """Beside a score given before; numbers and names are starred out before they are kept."""
    score = await session.get(Score, (area, quarter_of(now), _mark(keys, area, resident, now)))
    if score is not None:
        score.words = redact(words)[:WORDS_MOST]


async def may_ask(session: AsyncSession, resident: UUID, now: datetime) -> bool:
    """Once a quarter at most, and only whom we know to live here; says so for good."""
    if not await homes.of(session, resident):
        return False
    choice = await homes.choice(session, resident)
    asked, choice.asked_quarter = choice.asked_quarter, quarter_of(now)
    return asked != choice.asked_quarter


async def _theirs(session: AsyncSession, book: Book, resident: UUID, area: str) -> None:
    if area not in homes.areas_of(book, await homes.of(session, resident)):
        raise NotAllowed("score.not_here")


def _mark(keys: Keys, area: str, resident: UUID, now: datetime) -> str:
    return keys.score_mark(f"{quarter_of(now)}:{area}:{resident}")


def scored(book: Book, person: Person) -> Sequence[str]:
    """The communities and streets whose scores somebody may read."""
    areas = (area for area in book.areas.values() if area.level in (STREET, COMMUNITY))
    return sorted(area.code for area in areas if reach.of_area(book, person, area.code))


async def means(session: AsyncSession, areas: Sequence[str], some: Sequence[str]) -> Mapping[tuple[str, str], Mean]:
    """By area and quarter; where nobody answered there is none."""
    chosen = select(Score).where(col(Score.area).in_(areas), col(Score.quarter).in_(some))
    groups: dict[tuple[str, str], list[Score]] = {}
    for score in (await session.exec(chosen)).all():
        groups.setdefault((score.area, score.quarter), []).append(score)
    return {key: _mean(*key, rows) for key, rows in groups.items()}


def _mean(area: str, quarter: str, rows: Sequence[Score]) -> Mean:
    n = len(rows)
    if n < FEWEST:
        return Mean(area, quarter, None)
    each = {question: sum(row.answers[question] for row in rows) / n for question in QUESTIONS}
    business = sum(row.business for row in rows)
    split = business if business >= FEWEST and n - business >= FEWEST else None
    return Mean(area, quarter, n, sum(each.values()) / len(each), each, split)


async def words(session: AsyncSession, book: Book, person: Person, area: str, quarter: str) -> Sequence[str]:
    """What was written, in the order of the alphabet: for the area's own leaders, where enough answered."""
    if person.role is not Role.LEADER or area not in scored(book, person):
        return []
    chosen = select(Score).where(Score.area == area, Score.quarter == quarter)
    rows = (await session.exec(chosen)).all()
    return sorted(row.words for row in rows if row.words) if len(rows) >= FEWEST else []
