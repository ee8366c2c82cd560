"""A supervisor's day and an auditor's, in their own windows: one sees to it that others act, one only looks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import expect
from sqlmodel import select

from app.hotness import Hotness
from cases import area_days
from cases.periods import today
from models import AreaDay, AuditEntry, Colour
from tests.support.site import Site
from tests.web.conftest import DESKTOP, PHONE, Window, listening
from tests.web.test_story_in_the_browser import send, step
from web.console import menu

pytestmark = pytest.mark.browser
SMOKE = "{}楼下烧烤店油烟太大，天天到半夜，孩子咳嗽"
WHY, ANSWER, GROUND = "三天没有动静，请说明原因", "设备明天到，后天清洗完", "上个月同一家店已经答复过"


@pytest.fixture(scope="module")
async def address(shared_site: Site) -> AsyncIterator[str]:
    async with listening(shared_site) as address:
        yield address


@pytest.fixture(scope="module")
async def numbers(shared_site: Site) -> list[str]:
    """Three people told of the same smoke: the first case was answered and rated, the others wait; one grid is red."""
    site, filed = shared_site, list[str]()
    for _ in range(3):
        filed.append(await (await site.resident("B0103")).file(SMOKE.format("丹桂苑 3 栋")))
    limin = await site.staff("limin")
    await limin.step(filed[0], "sign")
    await limin.step(filed[0], "reply", text="已清洗烟道。", outcome="solved", photos=[await limin.upload()])
    await limin.step(filed[0], "exclude", ground="repeated", text=GROUND)
    await Hotness(site.parts.transactions, lambda: site.parts.senses.book, site.parts.now).gather()
    yesterday = today(site.parts.now()) - timedelta(days=1)
    async with site.parts.sessions() as session:
        await area_days.store(session, site.parts.senses.book, yesterday)
        row = await session.get_one(AreaDay, ("CX-DG-01-03", yesterday))
        row.colour, row.reasons = Colour.RED, [{"kind": "overdue", "seen": 3, "expected": 0.4, "evidence": 4.1}]
        await session.commit()
    await site.settle()
    return filed


async def test_a_supervisor_sees_what_is_amiss_and_sees_to_it(
    shared_site: Site, address: str, numbers: list[str], window: Callable[..., Any]
) -> None:
    site, (answered, waiting, _) = shared_site, numbers
    seen: Window = await window(address, "/staff", DESKTOP)
    await seen.enter("guwenbo")
    await seen.go("/console")
    page = seen.page

    await seen.go("/console/board")
    side = page.locator("#board-side")
    await expect(side.get_by_role("link", name=waiting).first).to_be_visible()  # its clocks run
    await expect(side.locator(".hot")).to_contain_text("油烟")
    await expect(side.locator(".hot")).to_contain_text("3 件")
    await seen.go("/console/board?area=CX-DG-01")
    await expect(page.locator("#board-map, main").first).to_contain_text("红")
    await expect(page.get_by_role("heading", name="三率").first).to_be_visible()
    await seen.look_both()

    await seen.go(f"/console/cases/{waiting}")  # on the telephone, where the look ended
    await expect(page.locator("#case")).to_contain_text("办理经过")
    await step(seen, "督办")
    await page.locator("#step textarea").fill(WHY)
    await send(seen)
    await expect(page.locator("#case")).to_contain_text("督办单")
    await (await site.staff("dongchunsheng")).step(waiting, "answer_order", text=ANSWER)
    await expect(page.locator("#case")).to_contain_text(ANSWER)  # the page heard of it
    await seen.look()
    await page.set_viewport_size(DESKTOP)
    await step(seen, "督办办结")
    if await page.locator("#step[open]").count():
        await send(seen)
    await expect(page.locator("#case").get_by_role("button", name="督办办结")).to_have_count(0)
    assert (await (await site.staff("guwenbo")).case(waiting))["case"]["order"] is None

    await seen.go(f"/console/cases/{answered}")
    await expect(page.locator("#case")).to_contain_text("办理经过")
    await step(seen, "同意不计入")  # somebody else asked for it
    await expect(page.locator("#step")).to_contain_text(GROUND)
    await page.locator("#step textarea").fill("上次答复就是这家店")
    await send(seen)
    await expect(page.locator("#case")).to_contain_text("顾文博同意")
    await seen.look_both()
    assert seen.faults == []


async def test_an_auditor_reads_everything_and_moves_nothing(
    shared_site: Site, address: str, numbers: list[str], window: Callable[..., Any]
) -> None:
    number = numbers[1]
    seen: Window = await window(address, "/staff", PHONE)
    await seen.enter("caoying")
    await seen.go("/console/cases")
    page = seen.page
    await page.get_by_role("link", name=number).first.click()
    case = page.locator("#case")
    await expect(case).to_contain_text("油烟")
    await expect(case.locator(".steps button")).to_have_count(0)
    await seen.look_both()

    await seen.go("/console/audit?kind=case")
    line = page.locator("#log tr", has_text=number)
    await expect(line.first).to_contain_text("曹颖")  # their own look is a line as anybody's
    await seen.look_both()

    for one in menu.PAGES:
        if "auditor" not in one.who or one.path == "/console/security":  # where everybody keeps their own sign-in
            continue
        await seen.go(one.path)
        forms = page.locator("main form[data-post], main form[data-save], main [data-password]")
        assert await forms.count() == 0, f"{one.path} offers an auditor something to change"
    await page.set_viewport_size(DESKTOP)
    await seen.go("/console/tables/units")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="CSV").click()
    table = Path(await (await download.value).path())
    assert b"CGJ" in await asyncio.to_thread(table.read_bytes)

    http = (await shared_site.staff("caoying")).http
    body = {"_key": "CGJ", "_seen": "", "code": "CGJ", "name": "x"}
    forged: dict[str, httpx.Response] = {
        "/console/tables/units/row": await http.post("/console/tables/units/row", json=body),
        "/console/rules/row": await http.post("/console/rules/row", json={"code": "x"}),
        "/console/learning/train": await http.post("/console/learning/train", json={}),
        "a step": await (await shared_site.staff("caoying")).try_step(number, "order", text=WHY),
    }
    assert {door: answer.status_code for door, answer in forged.items()} == dict.fromkeys(forged, 403)
    async with shared_site.parts.sessions() as session:
        acts = set((await session.exec(select(AuditEntry.action).where(AuditEntry.person == "caoying"))).all())
    assert acts == {"read", "export"}
