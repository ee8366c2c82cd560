"""The numbers by SQL against the same numbers by hand, on weeks in which everything happened that can."""

import importlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Server, Sessions
from app.database import engine as make_engine
from app.database import sessions as make_sessions
from benchmarks.recount import Recount, differences
from cases import periods, rates
from cases.rates import By, Rates
from tests.support import databases
from tests.support.histories import Life, known, multiply

MONDAY = date(2026, 11, 2)
WEEKS = [periods.week(MONDAY + timedelta(weeks=n)) for n in range(3)]
WHOLE = periods.Period(WEEKS[0].start, WEEKS[-1].end)


COPIES = 5


@dataclass(frozen=True)
class Lived:
    sessions: Sessions
    then: Mapping[By, list[Rates]]  # of the first week, as told when it was over
    later: Mapping[By, list[Rates]]  # the same, a week later


@pytest.fixture(scope="module")
async def lived(server: Server, town_template: str) -> AsyncIterator[Lived]:
    """Some fifty histories by the doors, copied to some three hundred."""
    with databases.copy(server, town_template) as url:
        connections = make_engine(url)
        sessions = make_sessions(connections)
        async with sessions() as session:
            life = Life(session, *await known(session), seed=5, now=WEEKS[0].since)
            await life.until(WEEKS[0].until)
            then = await of_first_week(session)
            await life.until(WEEKS[1].until - timedelta(hours=1))
            await life.two_answered_as_one()
            later = await of_first_week(session)
            await multiply(session, COPIES, timedelta(hours=31))
            await session.execute(text("ANALYZE cases, events"))
            await session.commit()
        yield Lived(sessions, then, later)
        await connections.dispose()


async def of_first_week(session: AsyncSession) -> dict[By, list[Rates]]:
    week = WEEKS[0]
    return {by: await rates.rates(session, by=by, start=week.start, end=week.end) for by in By}


async def against(session: AsyncSession, plain: Recount, by: By, period: periods.Period, **asked: Any) -> list[str]:
    told = await rates.rates(session, by=by, start=period.start, end=period.end, **asked)
    return differences(told, plain.rates(by, period.start, period.end, **asked))


async def test_sql_says_what_is_counted_by_hand(lived: Lived) -> None:
    """Every unit, area, worker, category; every week, a day, the whole time; with later decisions, in one area."""
    async with lived.sessions() as session:
        plain = await Recount.read(session)
        for by in By:
            for period in (*WEEKS, periods.day(MONDAY + timedelta(days=8)), WHOLE):
                assert not await against(session, plain, by, period), (by, period)
            assert not await against(session, plain, by, WEEKS[0], as_of=WHOLE.until), by
            assert not await against(session, plain, by, WHOLE, within="CX-DG"), by
        total = await rates.total(session, start=WHOLE.start, end=WHOLE.end)
    shares = [total.signed, total.contacted, total.finished, total.in_time, total.solved, total.satisfied]
    assert all(0 < share.part < share.whole for share in shares), total
    assert total.filed > 200 and total.overdue and total.overdue_open and total.excluded and total.median_hours
    assert total.returned.part and total.reopened.part


async def test_a_past_week_stays_as_it_was_told(lived: Lived) -> None:
    assert lived.later == lived.then


async def test_areas_hold_those_below_and_units_make_up_the_whole(lived: Lived) -> None:
    async with lived.sessions() as session:
        asked = {"start": WHOLE.start, "end": WHOLE.end}
        areas = {row.key: row for row in await rates.rates(session, by=By.AREA, **asked)}
        units = await rates.rates(session, by=By.UNIT, **asked)
        inside = await rates.rates(session, by=By.UNIT, **asked, within="CX-DG")
        total = await rates.total(session, **asked)
        assert await rates.total(session, **asked, within="CX-DG") == areas["CX-DG"]
    assert replace(areas["CX"], key="") == replace(total, key="")
    below = [row for key, row in areas.items() if key.startswith("CX-DG-") and key.count("-") == 2]
    assert len(below) > 1 and sum(row.filed for row in below) == areas["CX-DG"].filed
    for rows, whole in ((units, total), (inside, areas["CX-DG"])):
        assert sum(row.contacted.whole for row in rows) == whole.contacted.whole
        assert sum(row.finished.whole for row in rows) == whole.finished.whole


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("at >= :since", "at > :since + interval '12 hours'"),
        ("AND NOT event.overdue AS in_time", "AS in_time"),
        ("AND before.round = event.round", ""),
        ("AND kind <> 'contact_overdue' AND at <= event.contact_due_at AS", "AS"),
        ("WHERE last.status = ANY(:open)", ""),
        ("round <= upto", "true"),
        ("AND NOT (upheld AND appeal_decided_at < :as_of)", ""),
        ("WHEN 1 THEN submitted_at", "WHEN 1 THEN event.sign_due_at"),
        ("('submitted', 'triage', 'arbitration')", "('submitted', 'arbitration')"),
        ("'approve', 'resolve_along') AS finished", "'approve') AS finished"),
        ("details->>'solved' = 'yes'", "details->>'solved' <> 'no'"),
    ],
)
async def test_a_wrong_count_would_be_found(lived: Lived, right: str, wrong: str) -> None:
    """Each a mistake one could make in the SQL."""
    query = str(rates.query(By.UNIT))
    assert right in query
    async with lived.sessions() as session:
        plain = await Recount.read(session)
        mistaken = text(query.replace(right, wrong))
        found = list[str]()
        for period in (WEEKS[1], WHOLE):
            rows = await rates.counted(session, mistaken, period, within=None, as_of=WHOLE.until)
            found += differences(rows, plain.rates(By.UNIT, period.start, period.end, as_of=WHOLE.until))
    assert found


async def test_events_from_before_are_told_whose_they_were(lived: Lived) -> None:
    """What the migration makes of cases in which nothing happened that is new with it."""
    of_old = importlib.import_module("migrations.versions.0004_together").OF_OLD
    kept = "round, unit, assignee, overdue"
    new = (
        "SELECT case_id FROM events WHERE kind IN ('raise', 'relocate', 'merge', 'cover', 'pass_by', 'grant_extension')"
    )
    wanted = text(f"SELECT id, {kept} FROM events WHERE case_id NOT IN ({new}) ORDER BY id")
    async with lived.sessions() as session:
        connection = await session.connection()
        before = (await connection.execute(wanted)).all()
        blank = "UPDATE events SET round = 1, unit = NULL, assignee = NULL, overdue = false"
        for statement in (blank, of_old):
            await connection.execute(text(statement))
        after = (await connection.execute(wanted)).all()
        await session.rollback()
    assert len(before) > 500 and after == before
