"""The receipt as a resident finds it: a button after filing, then a link that opens the paper."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.site import Site
from tests.web.conftest import DESKTOP, Window
from tests.web.test_staff_talk_and_duty import case, sign_in

pytestmark = pytest.mark.browser


async def test_a_receipt_is_a_link_to_a_paper(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    seen: Window = await window(address, f"/p/{site.code('B0103')}")
    page = seen.page
    await page.fill("#box", "楼下烧烤店天天到半夜，油烟直往家里灌")
    await page.click("#send")
    await page.get_by_role("button", name="提交", exact=True).click()
    await page.get_by_role("button", name="受理告知书").click()
    paper = page.locator("a.paper")
    await expect(paper).to_contain_text("受理告知书")
    await seen.look("receipt-phone")
    await page.set_viewport_size(DESKTOP)
    await seen.look("receipt-desktop")
    got = await page.request.get(address + str(await paper.get_attribute("href")))
    assert (got.headers["content-type"], (await got.body())[:5]) == ("application/pdf", b"%PDF-")


async def test_a_visitors_paper_after_filing_and_on_the_case(
    at_work: tuple[Site, str], window: Callable[..., Any]
) -> None:
    """Whoever filed it for somebody at the window hands it over; nobody else on the staff is offered it."""
    _, address = at_work
    clerk = await sign_in(window, address, "chenlu")
    page = clerk.page
    await page.click("#new-open")
    await page.locator("#step textarea").fill("楼道灯坏了一周，老人晚上上楼看不见")
    await page.locator("#step button[type=submit]").click()
    paper = page.locator("#step").get_by_role("link", name="受理告知书")
    await expect(paper).to_be_visible()
    await clerk.look_both("filed-for-a-visitor")
    got = await page.request.get(address + str(await paper.get_attribute("href")))
    assert (got.headers["content-type"], (await got.body())[:5]) == ("application/pdf", b"%PDF-")

    await page.locator("#step").get_by_role("link", name="打开这一件").click()
    await expect(case(clerk).get_by_role("link", name="受理告知书")).to_be_visible()
    await clerk.look_both("case-filed-for-a-visitor")
    number = page.url.rpartition("/")[2]
    supervisor = await sign_in(window, address, "guwenbo")
    await supervisor.page.goto(f"{address}/staff#case/{number}")
    await expect(case(supervisor)).to_contain_text("楼道灯坏了一周")
    await expect(case(supervisor).get_by_role("link", name="受理告知书")).to_have_count(0)
