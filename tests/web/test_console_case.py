"""One case in the console: whose it is, what the page shows, what a look leaves behind, a step taken there."""

from collections.abc import Callable
from typing import Any

from playwright.async_api import expect
from sqlmodel import select

from cases import learning
from models import AuditEntry
from tests.support.scenes import stall
from tests.support.site import Site
from tests.web.conftest import DESKTOP, Window

SMOKE = "丹桂苑楼下烧烤店油烟太大，我电话 13812345678"


async def looks(site: Site) -> list[tuple[str, str]]:
    async with site.parts.sessions() as session:
        lines = (
            await session.exec(select(AuditEntry).where(AuditEntry.action == "read").order_by(AuditEntry.at))
        ).all()
    return [(line.person, line.subject) for line in lines]


async def test_a_case_that_is_not_theirs_looks_like_none(site: Site) -> None:
    number = await (await site.resident()).file(SMOKE)
    for name, status in (("chenlu", 200), ("guwenbo", 200), ("caoxifeng", 404), ("limin", 403)):
        http = (await site.staff(name)).http
        known, unknown = [await http.get(f"/console/cases/{one}") for one in (number, "261118-9999")]
        assert (known.status_code, unknown.status_code) == (status, 403 if status == 403 else 404), name
        if status == 404:
            assert known.text == unknown.text
    shown = (await (await site.staff("chenlu")).http.get(f"/console/cases/{number}")).text
    assert "13812345678" not in shown and shown.count('class="land') > 1 and 'class="spot"' in shown
    assert (await (await site.staff("chenlu")).http.get("/console/cases/%00")).status_code in (400, 404)


async def test_a_look_by_those_who_have_no_part_in_it_is_written_down_once(site: Site) -> None:
    resident = await site.resident()
    await resident.say(SMOKE)
    await resident.send_photo(stall(smoke=True))
    await resident.press("submit")
    number = resident.said[-1]["case"]["number"]
    auditor, admin, dispatcher = [await site.staff(name) for name in ("caoying", "jiangyan", "chenlu")]
    await auditor.http.get(f"/console/cases/{number}")
    case = (await auditor.case(number))["case"]
    await dispatcher.case(number)
    assert await looks(site) == [("caoying", number)]
    assert (await admin.http.get(case["photos"][0])).status_code == 200
    assert await looks(site) == [("caoying", number), ("jiangyan", number)]
    site.parts.now.forward(hours=2)  # type: ignore[attr-defined]
    await auditor.case(number)
    assert (await looks(site))[2:] == [("caoying", number)]


async def adopt(site: Site, model: str) -> None:
    """The model that answers in tests becomes a version, which the program sees when it next looks."""
    async with site.parts.transactions.begin() as session:
        session.add(learning.adopted([], model, {}, site.parts.now()))
    await site.parts.in_use.look()


async def test_the_page_of_a_case(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    neighbour = await (await site.resident()).file("丹桂苑楼下烧烤店油烟呛人")
    resident = await site.resident()
    await resident.say(SMOKE)
    await resident.send_photo(stall(smoke=True))
    await resident.press("submit")
    await resident.press("separate")
    number = resident.said[-1]["case"]["number"]
    leader = await site.staff("wangxing")
    assert (await leader.case(number))["case"]["prediction"]["version"] is None, "no version is this model"
    await adopt(site, "test")
    page: Window = await window(address, "/staff", DESKTOP)
    await page.enter("wangxing")
    await page.go("/staff")  # the door to the console is here
    await page.page.evaluate(f"location.assign('/console/cases/{number}')")
    case = page.page.locator("#case")
    await expect(case.get_by_text("烧烤店油烟").first).to_be_visible()
    await expect(case.locator(".map .spot")).to_be_visible()
    await expect(case.get_by_text(neighbour)).to_be_visible()  # alike and near
    await expect(case.locator(".case-model")).to_have_text("判断用的是模型 v1")
    await page.look_both("console-case")
    await page.page.emulate_media(media="print")
    for gone in (".menu", ".steps", ".back"):  # what nobody can press on paper
        await expect(page.page.locator(gone).first).to_be_hidden()
    await expect(case.get_by_text("烧烤店油烟").first).to_be_visible()
    await page.page.emulate_media(media="screen")

    await page.page.set_viewport_size(DESKTOP)
    await case.locator(".thumb").click()
    await expect(page.page.locator("#large img")).to_be_visible()
    await page.page.keyboard.press("Escape")
    await (await site.staff("limin")).step(number, "sign")  # by another: the page hears of it
    await expect(case.locator(".case-number")).to_contain_text("办理中")
    before = (await leader.case(number))["steps"]
    for step in before:
        await expect(case.locator(".steps").get_by_role("button", name=step["label"], exact=True)).to_be_visible()
    await page.go("/console/cases/261118-9999")
    await expect(page.page.get_by_role("heading", name="没有找到这件")).to_be_visible()
