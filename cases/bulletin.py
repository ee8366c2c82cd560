"""What stands in the weekly bulletin (周通报) of the town or of a street: numbers, codes and names, no resident.

All of it is counted from what had happened when the week was over, so that it comes out the same whenever it is asked.
The names of that time are kept in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import area_days, clearing, hot
from cases import rates as counted
from cases.book import Book
from cases.clock import TOWN_TIME
from cases.masking import redact
from cases.periods import Period, today, week
from cases.rates import By, Rates, Share
from cases.timeline import SINCE_FILED
from classifiers.gathering import sentences
from models import OPEN, AreaDay
from models.hot import Colour
from models.town import GRID, SPECIAL

HOT, WARNED, LATE, GOOD = 6, 12, 40, 3  # how many of each are shown
SENTENCE = 48
ENOUGH = 5  # answers or deadlines from which a rate places a unit in the table
_WEEK, _DAY = timedelta(days=7), timedelta(days=1)
SEVERE = (Colour.RED, Colour.YELLOW, Colour.BLUE)

_COUNTS = f"""
    NOT EXISTS (
        SELECT FROM exclusions WHERE exclusions.case_id = last.case_id AND exclusions.round >= last.round
            AND {counted.IN_FORCE}
    )
    AND (CAST(:within AS text) IS NULL OR :within = ANY(areas.path))
"""
_ABOUT_STAFF = "coalesce(jsonb_array_length(nullif(cases.facts->'accused', 'null')), 0) > 0"
"""Counted, but never shown: not everybody may know of it."""

_LATE = text(f"""
    SELECT cases.number, coalesce(last.unit, town.desk) AS unit, late.at AS since, {_ABOUT_STAFF} AS hidden
    FROM ({counted.MAYBE_OPEN}) AS maybe
    JOIN cases ON cases.id = maybe.id
    CROSS JOIN town
    CROSS JOIN LATERAL (
        SELECT * FROM events WHERE case_id = cases.id AND {SINCE_FILED} AND at < :until ORDER BY seq DESC LIMIT 1
    ) AS last
    CROSS JOIN LATERAL (
        SELECT max(at) AS at FROM events
        WHERE case_id = cases.id AND {SINCE_FILED} AND at < :until AND kind = 'overdue'
    ) AS late
    LEFT JOIN areas ON areas.code = last.grid
    WHERE last.status = ANY(:open) AND last.overdue AND late.at IS NOT NULL AND {_COUNTS}
    ORDER BY late.at, cases.number
""")  # noqa: S608 (of our own words only)
_GOOD = text(f"""
    SELECT cases.text, last.unit, extract(epoch FROM done.at - cases.submitted_at) / 3600 AS hours
    FROM events AS last
    JOIN cases ON cases.id = last.case_id
    CROSS JOIN LATERAL (
        SELECT min(at) AS at FROM events
        WHERE case_id = cases.id AND {SINCE_FILED} AND kind IN ('approve', 'resolve_along')
    ) AS done
    LEFT JOIN areas ON areas.code = last.grid
    WHERE last.kind = 'rate' AND last.at >= :since AND last.at < :until AND last.round = 1 AND NOT last.overdue
        AND last.details->>'solved' = 'yes' AND last.details->>'satisfied' = 'yes'
        AND NOT cases.anonymous AND cases.danger IS NULL AND last.unit IS NOT NULL AND NOT {_ABOUT_STAFF} AND {_COUNTS}
    ORDER BY hours, cases.number
""")  # noqa: S608
_DAYS = text(f"""
    SELECT (at AT TIME ZONE :zone)::date AS day, count(*) FILTER (WHERE kind = 'submit') AS filed,
        count(*) FILTER (WHERE kind <> 'submit') AS finished
    FROM events AS last LEFT JOIN areas ON areas.code = last.grid
    WHERE at >= :since AND at < :until AND kind IN ('submit', 'approve', 'resolve_along') AND {_COUNTS}
    GROUP BY day
""")  # noqa: S608


async def content(session: AsyncSession, book: Book, area: str, monday: date) -> dict[str, Any]:
    """Of the week that begins on this Monday, which is over. `area`: the town's code or a street's."""
    period = Period(monday, monday + 6 * _DAY)
    within = None if area == book.town.code else area
    times = {"since": period.since, "until": period.until, "as_of": period.until}
    asked = {**times, "within": within, "open": [str(one) for one in OPEN]}
    told = {
        "area": area,
        "week": week_name(monday),
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        "numbers": await _numbers(session, period, within),
        "days": await _days(session, asked, period),
        "units": await _units(session, period, within),
        "areas": await _areas(session, book, area, period),
        "hot": await _hot(session, book, period, within),
        "warnings": await _warnings(session, book, area, period),
        "late": await _late(session, asked),
        "good": await _good(session, book, asked),
        "clearing": await _clearing(session, book, period, area),
    }
    return {**told, "names": _names(book, told)}


def week_name(monday: date) -> str:
    """ISO 8601: 2026-W46."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


async def _numbers(session: AsyncSession, period: Period, within: str | None) -> dict[str, Any]:
    """This week and the one before; both with what had been left out when they were over."""
    before = Period(period.start - _WEEK, period.end - _WEEK)
    now = await counted.total(session, start=period.start, end=period.end, within=within)
    then = await counted.total(session, start=before.start, end=before.end, within=within)
    return {"now": _plain(now), "before": _plain(then)}


def _plain(one: Rates) -> dict[str, Any]:
    return {
        "filed": one.filed,
        "finished": one.finished.part,
        "open": one.finished.whole - one.finished.part,
        "overdue": one.overdue,
        "overdue_open": one.overdue_open,
        "returned": one.returned.part,
        "reopened": one.reopened.part,
        "excluded": one.excluded,
        "median_hours": None if one.median_hours is None else round(one.median_hours, 1),
        "contacted": _share(one.contacted),
        "in_time": _share(one.in_time),
        "solved": _share(one.solved),
        "satisfied": _share(one.satisfied),
    }


def _share(one: Share) -> list[int]:
    return [one.part, one.whole]


async def _days(session: AsyncSession, asked: Mapping[str, Any], period: Period) -> list[list[int]]:
    """Filed and finished on each of the seven days."""
    rows = await session.execute(_DAYS, {**asked, "zone": TOWN_TIME.key})
    found = {day: [filed, finished] for day, filed, finished in rows.all()}
    return [found.get(period.start + n * _DAY, [0, 0]) for n in range(7)]


async def _units(session: AsyncSession, period: Period, within: str | None) -> list[dict[str, Any]]:
    """The league: by the mean of the three rates where there is enough to tell, then by what is late."""
    rows = await counted.rates(session, by=By.UNIT, start=period.start, end=period.end, within=within)
    rows = sorted(rows, key=lambda one: (not _tells(one), -_mean(one), one.overdue_open, one.key))
    ranked = sum(_tells(one) for one in rows)
    places: list[int | None] = [*range(1, ranked + 1), *[None] * (len(rows) - ranked)]
    return [
        {"unit": one.key, "place": place, "handed": one.handed, **_plain(one)}
        for place, one in zip(places, rows, strict=True)
    ]


def _tells(one: Rates) -> bool:
    return one.contacted.whole + one.solved.whole >= ENOUGH


def _mean(one: Rates) -> float:
    known = [share.value for share in (one.contacted, one.solved, one.satisfied) if share.value is not None]
    return round(sum(known) / len(known), 6) if known else 0.0


async def _areas(session: AsyncSession, book: Book, area: str, period: Period) -> list[dict[str, Any]]:
    """The streets of the town, the communities of a street; each with its safety index on the last day."""
    rows = await counted.rates(session, by=By.AREA, start=period.start, end=period.end, within=area)
    known = {one.key: one for one in rows}
    last = await _of_day(session, book, period.end)
    below = sorted(one.code for one in book.areas.values() if one.parent == area and one.level != SPECIAL)
    return [
        {
            "area": one,
            "index": round(last[one].index) if one in last else None,
            "colour": str(last[one].colour) if one in last else "",
            **_plain(known.get(one) or counted.nothing(one)),
        }
        for one in below
    ]


async def _of_day(session: AsyncSession, book: Book, day: date) -> Mapping[str, AreaDay]:
    """Made now where the hourly job was not running then: from what had happened by that day's end, all the same."""
    if not await area_days.of_day(session, day):
        await area_days.store(session, book, day)
    return await area_days.of_day(session, day)


async def _warnings(session: AsyncSession, book: Book, area: str, period: Period) -> list[dict[str, Any]]:
    """Grids with a colour on any day of the week, the worst first, with what spoke loudest."""
    days = [await _of_day(session, book, period.start + n * _DAY) for n in range(7)]
    grids = [one.code for one in book.areas.values() if one.level == GRID and area in one.path]
    found = [_warned(grid, [day[grid] for day in days if grid in day]) for grid in sorted(grids)]
    told = [one for one in found if sum(one["days"])]
    told.sort(key=lambda one: ([-count for count in one["days"]], one["area"]))
    return told[:WARNED]


def _warned(grid: str, days: Sequence[AreaDay]) -> dict[str, Any]:
    """`days`: how many were red, yellow and blue."""
    reasons = [reason for day in days if day.colour in SEVERE for reason in day.reasons]
    kinds = dict.fromkeys(one["kind"] for one in sorted(reasons, key=lambda one: -one["evidence"]))
    counts = [sum(day.colour is colour for day in days) for colour in SEVERE]
    return {"area": grid, "days": counts, "reasons": list(kinds)[:3]}


async def _hot(session: AsyncSession, book: Book, period: Period, within: str | None) -> list[dict[str, Any]]:
    found = await hot.told_by(session, book, period.until, within)
    return [
        {
            "where": one.where,
            "title": _sentence(book, one.title),
            "count": one.count,
            "week": one.week,
            "before": one.before,
        }
        for one in found[:HOT]
    ]


async def _late(session: AsyncSession, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers only: a number opens nothing to whom the case is not theirs."""
    rows = (await session.execute(_LATE, asked)).all()
    shown = [row for row in rows if not row.hidden][:LATE]
    listed = [[row.number, row.unit, (asked["until"] - row.since).days] for row in shown]
    return {"count": len(rows), "cases": listed}


async def _good(session: AsyncSession, book: Book, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Solved, satisfied, in time and quickly: the quickest of each unit."""
    best: dict[str, dict[str, Any]] = {}
    for said, unit, hours in (await session.execute(_GOOD, asked)).all():
        if unit not in best:
            best[unit] = {"unit": unit, "what": _sentence(book, said), "hours": round(float(hours), 1)}
    return list(best.values())[:GOOD]


def _sentence(book: Book, said: str) -> str:
    """The first of it, without numbers, flats and who says it; nobody of the staff by name."""
    first = redact((sentences(said) or [said])[0])
    for name in book.people.values():
        first = first.replace(name, "＊")
    return first if len(first) <= SENTENCE else f"{first[:SENTENCE]}…"


async def _clearing(session: AsyncSession, book: Book, period: Period, area: str) -> list[dict[str, Any]]:
    """The month the week ends in, as it stood then."""
    end = period.until - timedelta(microseconds=1)
    rows = await clearing.progress(session, book, period.end, end, within=area)
    return [
        {
            "area": one.area, "settle": one.settle, "listed": one.listed, "new": one.new, "settled": one.settled,
            "open": one.open, "missing": one.missing, "days": one.days,
        }
        for one in rows if one.has_target
    ]  # fmt: skip


def _names(book: Book, told: Mapping[str, Any]) -> dict[str, Any]:
    """Of every unit and area in it, in every language there is."""
    units = {one["unit"] for one in [*told["units"], *told["good"]]} | {late[1] for late in told["late"]["cases"]}
    areas = {told["area"], *(one["area"] for name in ("areas", "warnings", "clearing") for one in told[name])}
    town = book.town
    return {
        "town": [town.name, town.name_hant, town.name_en],
        "units": {code: _three(book.units[code]) for code in _known(units, book.units)},
        "areas": {code: book.areas[code].name for code in _known(areas, book.areas)},
    }


def _known(codes: Iterable[str], among: Mapping[str, Any]) -> list[str]:
    return sorted(code for code in codes if code in among)


def _three(unit: Any) -> list[str]:
    return [unit.name, unit.name_hant, unit.name_en]


def last_monday(now: datetime) -> date:
    """Of the week that was over last."""
    return week(today(now)).start - _WEEK
