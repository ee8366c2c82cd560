"""Counts in small cells — of a grid, a unit and a field — that add up to whatever a dashboard shows of a time.

Weeks that are over are kept by `week_sums`. Whom a case is about (C7) is part
of its cell: what is hidden from somebody is left out of every sum they see, so that no difference gives it away.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import rates
from cases.clock import TOWN_TIME
from cases.periods import Period, begins, today
from cases.rates import COUNTED, IN_FORCE, Rates
from models import OPEN

DAYS = 28
# By OFFSET it is worked out once a row and not again where it is asked for.
_KEY = f"""SELECT CAST(jsonb_build_array(grid, {rates.UNIT}, category,
    (SELECT cases.facts->'accused' FROM cases WHERE cases.id = lot.case_id)) AS text) OFFSET 0"""  # noqa: S608 (of our own words only)
COUNTING = str(rates.grouped(_KEY))
"""The SQL of `of_period`: what it counted is only as good as what counts now."""

_DAYS = text(f"""
    SELECT (last.at AT TIME ZONE :zone)::date AS day, last.grid, last.unit, last.category, cases.facts->'accused',
        count(*) FILTER (WHERE kind = 'submit'),
        count(*) FILTER (WHERE kind IN ('route', 'assign', 'raise', 'relocate')),
        count(*) FILTER (WHERE kind IN ('approve', 'resolve_along'))
    FROM events AS last JOIN cases ON cases.id = last.case_id
    WHERE last.at >= :since AND last.at < :until
        AND kind IN ('submit', 'route', 'assign', 'raise', 'relocate', 'approve', 'resolve_along')
        AND NOT EXISTS (
            SELECT FROM exclusions WHERE exclusions.case_id = last.case_id AND exclusions.round >= last.round
                AND {IN_FORCE}
        )
    GROUP BY 1, 2, 3, 4, 5
""")  # noqa: S608 (of our own words only)
_SIGNED = text(
    """
    SELECT grid, unit, category, facts->'accused', count(*) FILTER (WHERE signed_at >= :week),
        coalesce(sum(extract(epoch FROM signed_at - submitted_at)) FILTER (WHERE signed_at >= :week), 0),
        count(*) FILTER (WHERE signed_at < :week),
        coalesce(sum(extract(epoch FROM signed_at - submitted_at)) FILTER (WHERE signed_at < :week), 0)
    FROM cases WHERE submitted_at >= :earlier AND signed_at >= :before AND signed_at < :now AND round = 1
    GROUP BY 1, 2, 3, 4
    """
)


@dataclass(frozen=True)
class Key:
    """Whose a cell is; `about`: codes of the people and units its cases are about."""

    grid: str | None
    unit: str | None
    category: str | None
    about: frozenset[str]


Wanted = Callable[[Key], bool]


@dataclass(frozen=True)
class Cells:
    """`counts`: a row for each key, columns by name."""

    names: Sequence[str]
    keys: Sequence[Key]
    counts: NDArray[np.float64]

    def sums(self, wanted: Wanted) -> Mapping[str, float]:
        """Each column over the cells wanted."""
        chosen = [n for n, key in enumerate(self.keys) if wanted(key)]
        return dict(zip(self.names, self.counts[chosen].sum(axis=0).tolist(), strict=True))

    def parted(self, wanted: Wanted, part: Callable[[Key], Iterable[str]]) -> dict[str, Mapping[str, float]]:
        """The same for each of the parts a cell belongs to: a unit, or every area around its grid."""
        rows: dict[str, list[int]] = {}
        for n, key in enumerate(self.keys):
            for name in part(key) if wanted(key) else ():
                rows.setdefault(name, []).append(n)
        added = {name: self.counts[some].sum(axis=0).tolist() for name, some in rows.items()}
        return {name: dict(zip(self.names, one, strict=True)) for name, one in added.items()}


def rates_of(sums: Mapping[str, float], key: str = "") -> Rates:
    """Without the median, which does not add up, and without what was left out."""
    plain = {name: int(value) for name, value in sums.items()}
    return rates.made_of({**plain, "key": key, "median_hours": None, "excluded": 0})


async def of_period(session: AsyncSession, period: Period) -> Cells:
    """Columns COUNTED: all that the rates of a period are made of."""
    asked = {"since": period.since, "until": period.until, "as_of": period.until, "within": None}
    rows = await session.execute(rates.grouped(_KEY), {**asked, "open": [str(one) for one in OPEN]})
    found = rows.mappings().all()
    return _cells(COUNTED, [(*json.loads(row["key"]), *(row[name] for name in COUNTED)) for row in found])


def packed(found: Cells) -> list[list[Any]]:
    """As JSON: grid, unit, category, about, then what COUNTED names."""
    rows = zip(found.keys, found.counts.astype(int).tolist(), strict=True)
    return [[key.grid, key.unit, key.category, sorted(key.about), *counts] for key, counts in rows]


def unpacked(rows: Sequence[Sequence[Any]]) -> Cells:
    return _cells(COUNTED, rows)


async def by_day(session: AsyncSession, now: datetime) -> tuple[Sequence[date], Sequence[Cells]]:
    """The last DAYS days, today the last one: filed, handed out and finished on each."""
    last = today(now)
    days = [last - timedelta(days=n) for n in range(DAYS - 1, -1, -1)]
    asked = {"zone": TOWN_TIME.key, "since": begins(days[0]), "until": begins(last + timedelta(days=1)), "as_of": now}
    rows: dict[date, list[Sequence[Any]]] = {day: [] for day in days}
    for day, *row in (await session.execute(_DAYS, asked)).all():
        rows[day].append(row)
    return days, [_cells(("filed", "handed", "finished"), rows[day]) for day in days]


async def signing(session: AsyncSession, now: datetime) -> Cells:
    """First signatures of the last seven days and of the seven before: how many, and the seconds since filing."""
    week = now - timedelta(days=7)
    asked = {"now": now, "week": week, "before": week - timedelta(days=7), "earlier": week - timedelta(days=28)}
    rows = (await session.execute(_SIGNED, asked)).all()
    return _cells(("signed", "seconds", "signed_before", "seconds_before"), [tuple(row) for row in rows])


def _cells(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Cells:
    keys = [Key(grid, unit, category, frozenset(about or ())) for grid, unit, category, about, *_ in rows]
    counts = np.array([[float(value) for value in row[4:]] for row in rows]).reshape(len(rows), len(names))
    return Cells(names, keys, counts)
