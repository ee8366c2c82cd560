"""Weeks unlike those before: counted in the town's weeks, held against what was usual, told once."""

import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from app.database import Sessions
from cases import drift, learning
from cases.charts import individuals, laney
from cases.drift import Kind, Week
from models import DriftAlarm, ModelVersion, Notification
from tests.support.weeks import Filing

MONDAY = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)  # nine o'clock in the town
LAST = date(2026, 11, 9)


@pytest.fixture
async def filing(town: Sessions) -> AsyncIterator[Filing]:
    async with town() as session:
        filing = Filing(session, MONDAY)
        await session.flush()
        yield filing


async def test_a_week_is_the_towns_and_counts_what_its_own_monday_knew(filing: Filing) -> None:
    """Sunday 23:59 in the town is Sunday 15:59 in UTC."""
    sunday_night = datetime(2026, 11, 15, 15, 59, tzinfo=UTC)
    first, second, third, fourth, late = [await filing.case(sunday_night, "hold", n / 10) for n in range(5)]
    await filing.case(sunday_night + timedelta(minutes=2), "ask")  # this week's
    for case, word in ((first, "公安"), (second, None), (third, "城市管理/占道经营"), (fourth, "公安")):
        filing.say(case, word, sunday_night)
    filing.say(fourth, "城市管理", sunday_night)  # what stands against the model once, stands
    filing.say(late, "公安", sunday_night + timedelta(minutes=5))
    await filing.session.flush()
    (week,) = await drift.weeks(filing.session, MONDAY)
    assert week == Week(LAST, cases=5, corrections=3, ask=0, hold=5, novelty=pytest.approx(0.2))


async def test_a_bad_week_is_told_once_to_every_admin(filing: Filing) -> None:
    for ago in range(2, 12):
        await filing.week(ago, ask=4 + ago % 3)
    await filing.week(1, ask=25)
    told = await drift.check(filing.session, MONDAY)
    assert [(one.kind, one.week, one.value, one.cases, one.weeks) for one in told] == [("ask", LAST, 25 / 40, 40, 10)]
    assert await drift.check(filing.session, MONDAY + timedelta(hours=3)) == []
    await filing.session.flush()
    rows = (await filing.session.exec(select(Notification).order_by(Notification.person))).all()
    assert [(row.person, row.text_key, row.case_id) for row in rows] == [
        ("jiangyan", "drift.ask", None), ("wenxuemei", "drift.ask", None),
    ]  # fmt: skip
    assert (rows[0].args["days"], rows[0].args["cases"], rows[0].args["percent"]) == ("11/9–11/15", 40, "62.5")
    assert [alarm.kind for alarm in (await filing.session.exec(select(DriftAlarm))).all()] == ["ask"]
    assert await drift.check(filing.session, MONDAY + timedelta(weeks=1)) == [], "the week after had no cases"


async def test_each_kind_rings_for_itself(filing: Filing) -> None:
    for ago in range(2, 12):
        await filing.week(ago, wrong=2 + ago % 2, novelty=0.10 + ago % 2 / 100)
    await filing.week(1, wrong=15, novelty=0.3)
    assert [one.kind for one in await drift.check(filing.session, MONDAY)] == ["corrections", "novelty"]


@pytest.mark.parametrize(("weeks", "cases", "last"), [(7, 40, 40), (12, 19, 40), (12, 40, 19)])
async def test_too_little_to_judge(filing: Filing, weeks: int, cases: int, last: int) -> None:
    for ago in range(2, weeks + 2):
        await filing.week(ago, cases=cases, ask=2)
    await filing.week(1, cases=last, ask=last)
    assert await drift.look(filing.session, MONDAY) == []


async def test_a_promotion_counts_by_itself(filing: Filing) -> None:
    """A way back is a change as well; both stand in the history."""
    for ago in range(2, 12):
        await filing.week(ago)
    await filing.week(1)
    session = filing.session
    when = MONDAY - timedelta(weeks=9, days=1)
    session.add(learning.adopted([], "f", {}, MONDAY - timedelta(weeks=20)))
    taken_back = [{"act": "rolled_back", "by": "jiangyan", "at": when.isoformat()}]
    session.add(ModelVersion(version="v2", trained_at=when, report={"state": "ready", "history": taken_back}))
    await session.flush()
    assert {one.weeks for one in await drift.look(session, MONDAY)} == {8}


def week(n: int, ask: int, cases: int = 40) -> Week:
    return Week(LAST - timedelta(weeks=n), cases, 0, ask, 0, 0.1)


def test_until_a_new_model_has_weeks_of_its_own_the_old_ones_stand_in() -> None:
    before = [week(n, 5) for n in range(12, 1, -1)]
    begins = [datetime(*one.monday.timetuple()[:3], tzinfo=drift.TOWN_TIME) for one in before]
    assert drift.comparable(before, None) == before
    assert drift.comparable(before, begins[3]) == before[3:]
    assert drift.comparable(before, begins[3] + timedelta(seconds=1)) == before, "seven are too few"


def test_one_or_two_cases_are_no_drift() -> None:
    before = [week(n, 0) for n in range(10, 1, -1)]
    rings = [drift.judge(Kind.ASK, week(1, count), before) for count in (2, 3)]
    assert [one.outside for one in rings if one] == [False, True]


def test_weeks_that_differ_more_than_chance_widen_the_limits() -> None:
    """Large weeks around 10%, now 6, now 14: nothing unusual, though 3 sigmas of a p-chart end at 11%."""
    counts = [round(6000 * share) for share in (0.06, 0.14, 0.09, 0.12, 0.07, 0.13, 0.08, 0.11, 0.06, 0.14)]
    limits = laney(counts, [6000] * 10, 6000)
    assert (limits.excludes(0.14), limits.excludes(0.06), limits.excludes(0.4)) == (False, False, True)


def test_what_lies_between_the_limits_by_chance_rarely_rings() -> None:
    """Twenty weeks and one more, a thousand times: three sigmas promise three in a thousand, few weeks some more."""
    dice = random.Random(1)

    def draw(size: int) -> int:
        return sum(dice.random() < 0.12 for _ in range(size))

    def rings(sizes: Sequence[int]) -> bool:
        limits = laney([draw(size) for size in sizes], sizes, 60)
        return limits.excludes(draw(60) / 60)

    assert sum(rings([dice.randint(30, 90) for _ in range(20)]) for _ in range(1000)) <= 20


def test_individuals_are_three_sigmas_of_the_moving_range() -> None:
    limits = individuals([0.10, 0.12, 0.10, 0.12])
    assert (limits.centre, limits.upper) == (pytest.approx(0.11), pytest.approx(0.11 + 3 * 0.02 / 1.128))
