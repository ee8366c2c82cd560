"""Bulletins (周通报) and clearing lists (清零) on the staff's pages: whose they are, and how they look."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from cases import bulletins
from cases.bulletin import last_monday, week_name
from cases.periods import today
from models import Case, Event, Notification, Resident, Role, Status
from tests.support.site import Site
from tests.web.conftest import DESKTOP, PHONE, Window
from tests.web.test_sheets import signed_in

LIST, LISTS = "/staff/bulletins", "/staff/clearing"
WEEK = "2026-W46"  # over when tests begin


@pytest.mark.parametrize(
    ("name", "page", "areas"),
    [
        ("guwenbo", 200, ["CX", "CX-DG", "CX-LH", "CX-LX"]),
        ("jiangyan", 200, ["CX", "CX-DG", "CX-LH", "CX-LX"]),
        ("hezhiqiang", 200, ["CX-DG"]),  # leads a street
        ("wangxing", 200, ["CX-DG"]),  # a community in it
        ("dongchunsheng", 200, ["CX"]),  # a department
        ("limin", 403, []),
        ("wufan", 403, []),
    ],
)
async def test_everybody_reads_their_own_bulletin(site: Site, name: str, page: int, areas: list[str]) -> None:
    http = (await site.staff(name)).http
    assert (await http.get(LIST)).status_code == page
    answers = {
        area: (await http.get(f"{LIST}/{WEEK}.pdf", params={"area": area})).status_code
        for area in ("CX", "CX-DG", "CX-LH", "CX-LX", "CX-DG-01", "nowhere")
    }
    assert answers == {area: 200 if area in areas else 404 if areas else 403 for area in answers}


async def test_a_bulletin_is_a_paper_of_a_week_that_is_over(site: Site) -> None:
    http = (await site.staff("hezhiqiang")).http
    got = [await http.get(f"{LIST}/{WEEK}.pdf") for _ in range(2)]
    assert got[0].content == got[1].content and got[0].content.startswith(b"%PDF-")
    assert got[0].headers["content-disposition"] == f'inline; filename="bulletin-{WEEK}-CX-DG.pdf"'
    for week, status in (("2026-W47", 422), ("2026-W60", 404), ("x", 404)):
        assert (await http.get(f"{LIST}/{week}.pdf")).status_code == status
    assert (await site.client().get(f"{LIST}/{WEEK}.pdf")).status_code == 401
    assert (await site.client().get(LIST)).headers["location"] == f"/staff?next={LIST}"


async def test_a_supervisor_sets_what_a_community_shall_settle(site: Site) -> None:
    supervisor, leader = await site.staff("guwenbo"), await site.staff("wangxing")
    month = f"{today(site.parts.now()):%Y-%m}"
    asked = {"area": "CX-DG-01", "month": month, "settle": 3}
    assert (await leader.http.post("/api/staff/clearing", json=asked)).status_code == 403
    assert (await supervisor.http.post("/api/staff/clearing", json=asked)).status_code == 204
    for wrong in ({"settle": 0}, {"month": "2020-01"}, {"month": "2026-13"}, {"area": "CX-DG-01-03"}):
        answer = await supervisor.http.post("/api/staff/clearing", json=asked | wrong)
        assert 400 <= answer.status_code < 500, answer.text
    shown = await leader.http.get(LISTS)
    assert "化解 3 件" in shown.text and "丹桂社区" in shown.text and "下达任务" not in shown.text
    assert "化解 3 件" not in (await (await site.staff("tangling")).http.get(LISTS)).text  # leads another community
    assert (await (await site.staff("dongchunsheng")).http.get(LISTS)).status_code == 403


async def quarrels(site: Site) -> None:
    """Open disputes in a community, one of them about its own grid worker."""
    async with site.parts.transactions.begin() as session:
        resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=site.parts.now())
        session.add(resident)
        await session.flush()
        for n, days in enumerate((40, 21, 2)):
            key, at = uuid4(), site.parts.now() - timedelta(days=days)
            where = {"grid": "CX-DG-01-03", "unit": "DG-01", "category": "社区事务"}
            case = Case(
                id=key, number=f"2610{n:02d}-000{n}", code_hash=key.hex, resident=resident.id, text="吵架",
                status=Status.DISPATCHED, item="社区事务/邻里纠纷", submitted_at=at, overdue=n == 0,
                facts={"accused": ["wangxing"]} if n == 1 else {}, **where,
            )  # fmt: skip
            session.add(case)
            await session.flush()
            told = {"actor": "resident", "role": Role.RESIDENT, "status": Status.DISPATCHED, "overdue": n == 0}
            session.add(Event(case_id=key, seq=1, kind="submit", at=at, **told, **where))


async def test_whom_a_dispute_is_about_does_not_find_it_in_the_list(site: Site) -> None:
    await quarrels(site)
    seen = {name: (await (await site.staff(name)).http.get(LISTS)).text for name in ("wangxing", "guwenbo")}
    assert ["261001-0001" in text for text in seen.values()] == [False, True]
    assert "另有 1 件不在您的查看范围内" in seen["wangxing"] and "另有" not in seen["guwenbo"]


@pytest.mark.browser
async def test_on_a_phone_and_on_a_desk(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    await quarrels(site)
    async with site.parts.transactions.begin() as session:
        book, now = site.parts.senses.book, site.parts.now()
        for ago in (1, 2, 3):
            monday = last_monday(now) - timedelta(days=7 * ago)
            await bulletins.of_week(session, book, "CX", monday, now)
        link = f"{address}{LIST}/{week_name(last_monday(now))}.pdf?area=CX"
        args = {"place": "澄溪市", "week": "2026-W46", "filed": 3, "finished": 2, "overdue": 0, "link": link}
        session.add(Notification(unique_key="b", person="guwenbo", text_key="bulletin.out", args=args, created_at=now))
    seen: Window = await window(address, "/staff", PHONE)
    await signed_in(seen, "guwenbo")
    await seen.page.click("#notices-open")
    linked = await seen.page.locator("#notice-rows a").get_attribute("href")
    assert linked is not None and linked.startswith(LIST)
    for size, name in ((PHONE, "phone"), (DESKTOP, "desktop")):
        await seen.page.set_viewport_size(size)
        await seen.page.goto(address + LIST)
        assert await seen.page.get_by_role("listitem").count() == 4
        await seen.look(f"bulletins-{name}")
        await seen.page.goto(address + LISTS)
        if size is PHONE:
            await seen.page.locator('select[name="area"]').select_option("CX-DG-01")
            await seen.page.get_by_role("button", name="下达").click()
            await seen.page.locator("progress").wait_for()
        await seen.look(f"clearing-{name}")
