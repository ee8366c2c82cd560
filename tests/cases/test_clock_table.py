"""Due times computed by hand, a row each in due_times.csv: `simple.sign` is a policy's clock, `workdays 9h` any other.

A row holds when it began, perhaps when it stood still and how many days were added, and when it is due; town time.
A second opinion counts minutes and days one by one, by the calendar file alone.
"""

import csv
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

import pytest

from cases.clock import TOWN_TIME, Span, WorkCalendar, due, resume
from models import Calendar

HERE, DATA = Path(__file__).parent, Path(__file__).parents[2] / "data"
OPENS, CLOSES, MINUTE, DAY = time(8, 30), time(17, 30), timedelta(minutes=1), timedelta(days=1)
MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 7 * 1440}
Row = dict[str, str]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = read(HERE / "due_times.csv")
WORKS = {date.fromisoformat(row["day"]): row["working"] == "true" for row in read(DATA / "calendar.csv")}
CLOCKS = {row["code"]: row for row in read(DATA / "clocks.csv")}


def span_of(row: Row) -> tuple[str, Calendar]:
    """As policies write it, and by which calendar."""
    if " " in row["clock"]:
        kind, _, span = row["clock"].partition(" ")
        return span, Calendar(kind)
    policy, _, part = row["clock"].partition(".")
    return CLOCKS[policy][part], Calendar(CLOCKS[policy]["calendar"])


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=TOWN_TIME).astimezone(UTC)


def by_the_clock(row: Row) -> datetime:
    """As the program goes about it: policy, pause, extension."""
    calendar, (span, kind) = WorkCalendar(WORKS), span_of(row)
    until = due(Span.parse(span), kind, at(row["begun"]), calendar)
    if row["paused"]:
        until = resume(until, at(row["paused"]), at(row["resumed"]), kind, calendar)
    return due(Span(int(row["extended"]), "d"), kind, until, calendar) if row["extended"] else until


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['clock']} {row['begun']} {row['why']}".strip())
def test_due(row: Row) -> None:
    assert by_the_clock(row) == at(row["due"])


@cache
def is_workday(day: date) -> bool:
    return WORKS.get(day, day.weekday() < 5)


def is_work(minute: datetime) -> bool:
    return is_workday(minute.date()) and OPENS <= minute.time() < CLOSES


def counted(moment: datetime, span: str, kind: Calendar) -> datetime:
    """One minute or one day after the other."""
    count, unit = int(span[:-1]), span[-1]
    if kind is not Calendar.WORKDAYS:
        return moment + count * MINUTES[unit] * MINUTE
    if unit in "mh":
        return minutes_on(moment, count * MINUTES[unit])
    for _ in range(count * (5 if unit == "w" else 1)):
        moment += DAY
        while not is_workday(moment.date()):
            moment += DAY
    return datetime.combine(moment.date(), CLOSES)


def minutes_on(moment: datetime, left: int) -> datetime:
    while left:
        left -= is_work(moment)
        moment += MINUTE
    return moment


def by_counting(row: Row) -> datetime:
    (span, kind), local = span_of(row), datetime.fromisoformat
    until = counted(local(row["begun"]), span, kind)
    if row["paused"]:
        stood = [local(row["paused"]) + n * MINUTE for n in range((at(row["resumed"]) - at(row["paused"])) // MINUTE)]
        waited = sum(map(is_work, stood)) if kind is Calendar.WORKDAYS else len(stood)
        until = minutes_on(until, waited) if kind is Calendar.WORKDAYS else until + waited * MINUTE
    return counted(until, f"{row['extended']}d", kind) if row["extended"] else until


def test_a_second_opinion() -> None:
    assert [(row, found) for row in ROWS if (found := by_counting(row)) != datetime.fromisoformat(row["due"])] == []


def test_the_table_is_whole() -> None:
    """Two hundred different ones: every clock of every policy, pauses, extensions, each festival, days made up."""
    assert len({tuple(row[name] for name in list(row)[:-1]) for row in ROWS}) == len(ROWS) >= 200
    parts = {f"{code}.{part}" for code, one in CLOCKS.items() for part in ("sign", "contact", "resolve") if one[part]}
    assert parts - {row["clock"] for row in ROWS} == {"consult.sign"}, "which is simple.sign's"
    assert sum(bool(row["paused"]) for row in ROWS) >= 10 and sum(bool(row["extended"]) for row in ROWS) >= 5
    made_up = {day for day, working in WORKS.items() if working and day.year == 2026}
    assert made_up <= {datetime.fromisoformat(row[name]).date() for row in ROWS for name in ("begun", "due")}
