"""What is older than the town keeps goes by night: when the town says so, once, and with a line of the log."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from app.retaining import some
from cases import retention
from models import AuditEntry, Photo, RefusedUpdate
from tests.support.clock import Clock
from tests.support.site import Site
from tests.web.test_console_settings import saved, shown

WORDS = "楼下烧烤店油烟太大"


async def night(site: Site) -> None:
    await site.parts.queue.tasks["retention"].func(0)


async def keeps(site: Site, years: str) -> None:
    """As an administrator sets it."""
    answer = await saved((await site.staff("jiangyan")).http, retention__years=years)
    assert answer.status_code == 200, answer.text


async def withdrawn(site: Site) -> str:
    resident = await site.resident("B0103")
    await resident.send_photo()
    number = await resident.file(WORDS)
    await resident.say("进度")
    await resident.press("withdraw")
    await resident.press("confirm_withdraw")
    await site.settle()
    return number


async def words(site: Site) -> int:
    async with site.parts.sessions() as session:
        return int(await session.scalar(text("SELECT count(*) FROM cases WHERE text <> ''")) or 0)


async def log(site: Site) -> Sequence[tuple[Any, ...]]:
    async with site.parts.sessions() as session:
        rows = (await session.exec(select(AuditEntry).where(AuditEntry.action == "erase").order_by("id"))).all()
    return [(row.person, row.kind, row.subject, row.after, row.reason) for row in rows]


async def test_off_until_the_town_says_how_long_and_then_by_its_years(site: Site, clock: Clock) -> None:
    number = await withdrawn(site)  # in 2026
    async with site.parts.sessions() as session:
        photo = (await session.exec(select(Photo))).one()
    file = site.parts.store.path(photo.sha256)
    clock.set(datetime(2036, 1, 1, 3, tzinfo=UTC))
    await night(site)
    assert (await words(site), await log(site)) == (1, [])
    clock.set(datetime(2028, 12, 31, 15, 59, tzinfo=UTC))  # a minute before the new year in the town
    await keeps(site, "2")
    await night(site)
    assert await words(site) == 1 and file.exists()
    clock.forward(minutes=1)
    await night(site)
    await night(site)
    assert await words(site) == 0 and not file.exists()
    assert await log(site) == [
        ("clock", "cases", f"{number} – {number}", {"found": 1, "ended_before": "2027-01-01"}, "retention"),
        ("clock", "resident", "", {"cases": 0}, "retention"),
    ]
    page = (await (await site.staff("jiangyan")).http.get("/console/audit?kind=cases")).text
    assert "定时任务" in page and "2027-01-01" in page


async def test_a_lot_at_a_time_cases_before_residents(site: Site, clock: Clock) -> None:
    for _ in range(3):
        await withdrawn(site)
    clock.forward(days=800)
    parts, small, left = site.parts, replace(retention.limit(clock(), 1), lot=1), []
    while await some(parts.transactions, parts.senses.book, parts.store, small, "clock", clock()):
        left.append(await words(site))
    kinds = [kind for _, kind, *_ in await log(site)]
    assert (left, kinds) == ([2, 1, 0, 0, 0, 0], ["cases"] * 3 + ["resident"] * 3)


async def test_refused_updates_go_after_a_month_whatever_the_town_says(site: Site, clock: Clock) -> None:
    async with site.parts.transactions.begin() as session:
        for days in (31, 29):
            at = clock() - timedelta(days=days)
            session.add(RefusedUpdate(channel="telegram", receiver="1", key=str(days), reason="x", sealed=b"x", at=at))
    await night(site)
    async with site.parts.sessions() as session:
        assert [row.key for row in (await session.exec(select(RefusedUpdate))).all()] == ["29"]


@pytest.mark.parametrize("wrong", ["0", "-1", "100", "1.5", "两年"])
async def test_what_is_no_number_of_years_is_refused(shared_site: Site, wrong: str) -> None:
    http = (await shared_site.staff("jiangyan")).http
    answer = await http.post("/console/settings", json=await shown(http) | {"retention.years": wrong})
    assert (answer.status_code, [*answer.json()["error"]["fields"]]) == (422, ["retention.years"])
