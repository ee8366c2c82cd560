"""The whole story as two people see it, on telephones; the pictures in the README are taken here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.support.scenes import stall
from tests.support.site import Site
from tests.support.town import PASSWORD
from tests.web.conftest import DESKTOP, PHONE, Window

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    """What the resident saw, and what the worker did about it."""
    before, after = tmp_path / "before.jpg", tmp_path / "after.jpg"
    before.write_bytes(stall(smoke=True))
    after.write_bytes(stall(smoke=False))
    return before, after


async def test_the_whole_story(
    at_work: tuple[Site, str], window: Callable[..., Any], pictures: tuple[Path, Path]
) -> None:
    site, address = at_work
    resident = await window(address, f"/p/{site.code('B0103')}")
    await expect(resident.page.locator("#where")).to_have_text("丹桂苑 3 栋")
    await expect(said(resident).last).to_contain_text("您好，我是小枫。您在丹桂苑 3 栋。")
    await resident.look("resident-hello")

    await tell(resident, "楼下烧烤店天天到半夜，油烟直往家里灌，打过电话没人管")
    await expect(card(resident)).to_contain_text("餐饮油烟 → 城市管理局")
    await resident.page.set_input_files("#files", pictures[0])
    await expect(card(resident)).to_contain_text("1 张")
    await resident.look("resident-card")
    await quick(resident, "提交")
    await expect(said(resident).last).to_contain_text("已提交，编号")
    await expect(resident.page.locator("#strip")).to_contain_text("待签收")
    await resident.look("resident-filed")

    worker = await sign_in(window, address, "limin")
    task = worker.page.locator("#tasks > li")
    await expect(task).to_have_count(1)
    await expect(task).to_contain_text("丹桂苑 3 栋")
    await worker.look("worker-tasks")
    await task.get_by_role("button", name="签收").click()
    await expect(worker.page.locator("#tasks")).to_contain_text("办理中")
    await expect(said(resident).last).to_contain_text("李敏已签收")
    await open_case(worker)
    await worker.look("worker-case")

    await step(worker, "问居民")
    await worker.page.locator("#step textarea").fill("店招牌叫什么？")
    await worker.look("worker-ask")
    await send(worker)
    await expect(said(resident).last).to_contain_text("店招牌叫什么？")
    await quick(resident, "回复")
    await tell(resident, "老张烧烤")
    await expect(worker.page.locator("#case")).to_contain_text("老张烧烤")

    await answer(worker, "已责令店家清洗油烟净化器，晚十点后不再出摊。", pictures[1])
    await expect(said(resident).last).to_contain_text("答复来了（已解决）")
    await resident.look("resident-answer")
    await rate(resident, "联系过", "没解决", "不满意")
    await expect(said(resident).last).to_contain_text("没解决，可以马上重新交办")
    await quick(resident, "没解决，重新办")
    await tell(resident, "昨晚又开到一点")
    await expect(said(resident).last).to_contain_text("已重新交办，这次由")

    leader = await sign_in(window, address, await holder(site), DESKTOP)
    await expect(leader.page.locator("#tasks > li")).to_have_count(1)
    await open_case(leader)
    await leader.look("leader-desktop")
    await step(leader, "签收")
    await expect(leader.page.locator("#case")).to_contain_text("办理中")
    await answer(leader, "已立案查处，店家停业整改。", pictures[1])
    await expect(said(resident).last).to_contain_text("已立案查处")
    await rate(resident, "联系过", "解决了", "满意")
    await expect(said(resident).filter(has_text="已归档")).to_have_count(1)
    await expect(said(resident).last).to_contain_text("打个分")  # once a quarter
    await expect(resident.page.locator("#strip")).to_be_hidden()
    await resident.look("resident-closed")
    await expect(leader.page.locator("#case")).to_contain_text("已归档")
    await leader.look()


async def test_what_was_typed_outlives_the_network_and_the_window(
    at_work: tuple[Site, str], window: Callable[..., Any]
) -> None:
    """Offline: kept and shown as waiting; back: sent once. A draft is still there after a reload."""
    site, address = at_work
    resident = await window(address, "/")
    await expect(said(resident).last).to_contain_text("您好")
    await resident.page.context.set_offline(True)
    await tell(resident, "柳溪镇路灯坏了")
    await expect(resident.page.locator("#log")).to_contain_text("柳溪镇路灯坏了")
    await resident.page.wait_for_timeout(1500)
    await resident.page.context.set_offline(False)
    await expect(card(resident)).to_contain_text("柳溪镇", timeout=30_000)
    await resident.page.reload()
    await expect(resident.page.locator("#log")).to_contain_text("柳溪镇路灯坏了")
    async with site.parts.sessions() as session:
        from sqlalchemy import text

        told = await session.scalar(text("select count(*) from chat_messages where said_by = 'resident'"))
    assert told == 1


async def test_the_dispatcher_sorts_by_hand(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    site.thinks("其他", action="hold", others=("公安", "城市管理"))
    person = await site.resident("B0103")
    number = await person.file("楼下那条大狗又没牵绳")
    dispatcher = await sign_in(window, address, "chenlu", DESKTOP)
    await dispatcher.page.locator("#tabs").get_by_role("link", name="待分拨").click()
    await expect(dispatcher.page.locator("#tasks")).to_contain_text(number)
    await open_case(dispatcher)
    await step(dispatcher, "派给")
    await dispatcher.look("dispatcher-assign")
    await dispatcher.page.locator('#step select[name="unit"]').select_option(label="公安局")
    await send(dispatcher)
    await expect(dispatcher.page.locator("#case")).to_contain_text("待签收")
    await dispatcher.look()


@pytest.mark.parametrize(("locale", "hello"), [("en-GB", "Hello"), ("zh-TW", "您好")])
async def test_in_the_readers_language(
    at_work: tuple[Site, str], window: Callable[..., Any], locale: str, hello: str
) -> None:
    site, address = at_work
    resident = await window(address, f"/p/{site.code('B0103')}", PHONE, locale)
    await expect(said(resident).last).to_contain_text(hello)
    await tell(resident, "燒烤店油煙太大")
    await expect(card(resident)).to_be_visible()
    await resident.look(f"resident-{locale}")


def said(window: Window) -> Locator:
    return window.page.locator("#log .bubble.us, #log .us .bubble, #log [data-from='us']")


def card(window: Window) -> Locator:
    return window.page.locator("#log .card").last


async def tell(window: Window, text: str) -> None:
    await window.page.fill("#box", text)
    await window.page.press("#box", "Enter")


async def quick(window: Window, label: str) -> None:
    await window.page.locator("#quick").get_by_role("button", name=label, exact=True).click()


async def rate(window: Window, *answers: str) -> None:
    for answer_ in answers:
        await quick(window, answer_)


async def sign_in(window: Callable[..., Any], address: str, name: str, size: dict[str, int] = PHONE) -> Window:
    staff: Window = await window(address, "/staff", size)
    await staff.page.fill("#name", name)
    await staff.page.fill("#password", PASSWORD)
    await staff.look()
    await staff.page.click("#enter")
    await expect(staff.page.locator("#desk")).to_be_visible()
    return staff


async def open_case(window: Window) -> None:
    await (
        window.page.locator("#tasks > li")
        .first.get_by_role("link")
        .or_(window.page.locator("#tasks > li .open"))
        .first.click()
    )
    await expect(window.page.locator("#case")).to_contain_text("办理经过")


async def step(window: Window, name: str) -> None:
    """Press a step on the case page, from 更多 where it is not the first."""
    case = window.page.locator("#case")
    button = case.get_by_role("button", name=name, exact=True)
    if not await button.is_visible():
        await case.get_by_role("button", name="更多").click()
        button = window.page.get_by_role("button", name=name, exact=True).last
    await button.click()


async def send(window: Window) -> None:
    await window.page.locator("#step button[type=submit]").click()
    await expect(window.page.locator("#step")).to_be_hidden()


async def answer(window: Window, text: str, evidence: Path) -> None:
    await step(window, "答复")
    sheet = window.page.locator("#step")
    await sheet.get_by_text("已解决", exact=True).click()
    await sheet.locator("textarea").fill(text)
    await sheet.locator("input[type=file]").set_input_files(evidence)
    await expect(sheet.locator("img")).to_have_count(1)
    await window.look("worker-reply" if window.page.viewport_size == PHONE else "")
    await send(window)


async def holder(site: Site) -> str:
    from sqlmodel import select

    from models import Case

    async with site.parts.sessions() as session:
        return str((await session.exec(select(Case.assignee))).one())
