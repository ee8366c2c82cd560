"""Away and back on the staff's page: a press says until when, a list says who covers; a line keeps it in view."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from app.build import utcnow
from cases.clock import TOWN_TIME
from tests.support.site import Site
from tests.web.test_staff_talk_and_duty import send, sign_in

pytestmark = pytest.mark.browser


async def test_away_for_three_days_and_back(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    number = await (await site.resident("B0103")).file("楼下烧烤店天天到半夜，油烟直往家里灌")
    worker = await sign_in(window, address, "limin")
    page, sheet, line = worker.page, worker.page.locator("#step"), worker.page.locator("#away")
    await page.locator("#me-open").click()
    await worker.look("me-phone")
    await page.get_by_role("button", name="请假、外出").click()
    await expect(sheet.get_by_label("由谁代办").locator("option").first).to_have_text("由网格长代办")
    await sheet.get_by_label("请到哪天").fill("2020-01-01")
    await sheet.get_by_role("button", name="确定请假").click()
    await expect(sheet.get_by_role("alert")).to_contain_text("半年内")
    await sheet.get_by_role("button", name="3 天").click()
    last = (utcnow() + timedelta(days=2)).astimezone(TOWN_TIME)
    await expect(sheet.get_by_label("请到哪天")).to_have_value(last.date().isoformat())
    await sheet.get_by_label("由谁代办").select_option(label="由夏永刚代办")
    await worker.look_both("away")
    await send(worker)
    await expect(line).to_contain_text(f"您请假到{last.month}月{last.day}日，由夏永刚代办")
    await worker.look("away-line-phone")
    assert number in await (await site.staff("xiayonggang")).tasks()

    await page.locator("#me-open").click()
    await expect(page.locator("#me-away")).to_contain_text("由夏永刚代办")
    await worker.look("me-away-phone")
    await page.locator("#me-away").get_by_role("button", name="我回来了").click()
    await expect(line).to_be_hidden()
    await expect(page.locator("#me-away")).to_be_hidden()
