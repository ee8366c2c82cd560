"""Words of danger on the resident's page: reported at once; whether they are safe stands beside the talk."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.site import Site

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)


async def test_danger_is_reported_before_anything_is_pressed(
    at_work: tuple[Site, str], window: Callable[..., Any]
) -> None:
    _, address = at_work
    resident = await window(address, "/")
    page = resident.page
    await page.fill("#box", "楼道里一股煤气味")
    await page.click("#send")
    beside, log = page.locator("#log .aside"), page.locator("#log")
    await expect(log).to_contain_text(re.compile("已先替您上报，编号"))
    await expect(beside.get_by_role("button")).to_have_text(["安全，已离开", "有人受困", "是误报"])
    await expect(log).to_contain_text("是在什么地方")
    await resident.look("resident-danger")

    await page.fill("#box", "丹桂苑 3 栋二单元")
    await page.click("#send")
    await expect(log).to_contain_text("记下了，在丹桂苑 3 栋")
    await beside.get_by_role("button", name="安全，已离开").click()
    await expect(log).to_contain_text("人没事就好")
    await expect(beside).to_have_count(0)
    await resident.look()
