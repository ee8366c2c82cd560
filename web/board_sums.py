"""What the dashboard's cells add up to for one scope and area: lines over the weeks, and the league of units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from cases import board, cells
from cases.board import Issue, Scope
from cases.book import Book
from cases.bulletin import ENOUGH
from cases.cells import Cells, Key
from cases.rates import Rates
from models import AreaDay
from web.sparks import Spark, spark

LEAGUE_WEEKS = 4  # full ones before the running one
RATES = ("contacted", "solved", "satisfied")  # 三率


@dataclass(frozen=True)
class Shared:
    """Counted once for everybody. `weeks`: the oldest first, the running one last."""

    weeks: Sequence[Cells]
    days: Sequence[date]
    by_day: Sequence[Cells]
    signing: Cells
    issues: Sequence[Issue]
    judged: date | None
    colours: Mapping[str, AreaDay]


@dataclass(frozen=True)
class Unit:
    """A row of the league (红黑榜 without the colours): `mean` of the three rates over LEAGUE_WEEKS."""

    code: str
    place: int | None
    rates: Rates
    mean: float | None
    line: Spark


@dataclass(frozen=True)
class Sums:
    """What the cells add up to."""

    weeks: Sequence[Rates]
    filed: Sequence[int]
    finished: Sequence[int]
    signing: Mapping[str, float]
    units: Sequence[Unit]


def add_up(book: Book, found: Shared, scope: Scope, area: str) -> Sums:
    mine = partial(board.wanted, book, scope, area)
    filed = "handed" if scope.unit else "filed"
    by_day = [one.sums(mine) for one in found.by_day]
    return Sums(
        [cells.rates_of(one.sums(mine)) for one in found.weeks],
        [int(day[filed]) for day in by_day],
        [int(day["finished"]) for day in by_day],
        found.signing.sums(mine),
        league(book, found.weeks, replace(scope, unit=None), area),
    )


def league(book: Book, weeks: Sequence[Cells], scope: Scope, area: str) -> list[Unit]:
    """As the weekly bulletin ranks them: by the mean of the three rates where there is enough to tell."""
    mine = partial(board.wanted, book, scope, area)
    by_week = [one.parted(mine, _unit) for one in weeks]
    units = {code for one in by_week[-1 - LEAGUE_WEEKS : -1] for code in one if code in book.units}
    rows = []
    for code in units:
        added: dict[str, float] = {}
        for one in by_week[-1 - LEAGUE_WEEKS : -1]:
            for name, value in one.get(code, {}).items():
                added[name] = added.get(name, 0.0) + value
        line = [mean(cells.rates_of(one[code])) if code in one else None for one in by_week]
        rows.append((code, cells.rates_of(added), line))
    rows.sort(key=lambda row: (not _tells(row[1]), -(mean(row[1]) or 0.0), row[1].overdue_open, row[0]))
    ranked = sum(_tells(row[1]) for row in rows)
    places = [*range(1, ranked + 1), *[None] * (len(rows) - ranked)]
    made = [(place, code, one, line) for place, (code, one, line) in zip(places, rows, strict=True)]
    return [Unit(code, place, one, mean(one) if place else None, spark(line)) for place, code, one, line in made]


def _unit(key: Key) -> Sequence[str]:
    return (key.unit,) if key.unit else ()


def _tells(one: Rates) -> bool:
    return one.contacted.whole + one.solved.whole >= ENOUGH


def mean(one: Rates) -> float | None:
    """Of those of the three rates that are known."""
    known = [value for name in RATES if (value := getattr(one, name).value) is not None]
    return sum(known) / len(known) if known else None
