"""What the time came to: rates, breaches, orders, hot issues, colours, sizes."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from benchmarks.recount import Recount, differences
from benchmarks.year.residents import Planted
from cases import rates
from cases.rates import By, Share
from cases.warnings import HISTORY

AFTERMATH = 21  # days in which what a storm or an incident left undone may still be seen
QUARTER = 91.0


async def read(session: AsyncSession, planted: Planted, days: Sequence[date], now: datetime) -> dict[str, Any]:
    return {
        **await _course(session, days),
        **await _hot(session, planted, now),
        **await _colours(session, planted, days),
        **await _sizes(session),
    }


async def _course(session: AsyncSession, days: Sequence[date]) -> dict[str, Any]:
    found = await rates.total(session, start=days[0], end=days[-1])
    events = await _counts(session, "SELECT kind, count(*) FROM events GROUP BY kind")
    orders = await _one(
        session,
        """SELECT count(*), count(answered_at), count(*) FILTER (WHERE overdue), count(closed_at) FROM orders""",
    )
    return {
        "filed": found.filed,
        "completion_rate": _value(found.finished),
        "finished_in_time": _value(found.in_time),
        "response_rate": _value(found.contacted),
        "solved_rate": _value(found.solved),
        "satisfied_rate": _value(found.satisfied),
        "answers_of_residents": found.solved.whole,
        "return_rate": _value(found.returned),
        "reopened": events.get("reopen", 0),
        "median_hours": round(found.median_hours or 0.0, 1),
        "breaches": {
            name: events.get(name, 0) for name in ("sign_overdue", "contact_overdue", "overdue", "co_overdue")
        },
        "escalations": events.get("escalate", 0),
        "orders": dict(zip(("given", "answered", "overdue", "closed"), orders, strict=True)),
        "alarms": {"raised": await _one_number(session, "SELECT count(*) FROM alarms"), "rung": events.get("ring", 0)},
        "merged": events.get("merge", 0),
        "whistles": events.get("whistle", 0),
        "statuses": await _counts(session, "SELECT status, count(*) FROM cases GROUP BY status"),
    }


def _value(share: Share) -> float | None:
    return None if share.value is None else round(share.value, 4)


async def _hot(session: AsyncSession, planted: Planted, now: datetime) -> dict[str, Any]:
    """The planted issue: at which of its letters it became a card, and how many of them the largest card of it has."""
    sql = """
        WITH mine AS (
            SELECT cases.id, submitted_at, hot.issue, row_number() OVER (ORDER BY submitted_at) AS n
            FROM cases LEFT JOIN hot_cases AS hot ON hot.case_id = cases.id
            WHERE text LIKE '%搅拌站%' AND grid = :grid
        ), best AS (SELECT issue FROM mine WHERE issue IS NOT NULL GROUP BY issue ORDER BY count(*) DESC LIMIT 1)
        SELECT count(*), count(*) FILTER (WHERE mine.issue = best.issue), min(one.count),
            (SELECT max(n) FROM mine WHERE submitted_at <= min(one.told_at))
        FROM mine CROSS JOIN best JOIN hot_issues AS one ON one.id = best.issue
    """
    letters, found, size, card = await _one(session, sql, grid=planted.hot_grid)
    cards = await _one_number(session, "SELECT count(*) FROM hot_issues WHERE told_at IS NOT NULL")
    return {
        "hot_cards": cards,
        "planted_issue": {"letters": letters, "in_its_card": found, "card": size, "card_at": card},
    }


async def _colours(session: AsyncSession, planted: Planted, days: Sequence[date]) -> dict[str, Any]:
    """Days from the first that has a whole history before it."""
    judged = days[HISTORY:]
    rows = await session.execute(
        text(
            """SELECT area, day FROM area_days JOIN areas ON areas.code = area
               WHERE colour = 'red' AND level = 3 AND day >= :first"""
        ),
        {"first": judged[0] if judged else days[-1] + timedelta(days=1)},
    )
    red = {(area, day) for area, day in rows.all()}
    grids = await _one_number(session, "SELECT count(*) FROM areas WHERE level = 3")
    storms = {at for at in planted.storms if at[1] in judged}
    incidents = {at for at in planted.incidents if at[1] in judged}
    hot = {(planted.hot_grid, day) for day in planted.hot_days}
    meant = {one for at in storms | incidents | hot for one in _after(at, 1)}
    left = {one for at in storms | incidents | hot for one in _after(at, AFTERMATH)} - meant
    quarters = grids * len(judged) / QUARTER
    return {
        "days_judged": len(judged),
        "storm_grids": len(storms),
        "storm_grids_red_within_a_day": _share(red, storms),
        "incidents": len(incidents),
        "incidents_red_within_a_day": _share(red, incidents),
        "red_days": len(red),
        "reds_in_the_aftermath": len(red & left),
        "false_reds_per_grid_quarter": round(len(red - meant - left) / quarters, 3) if judged else None,
    }


def _share(red: set[tuple[str, date]], planted: set[tuple[str, date]]) -> float | None:
    hits = [any(one in red for one in _after(at, 1)) for at in planted]
    return round(sum(hits) / len(hits), 3) if hits else None


def _after(at: tuple[str, date], days: int) -> Iterator[tuple[str, date]]:
    yield from ((at[0], at[1] + timedelta(days=n)) for n in range(days + 1))


async def _sizes(session: AsyncSession) -> dict[str, Any]:
    tables = ("cases", "events", "notifications", "timers", "staff_acts", "residents", "area_days")
    counts = {name: await _one_number(session, f"SELECT count(*) FROM {name}") for name in tables}
    size = await _one_number(session, "SELECT pg_database_size(current_database())")
    return {"rows": counts, "database_mb": round(size / 1e6)}


async def rates_differ(session: AsyncSession, days: Sequence[date]) -> list[str]:
    """Where the rates by SQL are not what a walk through all events finds, for everybody and every month."""
    plain, found = await Recount.read(session), list[str]()
    for start, end in months(days):
        for by in By:
            told = await rates.rates(session, by=by, start=start, end=end)
            found += [f"{start:%Y-%m} {by} {one}" for one in differences(told, plain.rates(by, start, end))]
    return found


def months(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """First and last day of each, those at both ends cut off where the time begins and ends."""
    for first in sorted({day.replace(day=1) for day in days}):
        last = first.replace(day=monthrange(first.year, first.month)[1])
        yield max(first, days[0]), min(last, days[-1])


async def _counts(session: AsyncSession, sql: str) -> dict[str, int]:
    return {row[0]: row[1] for row in (await session.execute(text(sql))).all()}


async def _one(session: AsyncSession, sql: str, **asked: Any) -> Sequence[Any]:
    row = (await session.execute(text(sql), asked)).first()
    return tuple(row) if row else (0, 0, 0, None)


async def _one_number(session: AsyncSession, sql: str) -> int:
    return int((await session.execute(text(sql))).scalar_one() or 0)
