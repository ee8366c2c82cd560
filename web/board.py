"""The dashboard's figures: counted for what one person sees of one area, each kept as long as it may stand."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from cases import board, cells, week_sums
from cases.board import Scope
from cases.cells import Cells
from cases.periods import Period, today, week
from models import Case, Person
from web import board_sums
from web.board_sums import Shared, Sums
from web.parts import Parts

SECOND, MOMENT = timedelta(seconds=1), timedelta(seconds=2)  # together the oldest that is shown as now
MINUTE, HALF_A_MINUTE = timedelta(minutes=1), timedelta(seconds=30)
AWHILE, LONG = timedelta(minutes=15), timedelta(days=400)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Moment:
    """Of one person and area, as it is now."""

    standing: board.Standing
    ending: Sequence[board.Ending]
    recent: Sequence[board.Dot]
    cases: Sequence[Case]


async def shared(parts: Parts, now: datetime) -> Shared:
    weeks = [await _week(parts, now, ago) for ago in range(week_sums.BACK, -1, -1)]
    days, by_day = await _kept(parts, now, "days", cells.by_day)
    signing = await _kept(parts, now, "signing", cells.signing)
    issues = await _kept(parts, now, "issues", board.issues)
    judged, colours = await _kept(parts, now, "colours", _colours)
    return Shared(weeks, days, by_day, signing, issues, judged, colours)


async def _kept(parts: Parts, now: datetime, name: str, ask: Any) -> Any:
    async def make() -> Any:
        async with parts.transactions.read() as session:
            return await ask(session, now)

    return await parts.kept.get(name, now, make, fresh=MINUTE, stale=AWHILE)


async def _colours(session: Any, now: datetime) -> Any:
    return await board.colours(session, today(now))


async def _week(parts: Parts, now: datetime, ago: int) -> Cells:
    return await of_week(parts, now, Period(week(today(now)).start - ago * _WEEK, week(today(now)).end - ago * _WEEK))


async def of_week(parts: Parts, now: datetime, period: Period) -> Cells:
    """From the sums of those that are over; what no worker has kept yet is counted here, as the running one is."""
    since = (await _in_force(parts, now)).get(period.start)

    async def make() -> Cells:
        async with parts.transactions.read() as session:
            found = await week_sums.read(session, period.start) if since else None
            return found or await cells.of_period(session, period)

    fresh, stale = (LONG, LONG) if since else (MINUTE, AWHILE)
    return await parts.kept.get(("week", period.start, since), now, make, fresh=fresh, stale=stale)


async def _in_force(parts: Parts, now: datetime) -> Mapping[date, datetime]:
    async def make() -> Mapping[date, datetime]:
        async with parts.transactions.read() as session:
            return await week_sums.in_force(session, parts.senses.book, week_sums.over(now))

    return await parts.kept.get("weeks", now, make, fresh=MINUTE)


async def moment(parts: Parts, person: Person, area: str, place: str | None, now: datetime) -> Moment:
    book = parts.senses.book

    async def count() -> Sequence[board.Tally]:
        async with parts.transactions.read() as session:
            return await board.tallies(session, person)

    async def make() -> Moment:
        found = await parts.kept.get(("open", board.counts_for(person)), now, count, fresh=MOMENT)
        async with parts.transactions.read() as session:
            return Moment(
                board.standing(book, person, found),
                await board.ending(session, book, person, area, now),
                await board.recent(session, book, person, area, now),
                await board.at_place(session, person, place) if place else (),
            )

    return await parts.kept.get(("moment", person.code, area, place), now, make, fresh=SECOND)


async def sums(parts: Parts, found: Shared, scope: Scope, area: str, now: datetime) -> Sums:
    async def make() -> Sums:
        return await asyncio.to_thread(board_sums.add_up, parts.senses.book, found, scope, area)

    return await parts.kept.get(("sums", scope, area), now, make, fresh=HALF_A_MINUTE, stale=HALF_A_MINUTE)
