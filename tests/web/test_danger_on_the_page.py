"""Words of danger on the resident's page: asked whether they are safe beside the card, not instead of it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.site import Site

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)


async def test_are_you_safe_stands_beside_the_card(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    resident = await window(address, f"/p/{site.code('B0103')}")
    page = resident.page
    await page.fill("#box", "楼道里一股煤气味")
    await page.click("#send")
    beside, dock = page.locator("#log .aside"), page.locator("#quick")
    await expect(beside.get_by_role("button")).to_have_text(["安全，已离开", "有人受困", "是误报"])
    await expect(dock.get_by_role("button", name="提交")).to_be_visible()
    await resident.look("resident-danger")

    await beside.get_by_role("button", name="安全，已离开").click()
    await expect(page.locator("#log")).to_contain_text("人没事就好")
    await expect(beside).to_have_count(0)
    await dock.get_by_role("button", name="提交").click()
    await expect(page.locator("#log")).to_contain_text(re.compile("已提交，编号"))
    await resident.look()
