"""Beside a case's stops: what people look for among very many cases, as conditions an index answers.

Words are found by pairs of characters (docs/adr/0027): where few cases hold them those are named one by one, where
many do they are looked for from the newest back (cases/newest.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, literal_column, or_, text
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, by_place, word_index
from cases.book import Book
from cases.by_place import Spot
from cases.word_index import Held
from models import OPEN, Case, HotCase, Person, Resident, Role, Status
from models.base import AWARE
from models.listed import DONE_CASES, DUE, OPEN_CASES

GROUPS = ("open", "late", "done", "all")  # of statuses; every status is one by itself as well
TOGETHER = ("joined", "merged", "leads")
ME, MINE = "me", "mine"
MONTHS = 24


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
    hot: int = 0  # the cases of a hot issue (热点)
    since: datetime | None = None
    until: datetime | None = None
    due_by: datetime | None = None
    sort: str = "due"
    nothing: bool = False  # of what was asked nothing can be looked for

    @property
    def narrow(self) -> bool:
        """Few cases pass, and an index knows them: any words are read in those."""
        return bool(self.danger or self.ordered or self.together or self.contact or self.hot)

    @property
    def by_due(self) -> bool:
        """What is over has no time left: only open cases are ordered by it."""
        open_ = self.status in ("open", "late") or self.status in set(OPEN)
        return open_ and self.sort != "submitted" and not (self.number or self.contact)


@dataclass(frozen=True)
class Source:
    """One reason to be found. `named`: `where` names the cases one by one, so no order need be walked.

    `held`: too many to name hold the words. `some` of very many, of which a count mostly has enough.
    """

    where: Sequence[ColumnElement[bool]]
    named: bool = False
    held: Held | None = None
    some: Sequence[UUID] = ()


@dataclass(frozen=True)
class Asked:
    """A search made ready for the database: what any of its sources finds."""

    person: Person
    search: Search
    sources: Sequence[Source]


async def ready(session: AsyncSession, book: Book, person: Person, search: Search, now: datetime) -> Asked:
    where = [*_plain(book, person, search, now), *word_index.says(search.words)]
    spots = by_place.spots(book, search.place) if search.place else [Spot(())]
    if search.together == "leads":
        return Asked(person, search, [await _leading(session, [*where, *spot.where]) for spot in spots])
    marks, reach = [*_marks(book, person, search)], [*_reach(book, person)]
    sources = []
    for spot in spots:
        words = [*search.words, *spot.words]
        if words or (spot.marks and reach):  # otherwise one index of the cases has them in their order
            held = Held(words, [*marks, *reach, *([spot.marks] if spot.marks else [])])
            sources.append(await _source(session, search, [*where, *spot.where], held))
        else:
            sources.append(Source([*where, *spot.where], named=bool(search.contact or search.hot)))
    return Asked(person, search, sources)


async def _source(session: AsyncSession, search: Search, where: Sequence[ColumnElement[bool]], held: Held) -> Source:
    ids = await word_index.holding(session, held)
    if len(ids) <= word_index.FEW:
        return Source([*where, word_index.named(ids)], named=True)
    return Source(where) if search.narrow else Source(where, held=held, some=ids)


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
    if search.hot:
        yield col(Case.id).in_(select(HotCase.case_id).where(HotCase.issue == search.hot))
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


async def _leading(session: AsyncSession, where: Sequence[ColumnElement[bool]]) -> Source:
    """Of very many it is asked for one case at a time, in the list's order: there one in a few is met."""
    masters = select(Case.master).where(col(Case.master).is_not(None)).distinct().limit(word_index.FEW + 1)
    ids = [one for one in (await session.exec(masters)).all() if one]
    if len(ids) <= word_index.FEW:
        return Source([*where, word_index.named(ids)], named=True)
    follows = aliased(Case)
    first = select(follows.id).where(follows.master == Case.id).limit(1).correlate(Case)
    return Source([*where, first.scalar_subquery().is_not(None)], some=ids)


def _times(search: Search) -> Iterable[ColumnElement[bool]]:
    if search.since:
        yield col(Case.submitted_at) >= search.since
    if search.until:
        yield col(Case.submitted_at) < search.until
    if search.due_by:
        yield col(Case.due_at) < search.due_by
        yield col(Case.submitted_at) < search.due_by  # says nothing new, but where to begin


# What the index of words is asked besides


def _marks(book: Book, person: Person, search: Search) -> Iterable[Sequence[str]]:
    if search.status in ("open", "late") or search.status in set(OPEN):
        yield ["open"]
    if search.unit:
        yield ["unit=" + (person.unit if search.unit == MINE else search.unit)]
    if search.category:
        known = book.categories.get(search.category)
        yield [("item=" if known and known.parent else "category=") + search.category]
    if search.kind:
        yield ["kind=" + search.kind]
    if search.filed:
        yield ["who=" + person.code]
    if search.since and search.until and (months := _months(search.since, search.until)):
        yield months


def _months(since: datetime, until: datetime) -> Sequence[str]:
    """Those a few months touch; of a longer time nothing is gained."""
    first, last = word_index.month_of(since), word_index.month_of(until)
    return word_index.marks_of(first, last) if last - first < MONTHS else []


def _reach(book: Book, person: Person) -> Iterable[Sequence[str]]:
    """The same reasons for which `access.reaches` lets somebody see a case."""
    if person.role in access.SEES_ALL:
        return
    whole = "-" not in person.area
    below = [] if whole or person.role is not Role.LEADER else by_place.below(book, [person.area])
    grids = dict.fromkeys([*below, *person.holds, *([person.area] if person.role is Role.WORKER else [])])
    yield [
        f"who={person.code}", f"unit={person.unit}", f"co={person.unit}", *(f"grid={grid}" for grid in grids),
    ]  # fmt: skip
