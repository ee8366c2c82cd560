"""Due times, computed by hand with a calendar on the wall. Times are Shanghai's; the year is 2026 unless written."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.clock import TOWN_TIME, Deadlines, Span, WorkCalendar, deadlines, due, remaining, resume, schedule
from models import Calendar, ClockAct, ClockPolicy

OFF = {
    *(date(2026, 1, day) for day in (1, 2, 3)),
    *(date(2026, 2, day) for day in range(15, 24)),
    *(date(2026, 9, day) for day in (25, 26, 27)),
    *(date(2026, 10, day) for day in range(1, 8)),
}
MADE_UP = {date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 9, 20), date(2026, 10, 10)}
CALENDAR = WorkCalendar(dict.fromkeys(OFF, False) | dict.fromkeys(MADE_UP, True))


def at(written: str) -> datetime:
    """`11-18 10:00` of 2026, `2025-12-31 10:00`, in Shanghai, as UTC."""
    text = written if written.count("-") == 2 else f"2026-{written}"
    return datetime.fromisoformat(text).replace(tzinfo=TOWN_TIME).astimezone(UTC)


HOURS_OF_WORKDAYS = [
    # an ordinary week: 18 November is a Wednesday
    ("11-18 10:00", "15m", "11-18 10:15"),
    ("11-18 10:00", "2h", "11-18 12:00"),
    ("11-18 15:30", "2h", "11-18 17:30"),  # just in time
    ("11-18 16:30", "2h", "11-19 09:30"),  # one hour today, one tomorrow
    ("11-18 17:29", "15m", "11-19 08:44"),
    ("11-18 17:30", "2h", "11-19 10:30"),
    ("11-18 20:00", "2h", "11-19 10:30"),  # the night does not count
    ("11-18 00:00", "15m", "11-18 08:45"),
    ("11-18 07:00", "2h", "11-18 10:30"),
    ("11-18 08:30", "9h", "11-18 17:30"),  # a whole day
    ("11-18 08:30", "10h", "11-19 09:30"),
    ("11-18 12:00", "24h", "11-23 09:00"),  # 5.5 + 9 + 9 + 0.5
    # a weekend
    ("11-20 16:30", "2h", "11-23 09:30"),
    ("11-20 17:30", "15m", "11-23 08:45"),
    ("11-21 00:00", "15m", "11-23 08:45"),
    ("11-21 10:00", "2h", "11-23 10:30"),
    ("11-22 23:59", "15m", "11-23 08:45"),
    # Spring Festival: Saturday 14 February is worked, 15–23 are off, Saturday 28 is worked
    ("02-13 17:00", "2h", "02-14 10:00"),
    ("02-13 17:30", "15m", "02-14 08:45"),
    ("02-14 10:00", "2h", "02-14 12:00"),
    ("02-14 16:30", "2h", "02-24 09:30"),
    ("02-17 12:00", "2h", "02-24 10:30"),
    ("02-23 23:00", "15m", "02-24 08:45"),
    ("02-28 17:00", "2h", "03-02 10:00"),
    # National Day: Sunday 20 September is worked, 25–27 and 1–7 October are off, Saturday 10 is worked
    ("09-19 10:00", "2h", "09-20 10:30"),
    ("09-20 16:30", "2h", "09-21 09:30"),
    ("09-24 17:00", "2h", "09-28 10:00"),
    ("09-30 16:30", "2h", "10-08 09:30"),
    ("10-10 17:00", "1h", "10-12 09:00"),
    ("10-11 20:00", "15m", "10-12 08:45"),
]

DAYS_OF_WORKDAYS = [
    ("11-18 00:00", "1d", "11-19 17:30"),  # the starting day never counts, however early
    ("11-18 10:00", "1d", "11-19 17:30"),
    ("11-18 23:59", "1d", "11-19 17:30"),
    ("11-18 10:00", "2d", "11-20 17:30"),
    ("11-18 10:00", "3d", "11-23 17:30"),
    ("11-20 10:00", "1d", "11-23 17:30"),
    ("11-20 20:00", "3d", "11-25 17:30"),
    ("11-21 13:20", "1d", "11-23 17:30"),  # filed on a Saturday
    ("11-21 13:20", "3d", "11-25 17:30"),
    ("11-22 09:00", "3d", "11-25 17:30"),  # and on a Sunday
    ("11-16 10:00", "5d", "11-23 17:30"),
    ("11-16 10:00", "1w", "11-23 17:30"),  # a week is five working days
    ("11-18 10:00", "1w", "11-25 17:30"),
    ("11-18 10:00", "2w", "12-02 17:30"),
    ("11-18 10:00", "3w", "12-09 17:30"),
    ("11-21 10:00", "1w", "11-27 17:30"),
    ("11-22 10:00", "2w", "12-04 17:30"),
    ("11-21 10:00", "3w", "12-11 17:30"),
    ("02-13 10:00", "1d", "02-14 17:30"),
    ("02-13 10:00", "2d", "02-24 17:30"),
    ("02-14 09:00", "1d", "02-24 17:30"),
    ("02-14 09:00", "3d", "02-26 17:30"),
    ("02-12 10:00", "3d", "02-24 17:30"),  # 13, 14, 24
    ("02-15 10:00", "1d", "02-24 17:30"),
    ("02-11 10:00", "1w", "02-25 17:30"),  # 12, 13, 14, 24, 25
    ("02-16 10:00", "1w", "02-28 17:30"),  # 24 to 28
    ("02-27 10:00", "1d", "02-28 17:30"),
    ("02-27 10:00", "2d", "03-02 17:30"),
    ("03-01 10:00", "1d", "03-02 17:30"),
    ("02-12 10:00", "2w", "03-04 17:30"),  # 13 14 24 25 26 · 27 28 2 3 4
    ("09-18 10:00", "1d", "09-20 17:30"),
    ("09-20 10:00", "1w", "09-28 17:30"),  # 21 22 23 24 28
    ("09-30 10:00", "1d", "10-08 17:30"),
    ("09-30 10:00", "3d", "10-10 17:30"),
    ("10-01 08:00", "1d", "10-08 17:30"),
    ("10-02 10:00", "1w", "10-13 17:30"),  # 8 9 10 12 13
    ("10-09 10:00", "2d", "10-12 17:30"),
    ("10-10 10:00", "1d", "10-12 17:30"),
    ("09-29 10:00", "3w", "10-26 17:30"),  # 30 8 9 10 12 · 13 14 15 16 19 · 20 21 22 23 26
    ("2025-12-31 10:00", "1d", "2026-01-04 17:30"),
    ("2025-12-31 17:00", "1h", "2026-01-04 09:00"),
]

CALENDAR_DAYS = [
    ("11-21 13:20", "2h", "11-21 15:20"),
    ("11-21 23:30", "2h", "11-22 01:30"),
    ("11-21 13:20", "3d", "11-24 13:20"),
    ("11-21 13:20", "1w", "11-28 13:20"),
    ("02-14 10:00", "3d", "02-17 10:00"),  # the festival does not stop it
    ("02-28 09:00", "1d", "03-01 09:00"),
]

ROUND_THE_CLOCK = [
    ("11-21 23:50", "15m", "11-22 00:05"),
    ("11-21 23:00", "2h", "11-22 01:00"),
    ("11-21 23:50", "24h", "11-22 23:50"),
    ("11-21 23:50", "1d", "11-22 23:50"),
    ("10-01 00:00", "1w", "10-08 00:00"),
]


@pytest.mark.parametrize(("begun", "span", "expected"), HOURS_OF_WORKDAYS + DAYS_OF_WORKDAYS)
def test_workdays(begun: str, span: str, expected: str) -> None:
    assert due(Span.parse(span), Calendar.WORKDAYS, at(begun), CALENDAR) == at(expected)


@pytest.mark.parametrize(("begun", "span", "expected"), CALENDAR_DAYS)
def test_calendar_days(begun: str, span: str, expected: str) -> None:
    assert due(Span.parse(span), Calendar.DAYS, at(begun), CALENDAR) == at(expected)


@pytest.mark.parametrize(("begun", "span", "expected"), ROUND_THE_CLOCK)
def test_round_the_clock(begun: str, span: str, expected: str) -> None:
    assert due(Span.parse(span), Calendar.ALWAYS, at(begun), CALENDAR) == at(expected)


def test_these_days_off_are_the_real_ones() -> None:
    holidays = pytest.importorskip("chinese_calendar")
    for month in (1, 2, 9, 10, 11):
        for number in range(1, 29):
            day = date(2026, month, number)
            assert CALENDAR.works(day) == holidays.is_workday(day), day


@pytest.mark.parametrize(
    ("written", "span"),
    [("15m", Span(15, "m")), ("2h", Span(2, "h")), ("3d", Span(3, "d")), ("2w", Span(2, "w")), ("90m", Span(90, "m"))],
)
def test_a_span_is_read(written: str, span: Span) -> None:
    assert Span.parse(written) == span


@pytest.mark.parametrize(
    "written", ["", "3", "d", "0d", "-1d", "1.5h", "3 d", "3D", "3d ", "3d\n", "３d", "99999w", "1y", "1d2h"]
)
def test_anything_else_is_no_span(written: str) -> None:
    with pytest.raises(ValueError, match="not a span"):
        Span.parse(written)


def test_a_due_time_is_in_utc_wherever_the_start_was_written() -> None:
    spoken = [at("11-18 10:00").astimezone(zone) for zone in (UTC, TOWN_TIME, ZoneInfo("America/New_York"))]
    found = [due(Span.parse("3d"), Calendar.WORKDAYS, begun, CALENDAR) for begun in spoken]
    assert found == [datetime(2026, 11, 23, 9, 30, tzinfo=UTC)] * 3
    assert {moment.tzinfo for moment in found} == {UTC}


def test_where_clocks_change_a_day_keeps_its_hour_and_round_the_clock_does_not() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    calendar, begun = WorkCalendar({}, tz=berlin), datetime(2026, 3, 28, 10, tzinfo=berlin)
    assert due(Span.parse("1d"), Calendar.DAYS, begun, calendar) == datetime(2026, 3, 29, 10, tzinfo=berlin)
    assert due(Span.parse("1d"), Calendar.ALWAYS, begun, calendar) == datetime(2026, 3, 29, 11, tzinfo=berlin)
    monday = datetime(2026, 3, 30, 17, 30, tzinfo=berlin)
    assert due(Span.parse("9h"), Calendar.WORKDAYS, begun, calendar) == monday


NAIVE = datetime(2026, 11, 18, 10)  # noqa: DTZ001 - what is refused here


@pytest.mark.parametrize("kind", list(Calendar))
def test_naive_times_are_refused(kind: Calendar) -> None:
    now = at("11-18 10:00")
    with pytest.raises(ValueError, match="naive"):
        due(Span.parse("1d"), kind, NAIVE, CALENDAR)
    with pytest.raises(ValueError, match="naive"):
        schedule(policy("simple"), NAIVE, CALENDAR)
    for times in ((NAIVE, now, now), (now, NAIVE, now), (now, now, NAIVE)):
        with pytest.raises(ValueError, match="naive"):
            resume(*times, kind, CALENDAR)
    with pytest.raises(ValueError, match="naive"):
        remaining(now, NAIVE)


def test_working_hours_must_end_after_they_begin() -> None:
    with pytest.raises(ValueError, match="working hours"):
        WorkCalendar({}, start=time(17, 30), end=time(8, 30))


POLICIES = {
    "simple": ("2h", "2d", "3d", Calendar.WORKDAYS),
    "complex": ("1d", "2w", "3w", Calendar.WORKDAYS),
    "consult": ("2h", "", "1d", Calendar.WORKDAYS),
    "urgent": ("15m", "2h", "24h", Calendar.ALWAYS),
    "snapshot": ("2h", "", "3d", Calendar.DAYS),
}


def policy(code: str) -> ClockPolicy:
    sign, contact, resolve, kind = POLICIES[code]
    return ClockPolicy(code=code, name=code, sign=sign, contact=contact, resolve=resolve, calendar=kind)


@pytest.mark.parametrize(
    ("code", "begun", "sign", "contact", "resolve"),
    [
        ("simple", "11-18 10:00", "11-18 12:00", "11-20 17:30", "11-23 17:30"),
        ("simple", "11-21 13:20", "11-23 10:30", "11-24 17:30", "11-25 17:30"),
        ("simple", "02-13 17:00", "02-14 10:00", "02-24 17:30", "02-25 17:30"),
        ("complex", "11-18 10:00", "11-19 17:30", "12-02 17:30", "12-09 17:30"),
        ("consult", "11-20 20:00", "11-23 10:30", None, "11-23 17:30"),
        ("urgent", "11-21 22:00", "11-21 22:15", "11-22 00:00", "11-22 22:00"),
        ("snapshot", "11-21 08:00", "11-21 10:00", None, "11-24 08:00"),
    ],
)
def test_deadlines(code: str, begun: str, sign: str, contact: str | None, resolve: str) -> None:
    expected = Deadlines(at(sign), at(contact) if contact else None, at(resolve))
    assert deadlines(policy(code), at(begun), CALENDAR) == expected


@pytest.mark.parametrize(
    ("code", "begun", "remind", "escalate"),
    [
        ("simple", "11-18 10:00", "11-23 08:52:30", "11-24 15:24"),  # of 34.5 h: 25.875 and 41.4
        ("simple", "02-12 17:30", "02-24 10:45", "02-25 13:54"),  # of 27 h: 20.25 and 32.4
        ("consult", "11-20 20:00", "11-23 15:15", "11-24 10:18"),  # of 9 h: 6.75 and 10.8
        ("urgent", "11-21 22:00", "11-22 16:00", "11-23 02:48"),  # of 24 h: 18 and 28.8
        ("snapshot", "11-21 08:00", "11-23 14:00", "11-24 22:24"),  # of 72 h: 54 and 86.4
    ],
)
def test_reminder_and_escalation_run_in_the_policys_own_time(code: str, begun: str, remind: str, escalate: str) -> None:
    until = deadlines(policy(code), at(begun), CALENDAR)
    expected = {
        ClockAct.REMIND: at(remind),
        ClockAct.SIGN_OVERDUE: until.sign,
        ClockAct.OVERDUE: until.resolve,
        ClockAct.ESCALATE: at(escalate),
    }
    if until.contact:
        expected[ClockAct.CONTACT_OVERDUE] = until.contact
    assert schedule(policy(code), at(begun), CALENDAR) == expected


@pytest.mark.parametrize(
    ("until", "paused", "now", "expected"),
    [
        ("11-23 17:30", "11-19 16:30", "11-20 09:30", "11-24 10:30"),  # two hours of waiting
        ("11-23 17:30", "11-18 18:00", "11-19 07:00", "11-23 17:30"),  # a night costs nothing
        ("11-27 17:30", "11-20 17:30", "11-23 08:30", "11-27 17:30"),  # nor does a weekend
        ("11-23 17:30", "11-18 08:30", "11-25 08:30", "11-30 17:30"),  # five days of nine hours
        ("11-18 12:00", "11-18 11:00", "11-18 17:00", "11-19 09:00"),
        ("02-26 17:30", "02-14 17:00", "02-24 09:00", "02-27 09:30"),  # over the festival: one hour
        ("11-23 10:00", "11-24 10:00", "11-24 12:00", "11-23 12:00"),  # overdue before the pause, and still
        ("11-23 17:30", "11-20 10:00", "11-19 10:00", "11-23 17:30"),  # a clock set back is no pause
    ],
)
def test_resume_moves_by_the_working_time_spent_waiting(until: str, paused: str, now: str, expected: str) -> None:
    assert resume(at(until), at(paused), at(now), Calendar.WORKDAYS, CALENDAR) == at(expected)


@pytest.mark.parametrize("kind", [Calendar.DAYS, Calendar.ALWAYS])
def test_resume_moves_by_plain_time_elsewhere(kind: Calendar) -> None:
    until, paused, now = at("11-24 08:00"), at("11-21 20:00"), at("11-22 07:30")
    assert resume(until, paused, now, kind, CALENDAR) == at("11-24 19:30")
    assert resume(until, now, paused, kind, CALENDAR) == until


def test_remaining() -> None:
    assert remaining(at("11-18 12:00"), at("11-18 10:02")) == timedelta(hours=1, minutes=58)
    assert remaining(at("11-18 12:00"), at("11-18 12:30")) == -timedelta(minutes=30)


moments = st.datetimes(datetime(2025, 12, 20), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
spans = st.builds(Span, st.integers(1, 60), st.sampled_from("mhdw"))
kinds = st.sampled_from(Calendar)


@given(moments, moments, spans, kinds)
def test_who_comes_later_is_never_due_earlier(one: datetime, other: datetime, span: Span, kind: Calendar) -> None:
    first, second = sorted([one, other])
    assert first < due(span, kind, first, CALENDAR) <= due(span, kind, second, CALENDAR)


@given(moments, spans)
def test_workdays_are_due_in_working_hours(begun: datetime, span: Span) -> None:
    opens, closes = CALENDAR.hours(CALENDAR.day(until := due(span, Calendar.WORKDAYS, begun, CALENDAR)))
    assert CALENDAR.works(CALENDAR.day(until)) and opens <= until <= closes


@given(moments, st.sampled_from(["simple", "complex", "consult"]))
def test_whatever_the_clock_does_for_workdays_it_does_in_working_hours(begun: datetime, code: str) -> None:
    acts = schedule(policy(code), begun, CALENDAR)
    for moment in acts.values():
        opens, closes = CALENDAR.hours(CALENDAR.day(moment))
        assert CALENDAR.works(CALENDAR.day(moment)) and opens <= moment <= closes
    assert begun < acts[ClockAct.REMIND] < acts[ClockAct.OVERDUE] < acts[ClockAct.ESCALATE]


@given(moments, st.timedeltas(timedelta(0), timedelta(hours=200)))
def test_working_time_added_is_working_time_passed(begun: datetime, span: timedelta) -> None:
    assert CALENDAR.between(begun, CALENDAR.add(begun, span)) == span


@given(moments, spans, kinds, st.lists(moments, min_size=3, max_size=3))
def test_two_pauses_are_as_long_as_the_one_around_them(
    begun: datetime, span: Span, kind: Calendar, pauses: list[datetime]
) -> None:
    until, (first, middle, last) = due(span, kind, begun, CALENDAR), sorted(pauses)
    half = resume(until, first, middle, kind, CALENDAR)
    assert resume(half, middle, last, kind, CALENDAR) == resume(until, first, last, kind, CALENDAR) >= until
