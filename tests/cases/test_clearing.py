"""Clearing lists (清零) against a month counted by hand, and who sets and sees them."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlmodel import col, select

from app.database import Sessions
from cases import clearing
from cases.book import Book, read_book
from cases.clearing import Progress
from cases.clock import TOWN_TIME
from cases.errors import Missing, NotAllowed, NotFound
from models import Case, ClearingTarget, Event, Person, Resident, Role, Status

NEW, DONE, SHUT = Status.SUBMITTED, Status.RESOLVED, Status.CLOSED
QUARREL, SMOKE = "社区事务/邻里纠纷", "生态环境/餐饮油烟"
VILLAGE, OTHER = "CX-LX-02", "CX-LX-03"
NOVEMBER, OCTOBER = date(2026, 11, 1), date(2026, 10, 31)
FIFTEENTH = datetime(2026, 11, 15, 12, tzinfo=TOWN_TIME)
LATER = datetime(2026, 11, 25, 12, tzinfo=TOWN_TIME)

Steps = list[tuple[int, int, str, Status]]  # month, day, what happened, and how it stood then
LIVES: dict[str, tuple[str, str, Steps]] = {
    "A": (VILLAGE, QUARREL, [(10, 20, "submit", NEW), (10, 20, "route", Status.DISPATCHED)]),
    "B": (VILLAGE, QUARREL, [(10, 5, "submit", NEW), (11, 3, "approve", DONE)]),
    "C": (VILLAGE, QUARREL, [(11, 2, "submit", NEW), (11, 8, "approve", DONE), (11, 10, "rate", SHUT)]),
    "D": (VILLAGE, QUARREL, [(10, 1, "submit", NEW), (10, 20, "rate", SHUT), (11, 6, "reopen", Status.REOPENED)]),
    "E": (VILLAGE, QUARREL, [(10, 28, "submit", NEW), (11, 4, "withdraw", Status.WITHDRAWN)]),
    "F": (VILLAGE, QUARREL, [(10, 1, "submit", NEW), (10, 10, "approve", DONE), (10, 25, "rate", SHUT)]),
    "G": (VILLAGE, SMOKE, [(10, 20, "submit", NEW)]),
    "H": (VILLAGE, QUARREL, [(11, 12, "submit", NEW), (11, 12, "merge", Status.MERGED)]),
    "I": (OTHER, QUARREL, [(10, 30, "submit", NEW)]),
    "J": (VILLAGE, QUARREL, [(11, 20, "submit", NEW)]),
}  # fmt: skip


async def live(town: Sessions) -> Book:
    async with town() as session:
        resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=at(10, 1))
        session.add(resident)
        await session.flush()
        for number, (village, category, steps) in LIVES.items():
            key, grid = uuid4(), f"{village}-01"
            case = Case(
                id=key, number=number, code_hash=number, resident=resident.id, status=steps[-1][3], text="吵架",
                category=category.partition("/")[0], item=category, grid=grid, submitted_at=at(*steps[0][:2]),
            )  # fmt: skip
            session.add(case)
            await session.flush()
            for seq, (month, day, kind, status) in enumerate(steps, start=1):
                one = Event(case_id=key, seq=seq, kind=kind, actor="system", role=Role.SYSTEM, status=status, grid=grid)
                one.at = at(month, day)
                session.add(one)
        await session.commit()
        return await read_book(session)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 9, tzinfo=TOWN_TIME).astimezone(UTC)


async def supervisor(session: object) -> Person:
    return await session.get_one(Person, "guwenbo")  # type: ignore[attr-defined,no-any-return]


async def test_a_month_counted_by_hand(town: Sessions) -> None:
    book = await live(town)
    async with town() as session:
        found = await clearing.progress(session, book, NOVEMBER, FIFTEENTH)
        free = Progress(VILLAGE, NOVEMBER, None, False, 3, 3, settled=2, dropped=1, open=3, listed_open=1, days=16)
        other = Progress(OTHER, NOVEMBER, None, False, 1, 0, settled=0, dropped=0, open=1, listed_open=1, days=16)
        assert found == [free, other]
        assert await clearing.progress(session, book, NOVEMBER, FIFTEENTH, within="CX-LX-03") == [other]
        over = [Progress(VILLAGE, date(2026, 10, 1), None, False, 0, 5, 2, 0, open=3, listed_open=0, days=0)]
        assert [
            one for one in await clearing.progress(session, book, OCTOBER, FIFTEENTH) if one.area == VILLAGE
        ] == over
        [later, _] = await clearing.progress(session, book, NOVEMBER, LATER)
        assert (later.new, later.open, later.days) == (4, 4, 6)
        listed = [one.number for one in await clearing.disputes(session, NOVEMBER, FIFTEENTH) if one.open]
        assert listed == ["D", "A", "I", "H"]


@pytest.mark.parametrize(
    ("settle", "missing", "reached"), [(None, 1, False), (3, 1, False), (2, 0, True), (1, 0, True)]
)
async def test_what_is_still_to_be_settled(town: Sessions, settle: int | None, missing: int, reached: bool) -> None:
    """The last target counts, from when it was set; before there was none."""
    book = await live(town)
    async with town() as session:
        who = await supervisor(session)
        await clearing.set_target(session, book, VILLAGE, NOVEMBER, 9, who, at(11, 2))
        await clearing.set_target(session, book, VILLAGE, NOVEMBER, settle, who, at(11, 14))
        now, _ = await clearing.progress(session, book, NOVEMBER, FIFTEENTH)
        then, _ = await clearing.progress(session, book, NOVEMBER, at(11, 3))
    assert (now.has_target, now.settle, now.missing, now.reached) == (True, settle, missing, reached)
    assert (then.settle, then.settled, then.missing) == (9, 1, 8)


async def test_only_a_supervisor_sets_what_makes_sense(town: Sessions) -> None:
    async with town() as session:
        book, who = await read_book(session), await supervisor(session)
        leader = await session.get_one(Person, "wangxing")
        for person, area, month, settle, kind, key in (
            (leader, VILLAGE, NOVEMBER, 3, NotAllowed, "clearing.supervisors_only"),
            (who, "CX-LX", NOVEMBER, 3, NotFound, "clearing.no_community"),
            (who, "nowhere", NOVEMBER, 3, NotFound, "clearing.no_community"),
            (who, VILLAGE, NOVEMBER, 0, Missing, "clearing.how_many"),
            (who, VILLAGE, NOVEMBER, 10_001, Missing, "clearing.how_many"),
            (who, VILLAGE, OCTOBER, 3, Missing, "clearing.over"),
        ):
            with pytest.raises(kind) as refused:
                await clearing.set_target(session, book, area, month, settle, person, FIFTEENTH)
            assert refused.value.key == key
        assert (await session.exec(select(ClearingTarget))).all() == []
        people = (await session.exec(select(Person).where(col(Person.code).in_(REACH)))).all()
        assert {one.code: clearing.reach(book, one) for one in people} == REACH


REACH = {
    "guwenbo": "CX", "chenlu": "CX", "jiangyan": "CX", "caoying": "CX",
    "hezhiqiang": "CX-DG", "wangxing": "CX-DG-01",
    "dongchunsheng": None, "limin": None, "wufan": None,
}  # fmt: skip
