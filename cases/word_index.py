"""Beside a case's stops: which cases hold some words, by the index of pairs of characters (docs/adr/0027).

A pair is in the index whether it stands in the text or in the place, so words are looked for in both. All pairs of a
word may stand apart, and a number may by chance be another's: what the index names is always looked at again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, func, or_
from sqlalchemy.dialects.postgresql import array
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models import Case, CaseWords

FEW = 1_200  # cases named one by one; enough to know of more than the thousand that is counted
SHORTEST = 2  # characters of a word

Marks = Sequence[Sequence[str]]
"""Of each some one must hold: what the database marks a case's words with (migrations, `case_words_of`)."""


@dataclass(frozen=True)
class Held:
    """What a case must hold, marks beside the words: of each mark one of several."""

    words: Sequence[str]
    marks: Marks = ()


async def holding(session: AsyncSession, held: Held, months: Sequence[str] = ()) -> Sequence[UUID]:
    """Cases with every pair and mark, of some months alone; one more than FEW where there are more."""
    marks = [*held.marks, *([months] if months else [])]
    chosen = select(CaseWords.case_id)
    pairs = func.word_pairs(" ".join(held.words))
    for one in [one for one in marks if len(one) == 1]:
        pairs = func.array_append(pairs, func.word_mark(one[0]))
    if held.words or any(len(one) == 1 for one in marks):
        chosen = chosen.where(col(CaseWords.words).contains(pairs))
    for some in [some for some in marks if len(some) > 1]:
        marked = array([func.word_mark(one) for one in some])
        chosen = chosen.where(col(CaseWords.words).bool_op("&&")(marked))
    return (await session.exec(chosen.limit(FEW + 1))).all()


def named(ids: Sequence[UUID]) -> ColumnElement[bool]:
    return col(Case.id) == any_(bindparam(None, list(ids), type_=ARRAY(Uuid)))


def says(words: Iterable[str]) -> list[ColumnElement[bool]]:
    """The words really stand there."""
    return [or_(stands(col(Case.text), word), stands(col(Case.place_text), word)) for word in words]


def stands(column: Any, word: str) -> ColumnElement[bool]:
    """Not by LIKE: of that the database believes that hardly any case passes, and reads all of them."""
    return func.strpos(func.lower(column), word.lower()) > 0


def marks_of(first: int, last: int) -> list[str]:
    """Of some months, both ends with it."""
    return [f"month={n // 12}-{n % 12 + 1:02}" for n in range(first, last + 1)]


def month_of(moment: datetime) -> int:
    """Counted on through the years, as the marks have it: in UTC."""
    there = moment.astimezone(UTC)
    return there.year * 12 + there.month - 1


def begin_of(month: int) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
