"""The bell on the staff's page: how many are unread, the list on a sheet, and from a line of it to its case."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.support.site import Site
from tests.support.town import PASSWORD
from tests.web.conftest import PHONE, Window

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)
SMALL = {"width": 360, "height": 640}


async def test_from_the_bell_to_the_case(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    worker = await sign_in(window, address, "limin", PHONE)
    await expect(bell(worker)).to_have_accessible_name("消息")
    await expect(count(worker)).to_be_hidden()
    await bell(worker).click()
    await expect(sheet(worker)).to_contain_text("还没有消息。")
    await worker.look_both("notices-none")
    await worker.page.keyboard.press("Escape")

    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店天天到半夜，油烟直往家里灌")
    await expect(count(worker)).to_have_text("1")
    await expect(bell(worker)).to_have_accessible_name("消息，1 条未读")
    await worker.look_both("notices-count")

    await bell(worker).click()
    await expect(rows(worker)).to_have_count(1)
    await expect(rows(worker)).to_contain_text(
        re.compile(rf"{number}.*丹桂苑 3 栋.*前签收.*今天 \d\d:\d\d.*未读", re.S)
    )
    text = rows(worker).locator(".notice-text")
    assert (await text.inner_text()).count("\n") == 1
    assert await lines(text) >= 2, "the line break is not kept"
    await expect(count(worker)).to_be_hidden()
    await expect(bell(worker)).to_have_accessible_name("消息")
    await expect(rows(worker)).to_contain_text("未读")  # still marked while one reads
    await worker.look_both("notices")

    await rows(worker).get_by_role("link").click()
    await expect(sheet(worker)).to_be_hidden()
    await expect(worker.page.locator("#case")).to_contain_text("办理经过")
    await expect(worker.page.locator("#case")).to_contain_text(number)
    await worker.look_both()

    await worker.page.goto(f"{address}/staff")
    await expect(worker.page.locator("#tasks")).to_contain_text(number)
    await expect(count(worker)).to_be_hidden()
    await bell(worker).click()
    await expect(rows(worker)).to_have_count(1)
    await expect(rows(worker)).not_to_contain_text("未读")


async def test_several_on_a_small_telephone(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    """360 px, in English without a network: nothing overlaps; what comes while the sheet is open is read at once."""
    site, address = at_work
    returned = await given_back(site, "limin")
    resident = await site.resident("B0103")
    for told in ("三单元门口污水井盖翘起来了，晚上很危险", "小区门口流动摊占道，人都走到马路上去了"):
        await resident.file(told)
    worker = await sign_in(window, address, "limin", SMALL)
    await expect(count(worker)).to_have_text("3")
    await worker.look("notices-count-small")
    await bell(worker).click()
    await expect(rows(worker)).to_have_count(3)
    await expect(rows(worker).last).to_contain_text(returned)
    await expect(rows(worker).last.get_by_role("link")).to_have_count(0)  # no longer limin's to see
    await expect(count(worker)).to_be_hidden()

    await resident.file("楼道灯不亮，老人摔了一跤")
    await expect(rows(worker)).to_have_count(4)
    await expect(rows(worker).first).to_contain_text("未读")
    await expect(count(worker)).to_be_hidden()
    await worker.look("notices-small")
    await worker.page.get_by_role("button", name="关闭").click()
    await expect(bell(worker)).to_be_focused()

    await worker.page.goto(f"{address}/staff?lang=en")
    await expect(bell(worker)).to_have_accessible_name("Notices")
    await expect(worker.page.locator("#tasks > li")).to_have_count(3)
    await worker.page.wait_for_load_state("load")
    await worker.page.context.set_offline(True)
    await expect(worker.page.locator("#connection")).to_be_visible()
    await resident.file("路边垃圾桶满了两天没有人收")
    assert await overlapping(worker) == []
    await worker.keep("notices-top-small")
    assert await worker.page.locator(".top-name").evaluate("(it) => it.scrollWidth <= it.clientWidth"), "cut"
    await worker.page.context.set_offline(False)
    worker.faults = [one for one in worker.faults if "ERR_INTERNET_DISCONNECTED" not in one]
    await expect(bell(worker)).to_have_accessible_name("Notices, 1 unread")
    assert await overlapping(worker) == []
    await worker.look("notices-en-small")
    await bell(worker).click()
    await rows(worker).first.get_by_role("link").click()
    await expect(worker.page.locator("#case .case-body")).to_contain_text("路边垃圾桶满了两天没有人收")
    await worker.look("notices-case-small")


async def test_the_next_person_does_not_see_them(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    resident = await site.resident("B0103")
    await resident.file("楼下烧烤店天天到半夜，油烟直往家里灌")
    worker = await sign_in(window, address, "limin", PHONE)
    await expect(count(worker)).to_have_text("1")
    await worker.page.locator("#me-open").click()
    await worker.page.locator("#sign-out").click()
    await enter(worker, "chenlu")
    await expect(bell(worker)).to_have_accessible_name("消息")
    await bell(worker).click()
    await expect(sheet(worker)).to_contain_text("还没有消息。")
    await expect(rows(worker)).to_have_count(0)


def bell(window: Window) -> Locator:
    return window.page.locator("#notices-open")


def count(window: Window) -> Locator:
    return window.page.locator("#unread")


def sheet(window: Window) -> Locator:
    return window.page.locator("#notices")


def rows(window: Window) -> Locator:
    return window.page.locator("#notice-rows > li")


async def lines(text: Locator) -> int:
    """How many lines it is shown in."""
    shown: int = await text.evaluate(
        "(node) => Math.round(node.getBoundingClientRect().height / parseFloat(getComputedStyle(node).lineHeight))"
    )
    return shown


async def overlapping(window: Window) -> list[str]:
    """Neighbours in the top bar that lie on each other, or run out of it."""
    found: list[str] = await window.page.evaluate(
        """() => {
          const bar = document.querySelector(".top").getBoundingClientRect();
          const shown = [...document.querySelectorAll(".top > *")].filter((node) => node.getClientRects().length);
          const nameOf = (node) => node.id || node.getAttribute("class");
          const boxes = shown.map((node) => [nameOf(node), node.getBoundingClientRect()]);
          const out = boxes.filter(([, box]) => box.top < bar.top || box.bottom > bar.bottom || box.right > bar.right);
          const on = boxes.slice(1).filter(([, box], at) => box.left < boxes[at][1].right - 0.5);
          return [...out, ...on].map(([name]) => name);
        }"""
    )
    return found


async def given_back(site: Site, name: str) -> str:
    """A case of another grid that the worker was told of and gave back, so that it is no longer theirs to see."""
    site.thinks("其他", action="hold", others=("公安", "城市管理"))
    neighbour, dispatcher, worker = await site.resident("B0201"), await site.staff("chenlu"), await site.staff(name)
    number = await neighbour.file("楼道里堆满纸箱，过不去人")
    await dispatcher.step(number, "assign", unit="DG-01", assignee=name)
    await worker.step(number, "return", reason="not_my_grid")
    site.thinks("生态环境", "生态环境/餐饮油烟", others=("城市管理", "市场监管"))
    return number


async def sign_in(window: Callable[..., Any], address: str, name: str, size: dict[str, int]) -> Window:
    staff: Window = await window(address, "/staff", size)
    await enter(staff, name)
    return staff


async def enter(staff: Window, name: str) -> None:
    await staff.page.fill("#name", name)
    await staff.page.fill("#password", PASSWORD)
    await staff.page.click("#enter")
    await expect(staff.page.locator("#desk")).to_be_visible()
