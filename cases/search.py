"""Beside a case's stops: what people look for among very many cases, as conditions an index answers.

Words are found by pairs of characters (docs/adr/0027): where few cases hold them those are named one by one, where
many do a list in its own order meets them soon enough.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, false, func, or_, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import Book
from models import OPEN, Case, CaseWords, Person, Resident, Status
from models.listed import OPEN_CASES
from models.town import GRID

GROUPS = ("open", "late", "done", "all")  # of statuses; every status is one by itself as well
TOGETHER = ("joined", "merged", "leads")
ME, MINE = "me", "mine"
FEW = 3_000  # cases named one by one; of a word in more than 3 of 1,000 a page is met within some 20,000
PLACES = 2_000
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

    @property
    def by_due(self) -> bool:
        """What is over has no time left: only open cases are ordered by it."""
        open_ = self.status in ("open", "late") or self.status in set(OPEN)
        return open_ and self.sort != "submitted" and not (self.number or self.contact)


@dataclass(frozen=True)
class Asked:
    """A search made ready for the database: `where` finds a page of it, with `counted` it is counted."""

    person: Person
    search: Search
    where: Sequence[ColumnElement[bool]]
    counted: Sequence[ColumnElement[bool]] = ()


async def ready(session: AsyncSession, book: Book, person: Person, search: Search, now: datetime) -> Asked:
    where = [*_plain(book, person, search, now)]
    counted = list[ColumnElement[bool]]()
    if search.place:
        where.append(await _placed(session, book, search.place))
    if search.words:
        few = await _holding(session, search.words)
        where += [_says(col(Case.text), word) for word in search.words]
        (where if few is not None else counted).append(_named(few) if few is not None else _among(search.words))
    return Asked(person, search, where, counted)


def _plain(book: Book, person: Person, search: Search, now: datetime) -> Iterable[ColumnElement[bool]]:
    """Everything a column of the case answers by itself."""
    yield from _status(search.status, now)
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
        yield col(Case.overdue)
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
            yield from (open_, col(Case.overdue))
        case "done":
            yield col(Case.status).in_(sorted(set(Status) - OPEN))
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
            yield col(Case.id).in_(select(Case.master).where(col(Case.master).is_not(None)))


def _times(search: Search) -> Iterable[ColumnElement[bool]]:
    if search.since:
        yield col(Case.submitted_at) >= search.since
    if search.until:
        yield col(Case.submitted_at) < search.until
    if search.due_by:
        yield col(Case.due_at) < search.due_by
        yield col(Case.submitted_at) < search.due_by  # says nothing new, but where to begin


# Words


async def _holding(session: AsyncSession, words: Sequence[str]) -> Sequence[UUID] | None:
    """The cases with every pair of characters of the words; None where they are too many to name."""
    ids = (await session.exec(_pairs(words).limit(FEW + 1))).all()
    return ids if len(ids) <= FEW else None


def _pairs(words: Sequence[str]):  # type: ignore[no-untyped-def]
    return select(CaseWords.case_id).where(col(CaseWords.words).contains(func.word_pairs(" ".join(words))))


def _named(ids: Sequence[UUID]) -> ColumnElement[bool]:
    return col(Case.id) == any_(bindparam(None, list(ids), type_=ARRAY(Uuid)))


def _among(words: Sequence[str]) -> ColumnElement[bool]:
    return col(Case.id).in_(_pairs(words))


def _says(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Not by LIKE: of that the database believes that hardly any case passes, and reads all of them."""
    return func.strpos(func.lower(column), word.lower()) > 0


async def _placed(session: AsyncSession, book: Book, asked: str) -> ColumnElement[bool]:
    """By the codes it stands for, and by how residents wrote it where nobody knew the place."""
    grids, places = where(book, asked)
    either = [col(Case.grid).in_(grids)] if grids else []
    either += [col(Case.place).in_(places)] if places else []
    if asked not in book.areas and asked not in book.places and len(asked) >= SHORTEST:
        words = asked.split()
        few = await _holding(session, words)
        written = [_says(col(Case.place_text), word) for word in words]
        either.append(_all([*written, *([_named(few)] if few is not None else [])]))
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
