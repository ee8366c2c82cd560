"""Beside a case's stops: what people look for among very many cases, as conditions an index answers.

Words are found by pairs of characters (docs/adr/0027): where few cases hold them those are named one by one, where
many do a list in its own order meets them soon enough.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, false, func, literal_column, or_, text
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access
from cases.book import Book
from models import OPEN, Case, CaseWords, Person, Resident, Role, Status
from models.base import AWARE
from models.listed import DONE_CASES, DUE, OPEN_CASES
from models.town import GRID

GROUPS = ("open", "late", "done", "all")  # of statuses; every status is one by itself as well
TOGETHER = ("joined", "merged", "leads")
ME, MINE = "me", "mine"
FEW = 3_000  # cases named one by one; of a word in more than 3 of 1,000 a page is met within some 20,000
PLACES = 2_000
MONTHS = 24
SHORTEST = 2  # characters of a word


@dataclass(frozen=True)
class Search:
    """What somebody asks for; empty or False is not asked. `contact` is a telephone's hash, never the number."""

    number: str = ""
    words: Sequence[str] = ()
    place: str = ""  # a code, or words
    contact: str = ""
    status: str = "open"
    unit: str = ""
    category: str = ""
    kind: str = ""
    assignee: str = ""  # a sign-in name, or part of a name
    danger: bool = False
    overdue: bool = False
    ordered: bool = False
    filed: bool = False  # by whoever asks
    together: str = ""
    since: datetime | None = None
    until: datetime | None = None
    due_by: datetime | None = None
    sort: str = "due"
    nothing: bool = False  # of what was asked nothing can be looked for

    @property
    def by_due(self) -> bool:
        """What is over has no time left: only open cases are ordered by it."""
        open_ = self.status in ("open", "late") or self.status in set(OPEN)
        return open_ and self.sort != "submitted" and not (self.number or self.contact)


@dataclass(frozen=True)
class Asked:
    """A search made ready for the database. `named`: `where` names the cases one by one, so no order need be walked.

    `some`: of too many to name, those that were met first, of which a count mostly has enough.
    """

    person: Person
    search: Search
    where: Sequence[ColumnElement[bool]]
    named: bool = False
    some: Sequence[UUID] = ()


async def ready(session: AsyncSession, book: Book, person: Person, search: Search, now: datetime) -> Asked:
    where_ = [*_plain(book, person, search, now)]
    grids, places = where(book, search.place) if search.place else ([], [])
    if search.place:
        where_.append(await _placed(session, book, search.place, grids, places))
    if not search.words:
        return Asked(person, search, where_, bool(search.contact))
    where_ += [_says(col(Case.text), word) for word in search.words]
    marks = [*_marks(book, person, search), *([["grid=" + grid for grid in grids]] if grids and not places else [])]
    ids = await _holding(session, search.words, [*marks, *_reach(book, person)])
    if len(ids) > FEW:
        return Asked(person, search, where_, some=ids)
    return Asked(person, search, [*where_, named(ids)], named=True)


def _plain(book: Book, person: Person, search: Search, now: datetime) -> Iterable[ColumnElement[bool]]:
    """Everything a column of the case answers by itself."""
    yield from _status(search.status, now)
    if search.nothing:
        yield false()
    if search.number:
        yield or_(*(_begins(number) for number in numbers(search.number, now)))
    if search.contact:
        theirs = select(Resident.id).where(Resident.contact_hash == search.contact)
        yield col(Case.resident).in_(theirs)
        yield ~col(Case.anonymous)  # who wants no name is not found by their number either
    if search.unit:
        yield col(Case.unit) == (person.unit if search.unit == MINE else search.unit)
    if search.category:
        known = book.categories.get(search.category)
        yield col(Case.item if known and known.parent else Case.category) == search.category
    if search.kind:
        yield text("(facts ->> 'kind') = :kind").bindparams(kind=search.kind)  # type: ignore[misc]
    if search.assignee:
        yield _has(book, person, search.assignee)
    if search.filed:
        yield col(Case.filed_by) == person.code
    if search.danger:
        yield col(Case.danger).is_not(None)
    if search.overdue:
        yield col(Case.overdue).is_(True)
    if search.ordered:
        yield col(Case.ordered).is_not(None)
    yield from _together(search.together)
    yield from _times(search)


def _status(status: str, now: datetime) -> Iterable[ColumnElement[bool]]:
    """The open ones in the very words of the index, which is asked only then."""
    open_: ColumnElement[bool] = text(OPEN_CASES)  # type: ignore[assignment]
    match status:
        case "open":
            yield open_
        case "late":
            yield from (open_, col(Case.overdue).is_(True))
            yield literal_column(DUE, type_=AWARE) <= now  # says nothing new, but where to end
        case "done":
            yield text(DONE_CASES)  # type: ignore[misc]
        case "all":
            pass
        case _:
            yield col(Case.status) == Status(status)
            if Status(status) in OPEN:
                yield open_


def numbers(typed: str, now: datetime) -> Sequence[str]:
    """How a number may begin of which somebody typed a part: with or without its dash, or without the year."""
    head, dash, tail = typed.partition("-")
    if dash and len(head) == 4:
        return [f"{(now.year - ago) % 100:02d}{head}-{tail}" for ago in (0, 1)]
    if not dash and len(head) > 6:
        head, dash, tail = head[:6], "-", head[6:]
    return [head + dash + tail]


def _begins(number: str) -> ColumnElement[bool]:
    return col(Case.number).between(number, number + "~")


def _has(book: Book, person: Person, asked: str) -> ColumnElement[bool]:
    if asked == ME:
        return col(Case.assignee) == person.code
    if asked.lower() in book.people:
        return col(Case.assignee) == asked.lower()
    some = [code for code, name in book.people.items() if asked in name]
    return col(Case.assignee).in_(some) if some else false()


def _together(asked: str) -> Iterable[ColumnElement[bool]]:
    match asked:
        case "joined":
            yield col(Case.joined) > 0
        case "merged":
            yield col(Case.master).is_not(None)
        case "leads":
            follows = aliased(Case)  # asked for one case at a time, in the list's order: of all at once is slower
            first = select(follows.id).where(follows.master == Case.id).limit(1).correlate(Case)
            yield first.scalar_subquery().is_not(None)


def _times(search: Search) -> Iterable[ColumnElement[bool]]:
    if search.since:
        yield col(Case.submitted_at) >= search.since
    if search.until:
        yield col(Case.submitted_at) < search.until
    if search.due_by:
        yield col(Case.due_at) < search.due_by
        yield col(Case.submitted_at) < search.due_by  # says nothing new, but where to begin


# Words


Marks = Sequence[Sequence[str]]
"""Of each some one must hold: what the database marks a case's words with (migrations, `case_words_of`)."""


async def _holding(session: AsyncSession, words: Sequence[str], marks: Marks = ()) -> Sequence[UUID]:
    """Cases with every pair of characters of the words; one more than FEW where there are more."""
    pairs = func.word_pairs(" ".join(words))
    for one in [one for one in marks if len(one) == 1]:
        pairs = func.array_append(pairs, func.word_mark(one[0]))
    chosen = select(CaseWords.case_id).where(col(CaseWords.words).contains(pairs))
    for some in [some for some in marks if len(some) > 1]:
        marked = array([func.word_mark(one) for one in some])
        chosen = chosen.where(col(CaseWords.words).bool_op("&&")(marked))
    return (await session.exec(chosen.limit(FEW + 1))).all()


def _marks(book: Book, person: Person, search: Search) -> Iterable[Sequence[str]]:
    if search.status in ("open", "late") or search.status in set(OPEN):
        yield ["open"]
    if search.unit:
        yield ["unit=" + (person.unit if search.unit == MINE else search.unit)]
    if search.category:
        known = book.categories.get(search.category)
        yield [("item=" if known and known.parent else "category=") + search.category]
    if search.since and search.until and (months := _months(search.since, search.until)):
        yield months


def _months(since: datetime, until: datetime) -> Sequence[str]:
    """Those a few months touch; of a longer time nothing is gained."""
    first, last = since.astimezone(UTC), until.astimezone(UTC)
    some = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"month={n // 12}-{n % 12 + 1:02}" for n in some] if len(some) <= MONTHS else []


def _reach(book: Book, person: Person) -> Iterable[Sequence[str]]:
    """The same reasons for which `access.reaches` lets somebody see a case."""
    if person.role in access.SEES_ALL:
        return
    whole = "-" not in person.area
    below = [] if whole or person.role is not Role.LEADER else _below(book, [person.area])
    grids = dict.fromkeys([*below, *person.holds, *([person.area] if person.role is Role.WORKER else [])])
    yield [
        f"who={person.code}", f"unit={person.unit}", f"co={person.unit}", *(f"grid={grid}" for grid in grids),
    ]  # fmt: skip


def named(ids: Sequence[UUID]) -> ColumnElement[bool]:
    return col(Case.id) == any_(bindparam(None, list(ids), type_=ARRAY(Uuid)))


def _says(column: Any, word: str) -> ColumnElement[bool]:
    """Not by LIKE: of that the database believes that hardly any case passes, and reads all of them."""
    return func.strpos(func.lower(column), word.lower()) > 0


async def _placed(
    session: AsyncSession, book: Book, asked: str, grids: Sequence[str], places: Sequence[str]
) -> ColumnElement[bool]:
    """By the codes it stands for, and by how residents wrote it where nobody knew the place."""
    either: list[ColumnElement[bool]] = [col(Case.grid).in_(grids)] if grids else []
    either += [col(Case.place).in_(places)] if places else []
    if asked not in book.areas and asked not in book.places and len(asked) >= SHORTEST:
        words = asked.split()
        ids = await _holding(session, words)
        written = [_says(col(Case.place_text), word) for word in words]
        either.append(_all([*written, *([named(ids)] if len(ids) <= FEW else [])]))
    return or_(*either) if either else false()


def _all(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    first, *others = conditions
    for one in others:
        first = first & one
    return first


def where(book: Book, asked: str) -> tuple[list[str], list[str]]:
    """Grids and places: of the area or place with this code, else of all that are called so."""
    if asked in book.areas:
        return _below(book, [asked]), []
    if known := book.places.get(asked):
        return [], [asked, *(code for code, one in book.places.items() if one.name.startswith(known.name + " "))]
    areas = [code for code, one in book.areas.items() if asked in one.name]
    places = [code for code, one in book.places.items() if asked in one.name or asked in one.aliases]
    return _below(book, areas), places[:PLACES]


def _below(book: Book, areas: Sequence[str]) -> list[str]:
    wanted = set(areas)
    return [code for code, one in book.areas.items() if one.level >= GRID and wanted & set(one.path)] if wanted else []
