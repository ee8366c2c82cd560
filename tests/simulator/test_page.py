"""The phones in real Chromium, with a bot written in each library behind them."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page

from tests.simulator.conftest import Stage, picture
from tests.simulator.kits import inline
from tests.support.chromium import violations

PICTURES = Path(os.environ.get("PICTURES", "test-results"))
CARD = "<b>待签收</b> 丹桂苑 3 栋\n三单元楼道的灯坏了三天。"


@asynccontextmanager
async def looking(browser: Browser, stage: Stage, wide: int, high: int) -> AsyncIterator[tuple[Page, list[str]]]:
    faults: list[str] = []
    page = await browser.new_page(viewport={"width": wide, "height": high}, locale="zh-CN", timezone_id="Asia/Shanghai")
    page.set_default_timeout(8000)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("request", lambda asked: None if _here(asked.url, stage) else faults.append(f"left: {asked.url}"))
    await page.goto(stage.address)
    yield page, faults
    await page.close()


def _here(url: str, stage: Stage) -> bool:
    return not urlsplit(url).scheme.startswith("http") or url.startswith(stage.address)


async def look(page: Page, faults: list[str], name: str) -> None:
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
    assert faults == []
    await page.screenshot(path=PICTURES / f"{name}.png")


async def updates(kit: Any, count: int) -> list[Any]:
    """The next ones, confirmed."""
    got: list[Any] = []
    async with asyncio.timeout(8):
        while len(got) < count:
            more = await kit.bot.get_updates(offset=got[-1].update_id + 1 if got else None, timeout=2)
            got.extend(more)
    await kit.bot.get_updates(offset=got[-1].update_id + 1)
    return got


async def test_a_case_on_three_phones(browser: Browser, stage: Stage, client: Any, tmp_path: Path) -> None:
    world = stage.world
    staff_bot = world.add_bot(username="fengqiao_staff_bot", name="枫桥工作台")
    stage.bot.user.first_name = "枫桥"
    worker, admin = world.add_user("李勇"), world.add_user("王敏")
    world.phones = [(stage.user.id, stage.bot.id), (worker.id, staff_bot.id), (admin.id, staff_bot.id)]
    residents, staff = await client("aiogram"), await client("ptb", staff_bot)
    (tmp_path / "灯.jpg").write_bytes(picture(640, 420, "#5d6b73"))
    async with looking(browser, stage, 1440, 900) as (page, faults):
        resident, second, third = (page.get_by_role("region", name=name) for name in ("桂兰", "李勇", "王敏"))
        await second.get_by_role("button", name="开始").click()
        await third.get_by_role("button", name="开始").click()
        await updates(staff, 2)
        await resident.get_by_role("textbox", name="消息").fill("三单元楼道的灯😀坏了三天，老人下楼看不见。")
        await resident.get_by_role("textbox", name="消息").press("Enter")
        await resident.get_by_label("照片").set_input_files(tmp_path / "灯.jpg")
        said, shown = await updates(residents, 2)
        assert (said.message.text[:3], shown.message.photo[-1].width) == ("三单元", 640)
        place_key = residents.types.KeyboardButton(text="发送我的位置", request_location=True)
        await residents.bot.send_message(
            stage.user.id, "<b>收到了。</b>在哪一栋？", parse_mode="HTML",
            reply_markup=residents.types.ReplyKeyboardMarkup(keyboard=[[place_key]], one_time_keyboard=True),
        )  # fmt: skip
        await resident.get_by_role("button", name="发送我的位置").click()
        await page.get_by_role("dialog").get_by_role("button", name="发送", exact=True).click()
        [placed] = await updates(residents, 1)
        assert placed.message.location.latitude == 29.7146
        await residents.bot.send_message(
            stage.user.id, "编号 <code>251121-0001</code>，期限 <b>11 月 24 日 17:00</b>", parse_mode="HTML",
            reply_markup=inline(residents, "补充", "撤回"),
        )  # fmt: skip
        card = await staff.bot.send_photo(
            worker.id, staff.file(picture(640, 420, "#5d6b73"), "a.jpg"), caption=CARD,
            parse_mode="HTML", reply_markup=inline(staff, "签收", "退回"),
        )  # fmt: skip
        await second.get_by_role("button", name="签收").click()
        [press] = await updates(staff, 1)
        await staff.bot.answer_callback_query(press.callback_query.id, text="已签收")
        await staff.bot.edit_message_caption(
            caption="<b>已签收</b> 李勇 · 丹桂苑 3 栋", parse_mode="HTML", chat_id=worker.id,
            message_id=card.message_id, reply_markup=inline(staff, "答复"),
        )  # fmt: skip
        await second.get_by_text("已编辑").wait_for()
        await staff.bot.send_voice(admin.id, staff.file(b"OggS", "a.ogg"), duration=3, caption="居民留言")
        await third.locator("audio").wait_for()
        await resident.get_by_role("button", name="修改").last.click()
        await page.get_by_role("dialog").get_by_role("textbox").fill("三单元楼道的灯坏了四天，老人下楼看不见。")
        await page.get_by_role("dialog").get_by_role("button", name="保存").click()
        [edited] = await updates(residents, 1)
        assert "四天" in edited.edited_message.text
        await resident.get_by_text("四天").wait_for()
        await page.evaluate("document.querySelectorAll('.log').forEach((log) => { log.scrollTop = log.scrollHeight })")
        await look(page, faults, "simulator-desktop")
        await third.get_by_role("button", name="更多").click()
        await look(page, faults, "simulator-more")
        await third.get_by_role("button", name="屏蔽机器人").click()
        [gone] = await updates(staff, 1)
        assert gone.my_chat_member.new_chat_member.status == "kicked"
        await third.get_by_role("button", name="解除屏蔽并重新开始").wait_for()


async def test_on_a_phone_and_with_a_deep_link(browser: Browser, stage: Stage, client: Any) -> None:
    kit = await client("ptb")
    await kit.bot.set_my_commands([kit.types.BotCommand("new", "新的诉求"), kit.types.BotCommand("my", "我的诉求")])
    async with looking(browser, stage, 390, 844) as (page, faults):
        resident = page.get_by_role("region", name="桂兰")
        await resident.get_by_role("button", name="更多").click()
        await resident.get_by_label("链接参数").fill("b12-3_sig")
        await resident.get_by_role("button", name="打开链接").click()
        [start] = await updates(kit, 1)
        assert start.message.text == "/start b12-3_sig"
        await kit.bot.send_message(stage.user.id, "<img src=x onerror=alert(1)>")
        await resident.get_by_text("<img src=x onerror=alert(1)>").wait_for()
        await resident.get_by_role("button", name="/my").click()
        [menu] = await updates(kit, 1)
        assert menu.message.text == "/my"
        await look(page, faults, "simulator-phone")
        await page.get_by_role("button", name="加一部手机").click()
        await look(page, faults, "simulator-add")
