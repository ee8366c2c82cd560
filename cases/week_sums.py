"""Weeks that are over, kept as sums (`week_sums`): counted once by a worker, so that no dashboard counts them again.

A past week stays as it was told (docs/rates.md), but for two things: an event that was written down late, and a case of
which it turns out whom it is about (C7). Both leave an event behind. So whoever reads a week's sums looks at the events
that came since: where one reaches back into the week, its sums are not in force and it is counted anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import alarms, cells
from cases.book import Book
from cases.cells import Cells
from cases.clock import TOWN_TIME
from cases.periods import today, week
from models import Event, WeekSums

BACK = 8
"""Weeks before the running one that are kept: as many as a dashboard shows."""

SETTLED = timedelta(hours=1)
"""So long after its end everything of a week is written down: no transaction lasts as long."""

MAKES_KNOWN = ("accuse", "relocate", alarms.HEARD)  # kinds of events from which a case may be about somebody

# What such an event changes lies in every week since the case, or one that follows it, was filed.
_MARKS = text(
    """
    SELECT wanted.week, sums.at, sums.upto, sums.late,
        count(new.id) FILTER (WHERE new.id > sums.upto) AS known, count(new.id) FILTER (WHERE new.id > :upto) AS ahead
    FROM unnest(CAST(:weeks AS date[])) AS wanted (week)
    LEFT JOIN week_sums AS sums ON sums.week = wanted.week AND sums.counted_by = :counted_by
    LEFT JOIN (
        SELECT id, CASE WHEN kind = ANY(:makes_known)
            THEN (SELECT min(submitted_at) FROM cases WHERE cases.id = case_id OR cases.master = case_id)
            ELSE at END AS since
        FROM events WHERE id > least(:upto, (SELECT min(upto) FROM week_sums WHERE week = ANY(:weeks)))
        OFFSET 0  -- looked at once for all weeks
    ) AS new ON new.since < (wanted.week + 7)::timestamp AT TIME ZONE :zone
    GROUP BY 1, 2, 3, 4
    """
)
_NO_FURTHER = 2**62


@dataclass(frozen=True)
class Mark:
    """What is known of a week: since when it is kept, and how many events reach back into it.

    `known`: of those after the event it is kept up to; `late`: how many of them there were when it was counted;
    `ahead`: of those after the event that was asked for.
    """

    week: date
    at: datetime | None
    upto: int | None
    late: int | None
    known: int
    ahead: int

    @property
    def in_force(self) -> bool:
        """Events are only added, so as many are the same."""
        return self.late == self.known


def over(now: datetime) -> list[date]:
    """Mondays of the weeks that may be kept, the last one first."""
    this = week(today(now - SETTLED)).start
    return [this - timedelta(weeks=ago) for ago in range(1, BACK + 1)]


async def in_force(session: AsyncSession, book: Book, weeks: Sequence[date]) -> Mapping[date, datetime]:
    """Which of them are kept as they would be counted now, and when each was counted."""
    return {one.week: one.at for one in await _marks(session, book, weeks) if one.in_force and one.at}


async def read(session: AsyncSession, monday: date) -> Cells | None:
    """The cells of one that is in force, if it is kept still."""
    rows = (await session.exec(select(WeekSums.cells).where(WeekSums.week == monday))).first()
    return None if rows is None else cells.unpacked(rows)


async def keep(session: AsyncSession, book: Book, now: datetime) -> int:
    """Counts one week that is not in force, in a transaction of its own; 0 when all are. Twice is as good as once."""
    weeks, upto = over(now), await _settled(session, now)
    marks = await _marks(session, book, weeks, upto)
    await _move_on(session, [one for one in marks if one.in_force], upto)
    await session.execute(delete(WeekSums).where(col(WeekSums.week) < weeks[-1]))
    for one in sorted(marks, key=_newest_first):
        if not one.in_force:
            await _count(session, book, one, upto, now)
            return 1
    return 0


async def _settled(session: AsyncSession, now: datetime) -> int:
    """Every event up to this one is there to be seen."""
    last = select(Event.id).where(Event.at < now - SETTLED).order_by(col(Event.id).desc()).limit(1)
    return (await session.exec(last)).first() or 0


async def _marks(session: AsyncSession, book: Book, weeks: Sequence[date], upto: int = _NO_FURTHER) -> list[Mark]:
    asked = {"weeks": list(weeks), "upto": upto, "counted_by": _counted_by(book.town.desk), "zone": TOWN_TIME.key}
    rows = (await session.execute(_MARKS, {**asked, "makes_known": list(MAKES_KNOWN)})).all()
    return [Mark(*row) for row in rows]


async def _move_on(session: AsyncSession, sound: Sequence[Mark], upto: int) -> None:
    """What was looked at need not be looked at again."""
    for one in sound:
        if one.upto is not None and one.upto < upto:
            changed = update(WeekSums).where(col(WeekSums.week) == one.week)
            await session.execute(changed.values(upto=upto, late=one.ahead))


async def _count(session: AsyncSession, book: Book, mark: Mark, upto: int, now: datetime) -> None:
    """`mark` was read before: what comes in between is known to be new."""
    packed = cells.packed(await cells.of_period(session, week(mark.week)))
    row = {"counted_by": _counted_by(book.town.desk), "upto": upto, "late": mark.ahead, "cells": packed, "at": now}
    new = insert(WeekSums.__table__).values(week=mark.week, **row)  # type: ignore[attr-defined]
    await session.execute(new.on_conflict_do_update(index_elements=["week"], set_=row))


def _newest_first(mark: Mark) -> int:
    return -mark.week.toordinal()


@cache
def _counted_by(desk: str) -> str:
    return sha256(f"{cells.COUNTING} {desk}".encode()).hexdigest()[:16]
