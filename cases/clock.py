"""Due times: policies, working hours, make-up days, pauses. Pure; the rows it makes are set in `timers`.

Working time is counted in the town's own clock, without the lunch break: 8:30 to 17:30 of a working day.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from models import Calendar, ClockAct, ClockPolicy
from models.base import aware

TOWN_TIME = ZoneInfo("Asia/Shanghai")
WORKING_WEEK = 5
REMIND_AT, ESCALATE_AT = 75, 120  # percent of the time to resolve

_SPAN = re.compile(r"([1-9][0-9]{0,3})([mhdw])")
_NONE, _DAY = timedelta(0), timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """A length of time as policies write it: `15m`, `2h`, `3d`, `2w`. Days are days of the policy's calendar."""

    count: int
    unit: str

    @classmethod
    def parse(cls, written: str) -> "Span":
        """ValueError for anything else; nought too, for a clock that is not wanted is left empty."""
        found = _SPAN.fullmatch(written)
        if not found:
            raise ValueError(f"not a span such as 15m, 2h, 3d or 2w: {written!r}")
        return cls(int(found[1]), found[2])

    @property
    def in_days(self) -> bool:
        return self.unit in "dw"

    def days(self, week: int) -> int:
        """Whole days; `week` says how many a week has."""
        return self.count * (week if self.unit == "w" else 1)

    def elapsed(self) -> timedelta:
        return self.count * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": _DAY, "w": 7 * _DAY}[self.unit]


@dataclass(frozen=True)
class WorkCalendar:
    """Monday to Friday, except the days the table names: holidays off, made-up Saturdays and Sundays (调休) on."""

    workdays: Mapping[date, bool]
    start: time = time(8, 30)
    end: time = time(17, 30)
    tz: tzinfo = TOWN_TIME

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(f"working hours end before they begin: {self.start}–{self.end}")

    def works(self, day: date) -> bool:
        return self.workdays.get(day, day.isoweekday() <= WORKING_WEEK)

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """When the offices open and close that day, in UTC."""
        opens, closes = (datetime.combine(day, at, self.tz).astimezone(UTC) for at in (self.start, self.end))
        return opens, closes

    def after(self, moment: datetime, days: int) -> datetime:
        """The end of the n-th working day after the day of `moment`, which itself never counts."""
        day = self.day(moment)
        while days:
            day += _DAY
            days -= self.works(day)
        return self.hours(day)[1]

    def add(self, moment: datetime, span: timedelta) -> datetime:
        """The earliest moment with that much working time behind it since `moment`; nothing added, nothing moved."""
        day = self.day(moment)
        while span > _NONE:
            opens, closes = self.hours(day)
            moment = max(moment, opens)
            left = max(closes - moment, _NONE) if self.works(day) else _NONE
            if span <= left:
                return moment + span
            span, day = span - left, day + _DAY
        return moment

    def between(self, first: datetime, last: datetime) -> timedelta:
        """Working time from `first` to `last`; none when they stand the other way round."""
        total, day = _NONE, self.day(first)
        while day <= self.day(last):
            opens, closes = self.hours(day)
            if self.works(day):
                total += max(min(closes, last) - max(opens, first), _NONE)
            day += _DAY
        return total

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.tz).date()


@dataclass(frozen=True)
class Deadlines:
    """Until when a case is to be signed, the resident contacted, and the answer given; in UTC."""

    sign: datetime
    contact: datetime | None
    resolve: datetime


def due(span: Span, kind: Calendar, begun: datetime, calendar: WorkCalendar) -> datetime:
    """When `span` is over, in UTC; ValueError for a naive `begun`."""
    return _DUE[kind](span, aware(begun), calendar)


def _workdays(span: Span, begun: datetime, calendar: WorkCalendar) -> datetime:
    """The day it begins is not counted; minutes and hours run in working hours only."""
    if span.in_days:
        return calendar.after(begun, span.days(WORKING_WEEK))
    return calendar.add(begun, span.elapsed())


def _days(span: Span, begun: datetime, calendar: WorkCalendar) -> datetime:
    """The same time of the day, so many days later."""
    if span.in_days:
        return (begun.astimezone(calendar.tz) + span.days(7) * _DAY).astimezone(UTC)
    return begun + span.elapsed()


def _always(span: Span, begun: datetime, calendar: WorkCalendar) -> datetime:
    return begun + span.elapsed()


_DUE: dict[Calendar, Callable[[Span, datetime, WorkCalendar], datetime]] = {
    Calendar.WORKDAYS: _workdays,
    Calendar.DAYS: _days,
    Calendar.ALWAYS: _always,
}


def deadlines(policy: ClockPolicy, begun: datetime, calendar: WorkCalendar) -> Deadlines:
    """A policy's three due times."""

    def until(written: str) -> datetime:
        return due(Span.parse(written), policy.calendar, begun, calendar)

    return Deadlines(until(policy.sign), until(policy.contact) if policy.contact else None, until(policy.resolve))


def schedule(policy: ClockPolicy, begun: datetime, calendar: WorkCalendar) -> dict[ClockAct, datetime]:
    """What the clock will do and when. Percents are of the policy's own time: no reminder for workdays at night."""
    until = deadlines(policy, begun, calendar)
    kind, begun = policy.calendar, aware(begun)
    whole = _passed(begun, until.resolve, kind, calendar)
    acts = {
        ClockAct.REMIND: _later(begun, whole * REMIND_AT / 100, kind, calendar),
        ClockAct.SIGN_OVERDUE: until.sign,
        ClockAct.CONTACT_OVERDUE: until.contact,
        ClockAct.OVERDUE: until.resolve,
        ClockAct.ESCALATE: _later(begun, whole * ESCALATE_AT / 100, kind, calendar),
    }
    return {act: at for act, at in acts.items() if at}


def resume(due: datetime, paused_at: datetime, now: datetime, kind: Calendar, calendar: WorkCalendar) -> datetime:
    """The due time moved by the time spent waiting, working time where the policy counts that."""
    return _later(aware(due), _passed(aware(paused_at), aware(now), kind, calendar), kind, calendar)


def remaining(due: datetime, now: datetime) -> timedelta:
    """By the clock on the wall, as a person waiting counts it; negative when overdue."""
    return aware(due) - aware(now)


def _passed(first: datetime, last: datetime, kind: Calendar, calendar: WorkCalendar) -> timedelta:
    """A clock set back counts as no time at all."""
    return calendar.between(first, last) if kind == Calendar.WORKDAYS else max(last - first, _NONE)


def _later(moment: datetime, span: timedelta, kind: Calendar, calendar: WorkCalendar) -> datetime:
    return calendar.add(moment, span) if kind == Calendar.WORKDAYS else moment + span
