"""Red, yellow, blue: what is usual stays green, planted incidents turn red, and a day counted again is the same day."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import hot_desk
from app.database import Sessions
from app.desk import Desk
from app.jobs import defer_deliveries
from benchmarks import colours
from bot.transactions import Transactions
from bot.wording import Wording
from cases import area_days, red_days
from cases.book import Book, read_book
from cases.keys import Keys
from cases.warnings import HISTORY, KINDS, Kind, exceeding, judge, safety
from models import AreaDay, Event, Notification, Rating, Role, Status
from models.hot import Colour
from tests.support.rows import add_case

DAY = date(2026, 11, 15)
NOON = datetime(2026, 11, 15, 4, tzinfo=UTC)  # in the town
OVERDUE, DANGER = KINDS.index(Kind.OVERDUE), KINDS.index(Kind.DANGER)


@pytest.fixture
async def session(town: Sessions) -> AsyncIterator[AsyncSession]:
    async with town() as session:
        yield session


@pytest.fixture
async def book(session: AsyncSession) -> Book:
    return await read_book(session)


def quiet(grids: int) -> np.ndarray:
    return np.zeros((grids, len(KINDS), HISTORY + 1))


def test_planted_incidents_and_storms_are_red_and_quiet_grids_rarely() -> None:
    found = colours.run(grids=64, days=HISTORY + 60, seed=7)
    assert found["incidents_red_same_day"] >= 0.95 and found["storm_grids_red_within_a_day"] >= 0.95
    assert 0 < found["false_reds_per_grid_quarter"] <= 1, "none at all: nothing was judged"


def test_one_event_where_there_never_was_one_is_not_red() -> None:
    counts = quiet(20)
    counts[3, DANGER, -1] = 1
    assert {one.colour for one in judge(counts, ["s"] * 20, [1] * 20)} == {Colour.GREEN}


def test_what_is_usual_for_one_grid_is_an_alarm_for_another() -> None:
    counts = quiet(20)
    counts[:, OVERDUE, ::14] = 1
    counts[0, OVERDUE, :] = 4
    counts[5, OVERDUE, -1] = 4
    busy, calm = (judge(counts, ["s"] * 20, [1] * 20)[grid] for grid in (0, 5))
    assert (busy.colour, calm.colour) == (Colour.GREEN, Colour.RED)
    assert [(one.kind, one.seen) for one in calm.reasons] == [(Kind.OVERDUE, 4)]
    assert calm.reasons[0].expected < 0.5


def test_a_new_grid_is_held_against_its_neighbours() -> None:
    """Two overdue in a street where that is common, and in one where it is not; neither grid had any before."""
    counts = quiet(20)
    counts[1:10, OVERDUE, :] = 1
    counts[[0, 10], OVERDUE, -1] = 2
    told = judge(counts, ["busy"] * 10 + ["calm"] * 10, [1] * 20)
    assert told[0].reasons[0].evidence < told[10].reasons[0].evidence
    assert told[0].reasons[0].expected > told[10].reasons[0].expected


def test_the_tail_is_the_negative_binomials() -> None:
    """Mean 2, variance 6: size 1, so P(X ≥ k) is (2/3)^k; with the variance of the mean it is Poisson's."""
    seen = np.array([0.0, 1.0, 3.0, 40.0])
    assert exceeding(seen, np.full(4, 2.0), np.full(4, 6.0)) == pytest.approx((2 / 3) ** seen)
    assert exceeding(np.array([1.0]), np.array([2.0]), np.array([2.0])) == pytest.approx(1 - np.exp(-2), rel=1e-6)


def test_the_index_is_of_counts_not_of_indexes() -> None:
    """Five overdue halve a grid's; a street of two grids, one of them quiet, has lost less than the worse one."""
    week = np.zeros((3, len(KINDS)))
    week[:, OVERDUE] = 5, 0, 5
    assert safety(week, np.array([1.0, 1.0, 2.0])) == pytest.approx([50, 100, 100 * 0.5**0.5])


async def test_every_kind_is_counted_on_its_day_in_its_grid(session: AsyncSession, book: Book) -> None:
    grid = sorted(area.code for area in book.areas.values() if area.level == 3)[0]
    first = await add_case(session, NOON - timedelta(days=20))
    again = await add_case(session, NOON)
    again.resident, again.danger = first.resident, "gas"
    first.grid = again.grid = grid
    for seq, kind in enumerate(("overdue", "reopen", "sign_overdue", "remind"), start=2):
        session.add(
            Event(
                case_id=first.id, seq=seq, kind=kind, actor="system", role=Role.SYSTEM, status=Status.ACCEPTED, at=NOON
            )
        )
    session.add(Rating(case_id=first.id, round=1, contacted=True, solved="no", satisfied="no", at=NOON))
    late = NOON + timedelta(hours=12, seconds=1)  # the day after, in the town
    session.add(Rating(case_id=first.id, round=2, contacted=True, solved="no", satisfied="no", at=late))
    await session.flush()
    codes, table = await area_days.counts(session, book, DAY)
    mine = dict(zip(map(str, KINDS), table[codes.index(grid), :, -1], strict=True))
    one_each = {str(kind): 1.0 for kind in KINDS} | {"hot": 0.0}
    assert mine == one_each and table.sum() == 6


async def test_a_past_day_comes_out_the_same_whatever_happened_since(
    town: Sessions, session: AsyncSession, book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = sorted(area.code for area in book.areas.values() if area.level == 3)[0]
    for n in range(4):
        case = await add_case(session, NOON)
        case.grid, case.danger = grid, "gas" if n else None
    await session.flush()
    assert DAY in await area_days.missing(session, NOON + timedelta(days=1))
    before = [row.model_dump() for row in await area_days.store(session, book, DAY)]
    for _ in range(9):
        case = await add_case(session, NOON + timedelta(days=1))
        case.grid, case.danger = grid, "gas"
    await session.flush()
    await area_days.store(session, book, DAY)
    rows = (await session.exec(select(AreaDay).where(AreaDay.day == DAY))).all()
    judged = sorted(area.code for area in book.areas.values() if area.level <= 3)
    assert sorted(row["area"] for row in before) == judged == sorted(row.area for row in rows)
    assert {row.area: row.model_dump() for row in rows} == {row["area"]: row for row in before}
    red = {row.area for row in rows if row.colour is Colour.RED}
    assert red >= {grid} and red <= set(book.path(grid)), "only what it lies in may be red with it"
    assert DAY not in await area_days.missing(session, NOON + timedelta(days=1))
    await session.commit()
    transactions = Transactions(town, defer_deliveries)
    async with transactions.begin() as work:
        assert await red_days.tell(work, book, list((await area_days.of_day(work, DAY)).values()), NOON) == 1
    told = (await session.exec(select(Notification).order_by(Notification.person))).all()
    assert {row.person for row in told} == {*book.of_role(Role.SUPERVISOR), "wangxing"}, "who leads the community"
    words = Wording(book, Keys("for tests only: 0123456789abcdef")).word(
        told[0].text_key, told[0].args, "zh-Hans", NOON
    )
    assert words.startswith(f"红色预警：{book.area_name(grid)}，11-15。\n· 说到险情的 3 件（平常 0.0）")
    desk = Desk(transactions, book, NOON + timedelta(days=1))
    await hot_desk.warnings(desk, DAY, every=False, as_json=True)
    shown = {row["area"]: row["reasons"][0]["kind"] for row in json.loads(capsys.readouterr().out)}
    assert shown[grid] == "danger"
