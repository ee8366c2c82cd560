"""The receipt as a resident finds it: a button after filing, then a link that opens the paper."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.site import Site
from tests.web.conftest import DESKTOP, Window

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
