"""Clearing lists (清零): the disputes of a month, and how far each community is with what it shall settle.

On the list stands what was open when the month began; what comes in or is opened again meanwhile is new. What counts
as a dispute (矛盾纠纷) is a mark on its category. A list of a past month is read from events, and stays as it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access
from cases.book import Book
from cases.errors import Missing, NotAllowed, NotFound
from cases.periods import month as month_of
from cases.periods import today
from cases.timeline import SINCE_FILED
from models import OPEN, ClearingTarget, Person, Role, Status
from models.town import COMMUNITY

STANDING = frozenset({*OPEN, Status.MERGED})  # a merged one waits with the case it follows
SETTLED = frozenset({Status.RESOLVED, Status.CLOSED})
MOST = 10_000

# Standing now and filed in time, or ended since the month began; how each stood is what its last event by then says.
_DISPUTES = text(
    f"""
    SELECT cases.number, last.grid, coalesce(cases.item, cases.category) AS category, cases.submitted_at,
        last.status, last.unit, last.overdue, coalesce(first.status = ANY(:standing), false) AS listed
    FROM (
        SELECT id FROM cases WHERE status = ANY(:standing) AND submitted_at < :until
        UNION
        SELECT events.case_id FROM events WHERE events.at >= :since AND events.status <> ALL(:standing)
    ) AS maybe
    JOIN cases ON cases.id = maybe.id AND cases.submitted_at < :until
    JOIN categories ON categories.code = coalesce(cases.item, cases.category) AND categories.dispute
    CROSS JOIN LATERAL (
        SELECT * FROM events WHERE case_id = cases.id AND {SINCE_FILED} AND at < :until ORDER BY seq DESC LIMIT 1
    ) AS last
    LEFT JOIN LATERAL (
        SELECT status FROM events WHERE case_id = cases.id AND {SINCE_FILED} AND at < :since ORDER BY seq DESC LIMIT 1
    ) AS first ON true
    WHERE first.status = ANY(:standing) OR last.status = ANY(:standing)
        OR (SELECT bool_or(at >= :since) FROM events
            WHERE case_id = cases.id AND {SINCE_FILED} AND at < :until AND kind IN ('submit', 'reopen'))
    ORDER BY cases.submitted_at, cases.number
    """  # noqa: S608 (of our own words only)
)


@dataclass(frozen=True)
class Dispute:
    """One on the list (`listed`), or new in the month; as it stood at the moment asked about."""

    number: str
    grid: str | None
    category: str
    submitted_at: datetime
    status: Status
    unit: str | None
    overdue: bool
    listed: bool

    @property
    def open(self) -> bool:
        return self.status in STANDING


@dataclass(frozen=True)
class Progress:
    """One community in one month. `settle` None: all on the list."""

    area: str
    month: date
    settle: int | None
    has_target: bool
    listed: int
    new: int
    settled: int  # answered, of both
    dropped: int  # taken back or not taken on
    open: int  # of both
    listed_open: int
    days: int  # left, the day itself included; 0 when the month is over

    @property
    def missing(self) -> int:
        """How many are still to be settled for the target."""
        if not self.has_target:
            return 0
        return self.listed_open if self.settle is None else max(0, self.settle - self.settled)

    @property
    def reached(self) -> bool:
        return self.has_target and not self.missing


async def disputes(session: AsyncSession, month: date, now: datetime) -> list[Dispute]:
    """Of the whole town, the oldest first, as they stood at `now` or when the month was over."""
    period = month_of(month)
    asked = {
        "since": period.since,
        "until": min(period.until, now + timedelta(microseconds=1)),
        "standing": [str(one) for one in STANDING],
    }
    rows = (await session.execute(_DISPUTES, asked)).mappings().all()
    return [Dispute(**{**row, "status": Status(row["status"])}) for row in rows]


async def targets(session: AsyncSession, month: date, now: datetime) -> dict[str, ClearingTarget]:
    """By area: the last set by `now`."""
    chosen = select(ClearingTarget).where(
        ClearingTarget.month == month_of(month).start, col(ClearingTarget.set_at) <= now
    )
    return {row.area: row for row in (await session.exec(chosen.order_by(col(ClearingTarget.id)))).all()}


async def progress(
    session: AsyncSession, book: Book, month: date, now: datetime, within: str | None = None
) -> list[Progress]:
    """Every community that has a target or a dispute, by code."""
    return measured(book, await disputes(session, month, now), await targets(session, month, now), month, now, within)


def measured(
    book: Book,
    found: Iterable[Dispute],
    aims: Mapping[str, ClearingTarget],
    month: date,
    now: datetime,
    within: str | None = None,
) -> list[Progress]:
    """Pure: the same rows give the same numbers."""
    mine: dict[str, list[Dispute]] = {area: [] for area in aims}
    for one in found:
        if (area := community(book, one.grid)) is not None:
            mine.setdefault(area, []).append(one)
    areas = [area for area in sorted(mine) if within is None or within in book.path(area)]
    return [_measured(area, mine[area], aims.get(area), month, now) for area in areas]


def _measured(area: str, mine: Sequence[Dispute], aim: ClearingTarget | None, month: date, now: datetime) -> Progress:
    period = month_of(month)
    open_ = [one for one in mine if one.open]
    return Progress(
        area=area,
        month=period.start,
        settle=aim.settle if aim else None,
        has_target=aim is not None,
        listed=sum(one.listed for one in mine),
        new=sum(not one.listed for one in mine),
        settled=sum(one.status in SETTLED for one in mine),
        dropped=sum(not one.open and one.status not in SETTLED for one in mine),
        open=len(open_),
        listed_open=sum(one.listed for one in open_),
        days=max(0, (period.end - max(today(now), period.start)).days + 1) if today(now) <= period.end else 0,
    )


async def set_target(
    session: AsyncSession, book: Book, area: str, month: date, settle: int | None, person: Person, now: datetime
) -> ClearingTarget:
    """Raises NotAllowed for who is no supervisor, NotFound where the area is no community, Missing for a number or
    a month that makes no sense."""
    if person.role is not Role.SUPERVISOR or not person.active:
        raise NotAllowed("clearing.supervisors_only")
    if area not in book.areas or book.areas[area].level != COMMUNITY:
        raise NotFound("clearing.no_community")
    if settle is not None and not 1 <= settle <= MOST:
        raise Missing("clearing.how_many", most=MOST)
    if month_of(month).end < today(now):
        raise Missing("clearing.over")
    row = ClearingTarget(area=area, month=month_of(month).start, settle=settle, set_by=person.code, set_at=now)
    session.add(row)
    await session.flush()
    return row


def reach(book: Book, person: Person) -> str | None:
    """Of which area somebody sees the lists: the town's code for all, None for none.

    A leader sees what they look after, a grid's leader the community around; a department has no communities.
    """
    if person.role in access.SEES_ALL:
        return book.town.code
    path = book.path(person.area)
    if person.role is not Role.LEADER or len(path) < 2:
        return None
    return path[min(len(path) - 1, COMMUNITY)]


def community(book: Book, grid: str | None) -> str | None:
    path = book.path(grid)
    return path[COMMUNITY] if len(path) > COMMUNITY else None
