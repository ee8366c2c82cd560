"""The reader's name lies over every page of the staff: seen and printed, not selected, not read, in nobody's way."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image, ImageChops
from sqlmodel import select

from cases import sealed
from models import Case, Resident
from tests.support.pdf import words
from tests.support.site import Site
from tests.web.conftest import DESKTOP, PHONE

TILE = "/api/staff/watermark.svg"
AFTER = """() => { const over = getComputedStyle(document.body, '::after');
    const tile = over.backgroundImage.includes('watermark.svg');
    return [tile, over.pointerEvents, over.position, over.printColorAdjust]; }"""
SELECTED = "() => { getSelection().selectAllChildren(document.body); return getSelection().toString(); }"
SWITCH = "(off) => { document.querySelector('link[href*=\"watermark\"]').disabled = off; }"


async def test_the_tile_says_who_and_when(shared_site: Site) -> None:
    staff = await shared_site.staff("chenlu")
    answer = await staff.http.get(TILE)
    assert answer.headers["content-type"].startswith("image/svg") and "no-store" in answer.headers["cache-control"]
    now = shared_site.parts.now() + timedelta(hours=8)
    assert "陈璐 chenlu" in answer.text and f"{now:%H:%M}" in answer.text
    assert (await shared_site.client().get(TILE)).status_code == 401


async def test_a_paper_the_staff_take_out_says_so_and_a_resident_s_own_does_not(shared_site: Site) -> None:
    at = f"{shared_site.parts.now() + timedelta(hours=8):%H:%M}"
    for name, mark in (("guwenbo", "顾文博 guwenbo"), ("wangxing", "王兴 wangxing")):
        staff = await shared_site.staff(name)
        paper = await staff.http.get("/staff/bulletins/2026-W46.pdf")
        assert (paper.status_code, "no-store" in paper.headers["cache-control"]) == (200, True), paper.text
        assert mark in words(paper.content) and at in words(paper.content)
    visitor = await shared_site.staff("zhangwei")
    filed = {"key": str(uuid4()), "how": "registered", "text": "楼下烧烤店油烟太大", "place": "B0103"}
    number = (await visitor.http.post("/api/staff/filings", json=filed)).json()["number"]
    paper = await visitor.http.get(f"/api/staff/cases/{number}/receipt.pdf")
    assert "zhangwei" in words(paper.content)
    resident = await shared_site.resident()
    number = await resident.file("路灯坏了三天")
    own = await resident.http.get(f"/api/chat/cases/{number}/receipt.pdf")
    assert number in words(own.content)
    assert [name for name in ("zhangwei", "limin") if name in words(own.content)] == []


async def told(site: Site) -> str:
    number = await (await site.resident()).file("楼下烧烤店油烟太大，我住2单元1904室，也可以打13876540000")
    async with site.parts.transactions.begin() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        sealed.keep(site.parts.keys, await session.get_one(Resident, case.resident), "13987651234")
    return number


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_over_the_pages(at_work: tuple[Site, str], window: Callable[..., Any], size: dict[str, int]) -> None:
    site, address = at_work
    number = await told(site)
    here = await window(address, "/staff", size)
    assert not (await here.page.evaluate(AFTER))[0], "nobody is signed in"
    await here.enter("chenlu")
    for path in (f"/console/cases/{number}", "/console/triage", "/staff/sheets", "/staff"):
        await here.go(path)
        await here.page.wait_for_function(f"() => ({AFTER})()[0]")
        assert await here.page.evaluate(AFTER) == [True, "none", "fixed", "exact"], path
        assert "chenlu" not in await here.page.evaluate(SELECTED)
        await here.page.evaluate("getSelection().removeAllRanges()")
        assert "chenlu" not in await here.page.locator("body").aria_snapshot()
        await here.look()
    assert await _differs(here), "it is seen"
    assert await _on_paper(here), "it is printed, also where backgrounds are not"


async def test_what_is_starred_out_is_shown_and_looks_well(
    at_work: tuple[Site, str], window: Callable[..., Any]
) -> None:
    site, address = at_work
    number = await told(site)
    here = await window(address, "/staff", DESKTOP)
    await here.enter("chenlu")
    await here.go(f"/console/cases/{number}")
    await here.page.get_by_label("为什么要看").fill("要约时间上门核实")
    await here.look_both("personal-asked")
    await here.page.get_by_role("button", name="显示").click()
    await here.page.get_by_text("13987651234").wait_for()
    await here.look_both("personal-shown")


async def _differs(here: Any) -> bool:
    with_it = await _screen(here)
    await here.page.evaluate(SWITCH, True)
    without = await _screen(here)
    await here.page.evaluate(SWITCH, False)
    return ImageChops.difference(with_it, without).getbbox() is not None


async def _screen(here: Any) -> Image.Image:
    await here.page.wait_for_load_state("networkidle")
    return Image.open(io.BytesIO(await here.page.screenshot(animations="disabled"))).convert("L")


async def _on_paper(here: Any) -> bool:
    """The tile's letters are in the file, which is the larger for them."""
    with_it = await here.page.pdf(print_background=False)
    await here.page.evaluate(SWITCH, True)
    without = await here.page.pdf(print_background=False)
    return len(with_it) > len(without) + 500
