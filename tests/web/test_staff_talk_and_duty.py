"""On the staff's page: a talk with the resident, more time asked for and granted, reassigning, duty handed over.

Each story is gone through once, on a phone, and looked at on a desk too.
"""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, expect
from sqlmodel import delete

from app.build import refresh, utcnow
from models import DutyShift
from tests.support.site import Site
from tests.support.talk import say_back
from tests.support.town import PASSWORD
from tests.web.conftest import Window
from town.load import touch

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)


async def test_a_talk_more_time_and_another_handler(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    number = await (await site.resident("B0103")).file("楼下烧烤店天天到半夜，油烟直往家里灌")
    await (await site.staff("wangxing")).step(number, "reassign", assignee="kangkeqin")
    worker = await sign_in(window, address, "kangkeqin")
    await worker.page.locator("#tasks > li").get_by_role("button", name="签收").click()
    await expect(worker.page.locator("#tasks")).to_contain_text("办理中")
    await worker.page.locator("#tasks > li a").first.click()

    await step(worker, "联系居民")
    await worker.page.locator("#step textarea").fill("您好，我是网格员，今晚八点来看，方便吗？")
    await send(worker)
    await expect(case(worker)).to_contain_text("与居民对话中")
    await say_back(site, number, "方便，我电话 13812345678")
    await expect(case(worker).locator(".line").last).to_contain_text("138****5678")
    await step(worker, "联系居民")
    await worker.page.locator("#step textarea").fill("好的，这里说就行。")
    await say_back(site, number, "谢谢")  # meanwhile
    await send(worker)
    await expect(case(worker).locator(".line")).to_have_count(4)
    await worker.look_both("talk")

    await step(worker, "申请延期")
    await worker.page.locator("#step input[name=days]").fill("16")
    await worker.page.locator("#step textarea").fill("要等检测报告。")
    await worker.page.locator("#step button[type=submit]").click()
    await expect(worker.page.locator("#step .need")).to_contain_text("1 到 15 天")
    await worker.page.locator("#step input[name=days]").fill("3")
    await worker.look_both("extend")
    await send(worker)
    await expect(case(worker)).to_contain_text("康克勤要延长 3 天")
    await worker.look_both()

    leader = await sign_in(window, address, "dongchunsheng")
    await leader.page.goto(f"{address}/staff#case/{number}")
    await step(leader, "同意延期")
    await expect(leader.page.locator("#step")).to_contain_text("要等检测报告。")
    await leader.look_both("grant")
    await send(leader)
    await expect(case(leader)).to_contain_text("董春生同意延期 3 天")
    await expect(case(worker)).to_contain_text("董春生同意延期 3 天")

    await step(leader, "改派")
    await leader.page.locator("#step select").select_option(label="吴帆")
    await leader.look_both("reassign")
    await send(leader)
    await expect(case(leader)).to_contain_text("董春生改派给吴帆")
    await leader.look_both("after-reassign")


async def test_handing_over(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    await always_on(site, "CGJ", "wufan")
    wufan = await sign_in(window, address, "wufan")
    await expect(duty(wufan)).to_contain_text("吴帆")
    await wufan.look_both("duty")
    await duty(wufan).get_by_role("button", name="交班").click()
    await wufan.page.locator("#step select").select_option(label="张伟")
    await wufan.page.locator("#step textarea").fill("丹桂路井盖已围挡，明早施工队到。")
    await wufan.look_both("hand-over")
    await send(wufan)
    await expect(duty(wufan)).to_contain_text("吴帆要交班给张伟，还没接")
    await wufan.look_both()

    zhangwei = await sign_in(window, address, "zhangwei")
    await expect(duty(zhangwei)).to_contain_text("丹桂路井盖已围挡")
    await zhangwei.look_both("duty-asked")
    await duty(zhangwei).get_by_role("button", name="接班").click()
    await expect(duty(zhangwei)).to_contain_text("张伟，到")
    await expect(duty(zhangwei).get_by_role("button", name="交班")).to_be_visible()
    await expect(duty(wufan)).to_contain_text("张伟，到")
    await zhangwei.look_both("duty-taken")


async def always_on(site: Site, unit: str, person: str) -> None:
    """Whatever the time is while the test runs."""
    here = utcnow().astimezone(ZoneInfo("Asia/Shanghai"))
    around = (here.time().replace(microsecond=1), here.time().replace(microsecond=0))
    async with site.parts.transactions.begin() as session:
        await session.execute(delete(DutyShift))
        await touch(session)
        session.add(
            DutyShift(unit=unit, person=person, weekdays=[*range(1, 8)], from_time=around[0], to_time=around[1])
        )
    assert await refresh(site.parts)


def case(window: Window) -> Locator:
    return window.page.locator("#case")


def duty(window: Window) -> Locator:
    return window.page.locator("#duty")


async def step(window: Window, label: str) -> None:
    """From the buttons, or from behind “more” on a phone."""
    await expect(case(window).locator(".steps")).to_be_visible()
    button = case(window).locator(".steps").get_by_role("button", name=label, exact=True)
    if not await button.is_visible():
        await case(window).get_by_role("button", name="更多").click()
        button = window.page.locator("#step").get_by_role("button", name=label, exact=True)
    await button.click()
    await expect(window.page.locator("#step form")).to_be_visible()


async def send(window: Window) -> None:
    await window.page.locator("#step button[type=submit]").click()
    await expect(window.page.locator("#step")).to_be_hidden()


async def sign_in(window: Callable[..., Any], address: str, name: str) -> Window:
    opened: Window = await window(address, "/staff")
    await opened.page.locator("#name").fill(name)
    await opened.page.locator("#password").fill(PASSWORD)
    await opened.page.locator("#enter").click()
    await expect(opened.page.locator("#desk")).to_be_visible()
    return opened
