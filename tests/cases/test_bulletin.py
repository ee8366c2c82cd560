"""The weekly bulletin (周通报): the same whenever it is asked, put out once, to whom it concerns, naming nobody."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Server, Sessions
from app.database import engine as make_engine
from app.database import sessions as make_sessions
from app.jobs import defer_deliveries
from bot.papers import bulletin as paper
from bot.papers import typeset
from bot.transactions import Transactions
from cases import bulletins
from cases.book import Book, read_book
from cases.bulletin import content, last_monday, week_name
from cases.clock import TOWN_TIME
from cases.errors import Missing, NotFound
from cases.periods import begins
from models import Bulletin, Case, ClearingTarget, Event, HotCase, HotIssue, Notification, Resident, Role, Status
from tests.support import databases
from tests.support.histories import Life, known

MONDAY = date(2026, 11, 2)
CLOSE = begins(MONDAY + timedelta(days=7))
OUT = CLOSE + timedelta(hours=8, minutes=30)
STREET = "CX-DG"
SAID = "我叫张三丰，电话13812345678，3 单元 502 室漏水，找过李敏。还有别的事"


@dataclass(frozen=True)
class Weeks:
    """Two contents as of the week's close, and the same asked for after more has happened."""

    book: Book
    then: dict[str, Any]
    later: dict[str, Any]
    numbers: frozenset[str]
    about_staff: frozenset[str]


@pytest.fixture(scope="module")
async def weeks(server: Server, town_template: str) -> AsyncIterator[Weeks]:
    with databases.copy(server, town_template) as url:
        connections = make_engine(url)
        async with make_sessions(connections)() as session:
            life = Life(session, *await known(session), seed=1, now=begins(MONDAY + timedelta(days=3)))
            await life.until(CLOSE - timedelta(minutes=1))
            await _well_done(session)
            await _late(session)
            await _hot(session, CLOSE - timedelta(days=2))
            target = {"month": date(2026, 11, 1), "set_by": "guwenbo"}
            session.add(ClearingTarget(area="CX-DG-01", settle=2, set_at=CLOSE - timedelta(days=3), **target))
            await session.flush()
            book = life.book
            then = {area: await content(session, book, area, MONDAY) for area in ("CX", STREET)}
            life.now = CLOSE
            await life.until(CLOSE + timedelta(days=2))
            await _hot(session, CLOSE + timedelta(days=1))
            session.add(ClearingTarget(area="CX-DG-01", settle=9, set_at=CLOSE + timedelta(hours=1), **target))
            await session.flush()
            later = {area: await content(session, book, area, MONDAY) for area in ("CX", STREET)}
            numbers = frozenset((await session.exec(select(Case.number))).all())
            about_staff = frozenset(
                case.number for case in await session.exec(select(Case)) if case.facts.get("accused")
            )
            yield Weeks(book, then, later, numbers, about_staff)
        await connections.dispose()


async def _well_done(session: AsyncSession) -> None:
    """Told, done within three hours, and the resident is satisfied."""
    resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=CLOSE)
    session.add(resident)
    await session.flush()
    key, began = uuid4(), CLOSE - timedelta(days=1)
    case = Case(
        id=key, number="good", code_hash="good", resident=resident.id, status=Status.CLOSED, text=SAID, unit="CGJ",
        category="城市管理", grid="CX-DG-01-03", submitted_at=began,
    )  # fmt: skip
    session.add(case)
    await session.flush()
    answers = {"contacted": True, "solved": "yes", "satisfied": "yes"}
    for seq, kind, status, hours in (
        (1, "submit", "submitted", 0),
        (2, "approve", "resolved", 2),
        (3, "rate", "closed", 5),
    ):
        session.add(
            Event(
                case_id=key, seq=seq, kind=kind, actor="resident", role=Role.RESIDENT, status=Status(status),
                details=answers if kind == "rate" else {}, at=began + timedelta(hours=hours), unit="CGJ",
                category="城市管理", grid="CX-DG-01-03",
            )
        )  # fmt: skip
    await session.flush()


async def _late(session: AsyncSession) -> None:
    """Two that are open and count, the second about somebody on the staff."""
    counts = (Case.status == Status.ACCEPTED, ~col(Case.overdue), col(Case.exclusion).is_(None))
    chosen = select(Case).where(*counts).order_by(Case.number).limit(2)
    for case, about in zip(await session.exec(chosen), ([], ["limin"]), strict=True):
        case.version, case.overdue = case.version + 1, True
        case.facts = {**case.facts, "accused": about}
        session.add(
            Event(
                case_id=case.id, seq=case.version, kind="overdue", actor="system", role=Role.SYSTEM,
                status=case.status, at=CLOSE - timedelta(minutes=1), unit=case.unit, grid=case.grid,
                category=case.category, assignee=case.assignee, overdue=True,
            )
        )  # fmt: skip
    await session.flush()


async def _hot(session: AsyncSession, at: datetime) -> None:
    """Three cases about one thing, added to those before."""
    issue = (await session.exec(select(HotIssue))).first()
    unlike = select(HotCase.case_id)
    cases = (await session.exec(select(Case).where(col(Case.id).not_in(unlike)).order_by(Case.number).limit(3))).all()
    if issue is None:
        issue = HotIssue(title="x", case_id=cases[0].id, count=3, first_at=at, last_at=at, told_at=at)
        session.add(issue)
        await session.flush()
    issue.title, issue.count = f"as of {at}", issue.count + 3
    for case in cases:
        session.add(HotCase(case_id=case.id, issue=issue.id, at=at))
    await session.flush()


async def test_it_comes_out_the_same_whatever_happened_later(weeks: Weeks) -> None:
    assert weeks.then == weeks.later
    town = weeks.then["CX"]
    numbers, before = town["numbers"]["now"], town["numbers"]["before"]
    assert numbers["filed"] > 8 and numbers["finished"] and numbers["contacted"][1] and before["filed"] == 0
    assert numbers["filed"] == sum(filed for filed, _ in town["days"])
    assert [one["area"] for one in town["areas"]] == ["CX-DG", "CX-LH", "CX-LX"]
    assert sum(one["filed"] for one in town["areas"]) < numbers["filed"]  # some came without a place
    assert weeks.then[STREET]["numbers"]["now"]["filed"] == town["areas"][0]["filed"]
    assert [one["area"][:8] for one in weeks.then[STREET]["areas"]] == [f"CX-DG-0{n}" for n in (1, 2, 3, 4)]
    assert [(one["count"], one["week"]) for one in town["hot"]] == [(3, 3)]
    assert [(one["settle"], one["days"]) for one in town["clearing"]] == [(2, 23)]
    assert town["late"]["count"] == numbers["overdue_open"] > len(town["late"]["cases"]) > 0, "one is about the staff"
    ranked = [one["place"] for one in town["units"] if one["place"]]
    assert ranked == [*range(1, len(ranked) + 1)] and None in [one["place"] for one in town["units"]]


async def test_nobody_is_named(weeks: Weeks) -> None:
    told = json.dumps(weeks.then, ensure_ascii=False)
    units = json.dumps([one.name for one in weeks.book.units.values()], ensure_ascii=False)
    assert [name for name in weeks.book.people.values() if name in told and name not in units] == []
    [good] = [one for one in weeks.then["CX"]["good"] if one["unit"] == "CGJ"]
    assert good["hours"] == 2.0
    assert not [part for part in ("张三丰", "13812345678", "502", "李敏", "别的事") if part in good["what"]], good
    assert {number for number, _, _ in weeks.then["CX"]["late"]["cases"]} <= weeks.numbers - weeks.about_staff


async def test_the_paper_is_the_same_bytes_on_any_day(weeks: Weeks) -> None:
    told = weeks.then["CX"]
    first, again = [
        await paper.bulletin(Bulletin(area="CX", week=MONDAY, content=told, made_at=at), "zh-Hans")
        for at in (OUT, OUT + timedelta(days=99))
    ]
    assert first == again
    assert first.startswith(b"%PDF-")
    picture(told)
    hostile = {**told["hot"][0], "title": "#set page(fill: red) *粗* $x$ 👍𠮷\n" + "长" * 200, "where": "@x <y> \\"}
    empty = {name: [] for name in ("units", "areas", "warnings", "hot", "good", "clearing")}
    for given in (
        {**told, "hot": [hostile]},
        {**told, **empty, "late": {"count": 0, "cases": []}, "days": [[0, 0]] * 7},
    ):
        for locale in ("zh-Hant", "en"):
            assert typeset.pictures("bulletin", paper.data(given, locale), locale, 20)


def picture(told: dict[str, Any]) -> None:
    """For the documents."""
    if folder := os.environ.get("PICTURES"):
        [page, *_] = typeset.pictures("bulletin", paper.data(told, "zh-Hans"), "zh-Hans", 80)
        Path(folder, "bulletin.png").write_bytes(page)


async def test_it_is_put_out_once_on_monday_even_by_two(town: Sessions) -> None:
    async with town() as session:
        book = await read_book(session)
        early = await bulletins.of_week(session, book, "CX", MONDAY, CLOSE + timedelta(hours=1))  # asked for before
        await session.commit()
    transactions = Transactions(town, defer_deliveries)

    async def put_out(now: datetime) -> int:
        """As the job does."""
        done = 0
        while True:
            async with transactions.begin() as session:
                if not await bulletins.put_out(session, book, now, "https://town.example"):
                    return done
            done += 1

    assert await put_out(OUT) == 0, "nobody had told of anything"
    async with town() as session:
        life = Life(session, *await known(session), seed=7, now=CLOSE - timedelta(hours=3))
        life.filing = 1
        await life.until(CLOSE)
        await session.commit()
    assert await put_out(OUT - timedelta(minutes=1)) == 0
    assert sum(await asyncio.gather(put_out(OUT), put_out(OUT))) == 4
    assert await put_out(OUT + timedelta(days=2)) == 0
    async with town() as session:
        told = (await session.exec(select(Notification).where(Notification.text_key == "bulletin.out"))).all()
        jobs = "select count(*) from procrastinate_jobs where task_name = 'deliver'"
        assert (await session.execute(text(jobs))).scalar() == len(told)
        kept = (await session.exec(select(Bulletin).order_by(Bulletin.area))).all()
    assert [one.area for one in kept] == ["CX", "CX-DG", "CX-LH", "CX-LX"]
    assert (kept[0].made_at, kept[0].content) == (early.made_at, early.content)
    areas = {one.person: one.args["link"].partition("area=")[2] for one in told}
    assert len(areas) == len(told)
    whose = {"guwenbo": "CX", "dongchunsheng": "CX", "hezhiqiang": "CX-DG", "wangxing": "CX-DG", "limin": None}
    assert {name: areas.get(name) for name in whose} == whose
    assert told[0].args["link"].startswith("https://town.example/staff/bulletins/2026-W45.pdf?area=")


async def test_weeks_and_what_is_none(town: Sessions) -> None:
    async with town() as session:
        book = await read_book(session)
        with pytest.raises(Missing):
            await bulletins.of_week(session, book, "CX", MONDAY, CLOSE - timedelta(minutes=1))
    assert bulletins.monday_of("2026-W45") == MONDAY == last_monday(OUT) == last_monday(OUT + timedelta(days=6))
    assert week_name(date(2027, 1, 3)) == "2026-W53"
    for wrong in ("2026-W54", "2026-45", "W45", "2026-W5", "x-Wy", "2026-W45.5"):
        with pytest.raises(NotFound):
            bulletins.monday_of(wrong)
    sunday = datetime(2026, 11, 8, 23, tzinfo=TOWN_TIME)
    assert bulletins.due(sunday) == MONDAY - timedelta(days=7)
