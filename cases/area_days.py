"""The colours and the index of every area for a day of the town, counted from what had happened by its end."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import Executable, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import Book
from cases.clock import TOWN_TIME
from cases.periods import begins
from cases.warnings import HISTORY, KINDS, Floats, Verdict, judge
from models import AreaDay
from models.town import GRID

BACK = 7
"""Days that a program which was not running makes up for."""

_DAY = timedelta(days=1)

# By ix_events_warning, ix_cases_submitted, ix_cases_resident and ix_hot_cases_at; ratings are read whole.
_COUNTS = text(
    """
    SELECT grid, kind, (at AT TIME ZONE :zone)::date AS day, count(*)
    FROM (
        SELECT cases.grid, CASE events.kind WHEN 'overdue' THEN 'overdue' WHEN 'reopen' THEN 'reopened'
            ELSE 'unsigned' END AS kind, events.at
        FROM events JOIN cases ON cases.id = events.case_id
        WHERE events.kind IN ('overdue', 'reopen', 'sign_overdue') AND events.at >= :since AND events.at < :until
        UNION ALL
        SELECT grid, 'danger', submitted_at FROM cases
        WHERE danger IS NOT NULL AND submitted_at >= :since AND submitted_at < :until
        UNION ALL
        SELECT cases.grid, 'hot', hot.at
        FROM hot_cases AS hot JOIN hot_issues AS issue ON issue.id = hot.issue JOIN cases ON cases.id = hot.case_id
        WHERE hot.at >= :since AND hot.at < :until AND issue.told_at < :until
            AND (issue.closed_by IS NULL OR issue.closed_at >= :until)
        UNION ALL
        SELECT grid, 'repeat', submitted_at
        FROM (
            SELECT grid, submitted_at,
                submitted_at - lag(submitted_at) OVER (PARTITION BY resident, grid ORDER BY submitted_at) AS gap
            FROM cases WHERE submitted_at >= :earlier AND submitted_at < :until
        ) AS filed
        WHERE gap <= interval '30 days' AND submitted_at >= :since
        UNION ALL
        SELECT cases.grid, 'dissatisfied', ratings.at
        FROM ratings JOIN cases ON cases.id = ratings.case_id
        WHERE (ratings.satisfied = 'no' OR ratings.solved = 'no') AND ratings.at >= :since AND ratings.at < :until
    ) AS happened
    WHERE grid IS NOT NULL
    GROUP BY grid, kind, day
    """
)


@dataclass(frozen=True)
class AreaVerdict:
    area: str
    verdict: Verdict


async def counts(session: AsyncSession, book: Book, day: date) -> tuple[list[str], Floats]:
    """Codes of the grids, and their counts: grids × kinds × (HISTORY + 1) days, the last of which is `day`."""
    first = day - HISTORY * _DAY
    since, until = begins(first), begins(day + _DAY)
    asked = {"zone": TOWN_TIME.key, "since": since, "until": until, "earlier": since - 30 * _DAY}
    codes = sorted(area.code for area in book.areas.values() if area.level == GRID)
    row_of, column = {code: i for i, code in enumerate(codes)}, {str(kind): k for k, kind in enumerate(KINDS)}
    table = np.zeros((len(codes), len(KINDS), HISTORY + 1))
    for grid, kind, on, count in (await session.execute(_COUNTS, asked)).all():
        if grid in row_of:
            table[row_of[grid], column[kind], (on - first).days] = count
    return codes, table


async def verdicts(session: AsyncSession, book: Book, day: date) -> list[AreaVerdict]:
    """Of every area: the levels above the grids from their summed counts, never from averages of indexes."""
    codes, table = await counts(session, book, day)
    inside: dict[str, list[int]] = {}
    for i, code in enumerate(codes):
        for area in book.path(code):
            inside.setdefault(area, []).append(i)
    found = []
    for level in (0, 1, 2, 3):
        areas = sorted(code for code in inside if book.areas[code].level == level)
        if areas:
            summed = np.stack([table[inside[area]].sum(axis=0) for area in areas])
            found += _judged(areas, summed, book, [len(inside[area]) for area in areas])
    return found


def _judged(areas: Sequence[str], summed: Floats, book: Book, grids: Sequence[int]) -> list[AreaVerdict]:
    """Neighbours are those of the same street, for a street or the town those of the same level."""
    streets = [(book.path(area)[1:2] if len(book.path(area)) > 2 else ()) or ("",) for area in areas]
    told = judge(summed, [street[0] for street in streets], grids)
    return [AreaVerdict(area, one) for area, one in zip(areas, told, strict=True)]


async def store(session: AsyncSession, book: Book, day: date) -> list[AreaDay]:
    """The rows of a day that is over; once more they are written over with the same."""
    rows = [_row(one, day) for one in await verdicts(session, book, day)]
    if rows:
        await (await session.connection()).execute(_STORE, [row.model_dump() for row in rows])
    return rows


def _storing() -> Executable:
    new = insert(AreaDay.__table__)  # type: ignore[attr-defined]
    fresh = {name: new.excluded[name] for name in ("colour", "index", "reasons")}
    return new.on_conflict_do_update(index_elements=["area", "day"], set_=fresh)


_STORE = _storing()


def _row(one: AreaVerdict, day: date) -> AreaDay:
    reasons = [asdict(reason) | {"kind": str(reason.kind)} for reason in one.verdict.reasons]
    return AreaDay(area=one.area, day=day, colour=one.verdict.colour, index=one.verdict.index, reasons=reasons)


async def missing(session: AsyncSession, now: datetime) -> list[date]:
    """Days that are over and have no rows yet, the oldest first."""
    today = now.astimezone(TOWN_TIME).date()
    wanted = [today - n * _DAY for n in range(BACK, 0, -1)]
    there = set((await session.exec(select(col(AreaDay.day)).where(col(AreaDay.day).in_(wanted)).distinct())).all())
    return [day for day in wanted if day not in there]


async def of_day(session: AsyncSession, day: date) -> Mapping[str, AreaDay]:
    """The stored rows, by area."""
    rows = (await session.exec(select(AreaDay).where(AreaDay.day == day).order_by(AreaDay.area))).all()
    return {row.area: row for row in rows}
