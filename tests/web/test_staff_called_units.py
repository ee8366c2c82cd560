"""On the staff page: units called in, each with its task; signing, answering, letting off; whose it was before."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.site import Site
from tests.web.test_staff_talk_and_duty import case, send, sign_in, step

pytestmark = pytest.mark.browser


async def test_three_units_at_one_case(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    number = await (await site.resident("B0103")).file("楼下烧烤店天天到半夜，油烟直往家里灌")
    await (await site.staff("limin")).step(number, "sign")
    worker = await sign_in(window, address, "limin")
    await worker.page.locator("#tasks > li a").first.click()
    await step(worker, "吹哨")
    sheet = worker.page.locator("#step")
    await sheet.locator("button[type=submit]").click()
    await expect(sheet.locator(".need")).to_contain_text("至少选一个单位")
    for unit in ("市场监督管理局", "生态环境分局", "丹桂派出所"):
        await sheet.get_by_label("请哪些单位报到").select_option(label=unit)
    await sheet.get_by_label("市场监督管理局: 单独交代").fill("查证照")
    await sheet.get_by_role("button", name="去掉丹桂派出所").click()
    await sheet.locator("textarea").fill("今晚八点到丹桂苑 3 栋联合检查。")
    await worker.look_both("whistle")
    await send(worker)
    await expect(case(worker).locator(".co-task")).to_have_count(2)
    await expect(case(worker)).to_contain_text("等 2 个单位")

    scj = await sign_in(window, address, await assignee(site, number, "SCJ"))
    await expect(scj.page.locator("#tasks")).to_contain_text("请您协办")
    await scj.page.locator("#tasks > li").get_by_role("button", name="报到").click()
    await expect(scj.page.locator("#tasks > li").get_by_role("button", name="反馈")).to_be_visible()
    await scj.page.locator("#tasks > li a").first.click()
    await step(scj, "反馈")
    await scj.page.locator("#step textarea").fill("证照齐全，已责令规范经营，不得占道。")
    await scj.look_both("co-answer")
    await send(scj)
    await expect(case(worker)).to_contain_text("已反馈")
    assert await case(worker).get_by_role("button", name="答复").count() == 0
    await worker.look_both("co-tasks")

    supervisor = await sign_in(window, address, "guwenbo")
    await supervisor.page.goto(f"{address}/staff#case/{number}")
    await step(supervisor, "不再等反馈")
    await supervisor.page.locator("#step textarea").fill("检测车在修，先按现场情况办。")
    await supervisor.look_both("waive")
    await send(supervisor)
    await expect(case(worker).locator(".co-task.waived")).to_be_visible()
    await step(worker, "上报")
    await worker.page.locator("#step textarea").fill("要社区出面协调。")
    await send(worker)
    await expect(case(worker)).to_contain_text("首接负责人")
    await worker.look_both("raised")


async def assignee(site: Site, number: str, unit: str) -> str:
    page = await (await site.staff("chenlu")).case(number)
    people = site.parts.senses.book.staff[unit]
    shown = next(task["assignee_name"] for task in page["case"]["co_tasks"] if task["unit"] == unit)
    return next(one.code for one in people if one.name == shown)
