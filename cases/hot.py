"""Hot issues (热点): cases that speak of one thing are gathered as they come in, and told of once when they are many.

The comparing is `classifiers/gathering.py`, in memory; here are the rows. A case that was looked at has a row in
`hot_cases`, alone or with its issue; an issue exists from its second case on, and is a card from `told_at` on.
`app/hotness.py` goes through new cases in batches.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, text
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import Book
from cases.errors import NotAllowed, NotFound
from cases.masking import mask
from cases.notices import NEW_NOTICES
from classifiers.common_words import shared
from classifiers.gathering import WINDOW, Gathering, clearest, read, sentences
from models import Case, HotCase, HotIssue, Notification, Person, Role
from models.town import STREET

BATCH = 50
LATE = timedelta(minutes=5)
"""A case filed before another may be committed after it."""

CASES, RESIDENTS = 5, 3
"""So many cases of so many residents are a card …"""

QUICK = timedelta(days=1)
"""… and so are cases of RESIDENTS residents within this time."""

SILENT = timedelta(days=30)
"""A card nobody speaks of for so long is closed; one more case within the window opens it again."""

WEEK = timedelta(days=7)
READ_AGAIN = 40  # of an issue's cases, the newest: among them the best sentence is looked for
TITLE = 60
SHOWN = 50

Rare = Callable[[str], float]
Tellers = Gathering[UUID]
"""Groups by any one of their cases."""


@dataclass(frozen=True)
class New:
    """What is compared of a case."""

    id: UUID
    text: str
    at: datetime
    path: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a case went: to the group of another case, or nowhere yet."""

    case: New
    beside: UUID | None
    likeness: float


@dataclass(frozen=True)
class Card:
    issue: HotIssue
    week: int  # cases of the last seven days
    before: int  # and of the seven before them
    numbers: Sequence[str]


# All that is asked about issues as a whole. By ix_hot_cases_at, ix_hot_cases_issue and primary keys.
_UNREAD = text(
    """
    SELECT cases.id, cases.text, cases.submitted_at, cases.grid, cases.place
    FROM cases
    WHERE cases.submitted_at > :since AND cases.submitted_at <= :now
        AND NOT EXISTS (SELECT FROM hot_cases WHERE hot_cases.case_id = cases.id)
    ORDER BY cases.submitted_at, cases.id LIMIT :most
    """
)
_READ = text(
    """
    SELECT cases.id, cases.text, cases.submitted_at, cases.grid, cases.place,
        (SELECT one.case_id FROM hot_cases AS one WHERE one.issue = hot.issue ORDER BY one.at, one.case_id LIMIT 1)
    FROM hot_cases AS hot JOIN cases ON cases.id = hot.case_id
    WHERE hot.at > :since ORDER BY hot.at, hot.case_id
    """
)
_SIZE = text(
    """
    SELECT count(*), min(hot.at), max(hot.at), count(DISTINCT cases.resident),
        count(DISTINCT cases.resident) FILTER (WHERE hot.at > :quick),
        count(*) FILTER (WHERE hot.at > :week), count(*) FILTER (WHERE hot.at <= :week AND hot.at > :before)
    FROM hot_cases AS hot JOIN cases ON cases.id = hot.case_id WHERE hot.issue = :issue
    """
)
_NEWEST = text(
    """
    SELECT cases.id, cases.text, cases.place, cases.grid, cases.item, cases.category
    FROM hot_cases AS hot JOIN cases ON cases.id = hot.case_id
    WHERE hot.issue = :issue AND hot.at < :until ORDER BY hot.at DESC, cases.id LIMIT :most
    """
)
_WEEKS = text(
    """
    SELECT hot.issue, count(*) FILTER (WHERE hot.at > :week), count(*) FILTER (WHERE hot.at <= :week)
    FROM hot_cases AS hot WHERE hot.issue = ANY(:issues) AND hot.at > :before GROUP BY hot.issue
    """
)

_BY_THEN = text(
    """
    SELECT hot.issue, count(*), count(*) FILTER (WHERE hot.at > :week),
        count(*) FILTER (WHERE hot.at <= :week AND hot.at > :before)
    FROM hot_cases AS hot WHERE hot.issue = ANY(:issues) AND hot.at < :until
    GROUP BY hot.issue HAVING count(*) FILTER (WHERE hot.at > :week) > 0
    """
)


async def unread(session: AsyncSession, book: Book, now: datetime, most: int = BATCH) -> list[New]:
    """Cases nobody compared yet, the oldest first; at the very first those of one window."""
    last = (await session.execute(select(func.max(HotCase.at)))).scalar()
    since = last - LATE if last else now - WINDOW
    rows = await session.execute(_UNREAD, {"since": since, "now": now, "most": most})
    return [_new(book, *row) for row in rows.all()]


async def known(session: AsyncSession, book: Book, since: datetime) -> list[tuple[New, UUID]]:
    """Cases that were compared, each with the case that stands for its group: itself when it is alone."""
    rows = await session.execute(_READ, {"since": since})
    return [(_new(book, *row), first or row[0]) for *row, first in rows.all()]


def _new(book: Book, case: UUID, said: str, at: datetime, grid: str | None, place: str | None) -> New:
    """Where the place is known it speaks as a place: a name alone would make one issue of all an estate's troubles."""
    path = (*book.path(grid)[1:], *([place] if place and grid else []))
    return New(case, book.index.without_names(said) if path else said, at, path)


def compare(gathering: Tellers, cases: Iterable[New]) -> list[Place]:
    """Each case beside all before it, these included. Takes milliseconds a case: not on the event loop."""
    placed = []
    for one in cases:
        said = read(one.text, one.at, one.path)
        found = gathering.nearest(said)
        gathering.put(found.key if found else one.id, said)
        placed.append(Place(one, found.key if found else None, found.value if found else 0.0))
    return placed


async def keep(session: AsyncSession, book: Book, placed: Sequence[Place], now: datetime, rare: Rare) -> list[HotIssue]:
    """The rows of what was compared; returns the issues that are cards from now on. `rare`: how much a word says."""
    touched: dict[int, HotIssue] = {}
    for one in placed:
        row = HotCase(case_id=one.case.id, likeness=one.likeness, at=one.case.at)
        session.add(row)
        if one.beside is not None:
            issue = await _issue(session, one.beside, one.case)
            assert issue.id is not None
            row.issue, touched[issue.id] = issue.id, issue
        await session.flush()
    return [issue for issue in touched.values() if await _drawn(session, book, issue, now, rare)]


async def _issue(session: AsyncSession, beside: UUID, new: New) -> HotIssue:
    """That of the other case; its second case founds it."""
    other = await session.get_one(HotCase, beside)
    if other.issue is not None:
        return await session.get_one(HotIssue, other.issue)
    issue = HotIssue(title="", case_id=beside, count=2, first_at=other.at, last_at=new.at)
    session.add(issue)
    await session.flush()
    other.issue = issue.id
    return issue


async def _drawn(session: AsyncSession, book: Book, issue: HotIssue, now: datetime, rare: Rare) -> bool:
    """The issue as its cases make it; True when that is a card for the first time."""
    last = (await session.execute(select(func.max(HotCase.at)).where(col(HotCase.issue) == issue.id))).scalar_one()
    spans = {"quick": last - QUICK, "week": last - WEEK, "before": last - 2 * WEEK}
    found = (await session.execute(_SIZE, {"issue": issue.id, **spans})).one()
    issue.count, issue.first_at, issue.last_at, residents, at_once, week, before = found
    issue.growth = round(week / max(1, before), 2)
    if issue.closed_by is None:
        issue.closed_at = None
    many = issue.count >= CASES and residents >= RESIDENTS
    new = not issue.told_at and not issue.closed_by and (many or at_once >= RESIDENTS)
    if issue.told_at or new:  # before that nobody sees it
        await _describe(session, book, issue, rare)
    if new:
        issue.told_at = now
        await _tell(session, book, issue, week, now)
    return new


async def _describe(session: AsyncSession, book: Book, issue: HotIssue, rare: Rare) -> None:
    """Sentence, words, place, area and category: what most of its newest cases say."""
    cases = await _newest(session, issue)
    best = cases[clearest([case.text for case in cases])]
    issue.case_id, issue.title = best.id, mask((sentences(best.text) or [best.text])[0])[:TITLE]
    issue.words = shared([case.text for case in cases], rare)
    issue.place = _most([case.place for case in cases])
    issue.area = _common(book, cases)
    issue.category = _most([case.item or case.category for case in cases])


async def _newest(session: AsyncSession, issue: HotIssue, until: datetime | None = None) -> Sequence[Row[Any]]:
    asked = {"issue": issue.id, "until": until or issue.last_at + LATE, "most": READ_AGAIN}
    return (await session.execute(_NEWEST, asked)).all()


def _common(book: Book, cases: Sequence[Row[Any]]) -> str | None:
    """The smallest area that holds more than half of them."""
    areas = [area for case in cases for area in book.path(case.grid)]
    common = {area for area, count in Counter(areas).items() if 2 * count > len(cases)}
    return max(common, key=lambda area: book.areas[area].level, default=None)


def _most(values: Sequence[str | None]) -> str | None:
    """What more than half of them are."""
    value, count = Counter(values).most_common(1)[0]
    return value if 2 * count > len(values) else None


async def _tell(session: AsyncSession, book: Book, issue: HotIssue, week: int, now: datetime) -> None:
    """Supervisors, and whoever leads the street, once."""
    street = next((area for area in book.path(issue.area) if book.areas[area].level == STREET), None)
    leads = (col(Person.role) == Role.LEADER) & (col(Person.area) == street)
    told = select(Person.code).where((col(Person.role) == Role.SUPERVISOR) | leads, col(Person.active))
    for person in (await session.exec(told.order_by(Person.code))).all():
        row = Notification(
            unique_key=f"hot:{issue.id}:{person}", person=person, text_key="hot.card", created_at=now,
            args={
                "place": where(book, issue), "text": issue.title, "cases": issue.count, "week": week,
                "words": "、".join(issue.words) or "—",
            },
        )  # fmt: skip
        session.add(row)
        session.info.setdefault(NEW_NOTICES, []).append(row)


def where(book: Book, issue: HotIssue) -> str:
    """The place, else the area, else the town."""
    return book.place_name(issue.place) or book.area_name(issue.area) or book.town.name


async def close_silent(session: AsyncSession, now: datetime) -> int:
    """Issues nobody speaks of any more; how many that were."""
    silent = update(HotIssue).where(col(HotIssue.closed_at).is_(None), col(HotIssue.last_at) < now - SILENT)
    closed = await session.execute(silent.values(closed_at=now).returning(col(HotIssue.id)))
    return len(closed.all())


async def dismiss(session: AsyncSession, issue_id: int, person: Person, now: datetime) -> HotIssue:
    """No issue in a supervisor's eyes: it goes on gathering, and is shown and told no more."""
    if person.role is not Role.SUPERVISOR or not person.active:
        raise NotAllowed("hot.supervisors_only")
    issue = await session.get(HotIssue, issue_id, with_for_update=True)
    if issue is None or issue.told_at is None:
        raise NotFound("hot.unknown")
    if issue.closed_by is None:
        issue.closed_at, issue.closed_by = now, person.code
    return issue


async def cards(session: AsyncSession, now: datetime, *, most: int = SHOWN) -> list[Card]:
    """Those open, the most spoken of in the last seven days first."""
    chosen = select(HotIssue).where(col(HotIssue.told_at).is_not(None), col(HotIssue.closed_at).is_(None))
    issues = (await session.exec(chosen)).all()
    asked: dict[str, Any] = {"issues": [issue.id for issue in issues], "week": now - WEEK, "before": now - 2 * WEEK}
    weeks = {issue: (week, before) for issue, week, before in (await session.execute(_WEEKS, asked)).all()}
    issues = sorted(issues, key=lambda one: (-weeks.get(one.id, (0, 0))[0], -one.count, one.id))[:most]
    return [Card(one, *weeks.get(one.id, (0, 0)), await numbers(session, one)) for one in issues]


@dataclass(frozen=True)
class Told:
    """A card as it was at a moment of the past."""

    where: str
    title: str
    count: int
    week: int
    before: int


async def told_by(session: AsyncSession, book: Book, until: datetime, within: str | None = None) -> list[Told]:
    """Cards of which somebody spoke in the seven days before `until`, as they were then; those of an area alone."""
    chosen = select(HotIssue).where(col(HotIssue.told_at) < until)
    dismissed = col(HotIssue.closed_by).is_not(None) & (col(HotIssue.closed_at) < until)
    issues = (await session.exec(chosen.where(~dismissed).order_by(col(HotIssue.id)))).all()
    asked: dict[str, Any] = {"issues": [issue.id for issue in issues], "week": until - WEEK, "until": until}
    asked["before"] = until - 2 * WEEK
    counts = {row[0]: row[1:] for row in (await session.execute(_BY_THEN, asked)).all()}
    spoken = sorted((one for one in issues if one.id in counts), key=lambda one: (-counts[one.id][1], one.id or 0))
    found = []
    for issue in spoken:
        cases = await _newest(session, issue, until)
        area = _common(book, cases)
        if within is None or within in book.path(area):
            found.append(_told(book, cases, area, counts[issue.id]))
    return found


def _told(book: Book, cases: Sequence[Row[Any]], area: str | None, counts: Sequence[int]) -> Told:
    best = cases[clearest([case.text for case in cases])]
    place = book.place_name(_most([case.place for case in cases]))
    return Told(place or book.area_name(area) or book.town.name, best.text, *counts)


async def numbers(session: AsyncSession, issue: HotIssue) -> Sequence[str]:
    """Of its cases, the oldest first."""
    mine = select(Case.number).join(HotCase, col(HotCase.case_id) == Case.id).where(HotCase.issue == issue.id)
    return (await session.exec(mine.order_by(col(HotCase.at), Case.number))).all()
