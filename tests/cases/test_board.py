"""The dashboard's figures: they add up, show nobody more than the cases do, and the public ones tell of nobody."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

import pytest
import shapely
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from cases import board, cells, rates, small_cells
from cases.book import Book, read_book
from cases.periods import Period, today
from cases.rates import By
from models import OPEN, Case, Person, Role, Timer
from models.town import GRID
from tests.support.busy import fill
from tests.support.clock import Clock
from tests.support.histories import Life, known

BEGUN = datetime(2026, 11, 2, 1, tzinfo=UTC)
COMMUNITY = "CX-DG-01"
Hide = Callable[[Sequence[int]], Sequence[int | None]]


def pinned(hide: Hide, many: int, top: int) -> list[tuple[int, ...]]:
    """Tables of which somebody who knows the whole, the rule and what is told knows a hidden part, or nearly: of all
    tables that would be told alike it is one of two numbers at most."""
    alike: dict[tuple[int, tuple[int | None, ...]], list[tuple[int, ...]]] = defaultdict(list)
    for table in product(range(top + 1), repeat=many):
        if small_cells.FEWEST <= sum(table) <= top:  # the whole is told, and every other table of it was looked at
            alike[sum(table), tuple(hide(table))].append(table)
    return [
        tables[0]
        for (_, told), tables in alike.items()
        if any(one is None and len({table[n] for table in tables}) < 3 for n, one in enumerate(told))
    ]


@pytest.mark.parametrize(("many", "top"), [(2, 20), (3, 16), (4, 10)])
def test_no_hidden_part_is_the_whole_less_the_others(many: int, top: int) -> None:
    assert pinned(small_cells.parts, many, top) == []


def test_hiding_only_what_is_small_would_be_found_out() -> None:
    assert (12, 4) in pinned(lambda table: [one if one >= 5 else None for one in table], 2, 20)


def test_a_share_tells_of_no_few() -> None:
    told = {(3, 4): None, (50, 100): (50, "about"), (98, 100): (96, "at_least"), (2, 100): (4, "at_most")}
    shares = {asked: small_cells.share(*asked) for asked in told}
    assert {asked: one and (one.percent, one.how) for asked, one in shares.items()} == told
    assert len({small_cells.share(part, 100) for part in range(96, 101)}) == 1
    assert (small_cells.count(4), small_cells.count(5)) == (None, 5)


async def test_cells_add_up_to_the_rates(town: Sessions) -> None:
    """Whatever histories by the core's own doors made: counted at once or put together from cells, it is the same."""
    async with town() as session:
        life = Life(session, *await known(session), seed=3, now=BEGUN)
        life.filing = 0.3
        await life.until(BEGUN + timedelta(days=3))
        book, period = await read_book(session), Period(BEGUN.date(), BEGUN.date() + timedelta(days=2))
        found = await cells.of_period(session, period)
        parts = {
            By.AREA: lambda key: book.path(key.grid) or [book.town.code],
            By.UNIT: lambda key: [key.unit] if key.unit else [],
            By.CATEGORY: lambda key: [key.category or ""],
        }
        for by, part in parts.items():
            rows = await rates.rates(session, by=by, start=period.start, end=period.end)
            told = {row.key: _additive(row) for row in rows}
            added = {name: _additive(cells.rates_of(one)) for name, one in found.parted(lambda _: True, part).items()}
            assert _counting(added) == _counting(told)  # where all was left out there is a row of nothing, or none
        assert sum(row.filed for row in [cells.rates_of(found.sums(lambda _: True))]) > 10
        days, by_day = await cells.by_day(session, BEGUN + timedelta(days=3))
        filed = [one.sums(lambda _: True)["filed"] for one in by_day]
        assert (days[-1], sum(filed[:-1])) == (today(BEGUN) + timedelta(days=3), _filed(found))


def _additive(one: rates.Rates) -> tuple[object, ...]:
    """All but the median, what was left out, and the key."""
    return tuple(value for name, value in vars(one).items() if name not in ("key", "median_hours", "excluded"))


def _counting(rows: Mapping[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    return {name: one for name, one in rows.items() if any(map(_counts, one))}


def _counts(value: object) -> bool:
    return bool(value.whole if isinstance(value, rates.Share) else value)


def _filed(found: cells.Cells) -> float:
    return found.sums(lambda _: True)["filed"]


async def _busy(town: Sessions, clock: Clock) -> tuple[AsyncSession, Book]:
    session = town()
    book = await read_book(session)
    session.expunge_all()
    await fill(session, book, clock(), cases=300, days=20)
    return session, book


async def test_what_is_open_adds_up_and_of_an_accusation_nobody_accused_sees_a_trace(
    town: Sessions, clock: Clock
) -> None:
    session, book = await _busy(town, clock)
    async with session:
        people = {one.code: one for one in (await session.exec(select(Person))).all()}
        desk, leader, above = people["guwenbo"], people["wangxing"], people["hezhiqiang"]
        before = [await _seen(session, book, one, clock()) for one in (desk, leader, above)]
        case = await _one_in(session, book, COMMUNITY)
        case.facts = {"accused": ["wangxing"]}
        session.add(case)
        await session.commit()
        after = [await _seen(session, book, one, clock()) for one in (desk, leader, above)]
        assert after[0] == before[0] and after[2] == before[2]
        assert [now[0] - then[0] for now, then in zip(after[1:2], before[1:2], strict=True)] == [-1]
        assert after[1][1:] == (before[1][1] - 1, before[1][2] - 1, before[1][3] - {case.number})
        assert case.number in before[1][3]


async def _one_in(session: AsyncSession, book: Book, area: str) -> Case:
    open_ = (col(Case.status).in_(OPEN), col(Case.grid).in_(board.grids(book, area)), col(Case.place).is_not(None))
    chosen = select(Case).where(*open_, Case.unit != "DG-01").order_by(col(Case.submitted_at).desc()).limit(1)
    return (await session.exec(chosen)).one()


async def _seen(session: AsyncSession, book: Book, person: Person, now: datetime) -> tuple[int, float, float, set[str]]:
    """What one person sees of the community: open now, filed in the last weeks, filed by day, numbers."""
    scope = board.scope_of(book, person)
    mine = partial(board.wanted, book, scope, COMMUNITY)
    standing = board.standing(book, person, await board.tallies(session, person))
    weeks = await cells.of_period(session, Period(today(now) - timedelta(days=20), today(now)))
    _, by_day = await cells.by_day(session, now)
    places = [place for place, one in standing.places.items() if one.open]
    numbers = {case.number for place in places for case in await board.at_place(session, person, place)}
    numbers |= {dot.number for dot in await board.recent(session, book, person, COMMUNITY, now)}
    _check(book, standing)
    filed = sum(one.sums(mine)["filed"] for one in by_day)
    return standing.areas[COMMUNITY].open, weeks.sums(mine)["filed"], filed, numbers


def _check(book: Book, standing: board.Standing) -> None:
    """Parts are the whole, down to the buildings."""
    for code, whole in standing.areas.items():
        area = book.areas[code]
        if area.level < GRID and area.level > 0:
            below = [standing.areas.get(one.code, board.Count()) for one in board.children(book, code)]
        elif area.level == GRID:
            below = [one for place, one in standing.places.items() if book.places[place].grid == code]
            below += [standing.elsewhere.get(code, board.Count())]
        else:
            continue
        assert (sum(one.open for one in below), sum(one.overdue for one in below)) == (whole.open, whole.overdue), code


@pytest.mark.parametrize(
    ("name", "root", "unit"),
    [
        ("chenlu", "CX", None), ("caoying", "CX", None), ("hezhiqiang", "CX-DG", None), ("wangxing", COMMUNITY, None),
        ("dongchunsheng", "CX", "of their own"),
    ],
)  # fmt: skip
async def test_whose_is_what(town: Sessions, name: str, root: str, unit: str | None) -> None:
    async with town() as session:
        book, person = await read_book(session), await session.get_one(Person, name)
        scope = board.scope_of(book, person)
    assert (scope.root, scope.unit) == (root, unit and person.unit)
    assert person.unit in scope.hides or person.role in {Role.DISPATCHER, Role.AUDITOR}


async def test_clocks_that_end_next_are_in_order_and_running(town: Sessions, clock: Clock) -> None:
    session, book = await _busy(town, clock)
    async with session:
        desk = await session.get_one(Person, "chenlu")
        found = await board.ending(session, book, desk, "CX", clock())
        assert len(found) == board.ENDING and [one.at for one in found] == sorted(one.at for one in found)
        assert all(one.at > clock() and one.case.status in OPEN for one in found)
        running = [col(Timer.done_at).is_(None), ~col(Timer.paused), col(Timer.due_at) > clock()]
        for one in found:
            ends = select(func.min(Timer.due_at)).where(Timer.case_id == one.case.id, *running)
            assert (await session.exec(ends)).one() == one.at, "not its nearest"
        assert len({one.case.id for one in found}) == board.ENDING, "a case stands there once"
        some = await board.ending(session, book, desk, COMMUNITY, clock())
        assert {book.path(one.case.grid)[2] for one in some} <= {COMMUNITY}


async def test_outlines_cover_the_same_ground_at_every_level(town: Sessions) -> None:
    async with town() as session:
        book = await read_book(session)
    ground = {
        code: shapely.union_all([shapely.Polygon(ring) for ring in book.outlines.rings(code)])
        for code, area in book.areas.items()
        if area.level <= GRID
    }
    for code, shape in ground.items():
        below = [ground[one.code] for one in board.children(book, code)]
        if below:
            assert shape.symmetric_difference(shapely.union_all(below)).area < 0.01 * shape.area, code
        assert shape.buffer(1e-5).covers(shapely.Point(book.outlines.middle(code))), code
