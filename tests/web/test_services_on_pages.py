"""Services as residents meet them, and the console's pages about them and about texts, in a browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.texts import reword
from tests.support.site import Site

Windows = Callable[..., Any]


@pytest.fixture(autouse=True)
def _originals() -> Iterator[None]:
    yield
    reword({})


async def test_a_resident_asks_and_goes_on(at_work: tuple[Site, str], window: Windows) -> None:
    site, address = at_work
    shown = await window(address, f"/p/{site.code('B0103')}")
    page = shown.page
    await page.fill("#box", "身份证怎么办理")
    await page.click("#send")
    await page.get_by_role("button", name="身份证到期换领").click()
    await page.locator(".bubble", has_text="一般这样办").wait_for()
    await page.get_by_role("button", name="没解决，我要反映").wait_for()
    await shown.look_both("services-resident")
    await page.get_by_role("button", name="没解决，我要反映").click()
    await page.get_by_role("button", name="提交").first.wait_for()
    await shown.look()


async def test_the_console_pages_of_services_and_texts(at_work: tuple[Site, str], window: Windows) -> None:
    _, address = at_work
    shown = await window(address, "/staff")
    await shown.enter("jiangyan")
    page = shown.page
    await shown.go("/console/services?ask=%E8%BA%AB%E4%BB%BD%E8%AF%81%E6%80%8E%E4%B9%88%E5%8A%9E%E7%90%86")
    await shown.look_both("console-services")
    await shown.go("/console/services/one?code=medical-newborn")
    await page.fill('[name="cost"]', "<img src=x onerror=alert(1)>")
    await page.click("#preview")
    await page.get_by_text("<img src=x onerror=alert(1)>").first.wait_for()
    await shown.look_both("console-service")
    await shown.go("/console/texts?q=%E5%8F%97%E7%90%86")
    await shown.look_both("console-texts")
    await shown.go("/console/texts/one?key=resident.sign")
    box = page.locator("[data-text] textarea").first
    await box.fill("{number}：{who}来办了，{due} 前给您回话。")
    await page.locator("[data-text] output").first.get_by_text("李敏来办了").wait_for()
    await page.locator("[data-text] button").first.click()
    await page.get_by_role("button", name="改回原文").wait_for()
    await shown.look_both("console-text")
