"""Days, weeks and months of the town, as the first and the last day of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cases.clock import TOWN_TIME

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Both days belong to it."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"{self.end} is before {self.start}")

    @property
    def since(self) -> datetime:
        """The midnight it begins at."""
        return begins(self.start)

    @property
    def until(self) -> datetime:
        """The midnight it is over at: of the day after its last."""
        return begins(self.end + _DAY)

    def weeks(self) -> "Iterator[Period]":
        """Every week a day of it lies in, the first one first."""
        yield from _each(week(self.start), self.end, week)

    def months(self) -> "Iterator[Period]":
        yield from _each(month(self.start), self.end, month)


def day(one: date) -> Period:
    return Period(one, one)


def week(one: date) -> Period:
    """Monday to Sunday."""
    monday = one - one.weekday() * _DAY
    return Period(monday, monday + 6 * _DAY)


def month(one: date) -> Period:
    first = one.replace(day=1)
    return Period(first, (first + 31 * _DAY).replace(day=1) - _DAY)


def today(now: datetime) -> date:
    return now.astimezone(TOWN_TIME).date()


def begins(one: date) -> datetime:
    return datetime(one.year, one.month, one.day, tzinfo=TOWN_TIME)


def _each(first: Period, last: date, of: Callable[[date], Period]) -> Iterator[Period]:
    one = first
    while one.start <= last:
        yield one
        one = of(one.end + _DAY)
