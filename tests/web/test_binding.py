"""A chat bound from the staff page: the link, the list, the end, and nobody else's; as JSON and in the browser."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import expect
from sqlmodel import select

from bot.desk import binding
from models import DeskChat
from tests.support.site import Site
from tests.support.town import PASSWORD
from tests.web.conftest import Window
from web.qr import draw

BOT, CHANNEL = "https://t.me/fengqiao_staff_bot?start=", "telegram-staff"
DOOR = "/api/staff/binding"


def with_bot(site: Site) -> None:
    site.transport.app.state.parts.staff_link = lambda token: BOT + token  # type: ignore[attr-defined]


async def follow(site: Site, url: str, address: str) -> None:
    """What the bot does when somebody presses start."""
    async with site.parts.transactions.begin() as session:
        await binding.bind(session, url.removeprefix(BOT), CHANNEL, address, site.parts.now())


async def test_a_link_binds_a_chat_and_the_page_can_end_it(site: Site) -> None:
    with_bot(site)
    staff = (await site.staff("limin")).http
    assert (await staff.get(DOOR)).json() == {"bot": True, "chats": []}
    made = (await staff.post(DOOR)).json()
    now = site.parts.now()
    assert made["url"].startswith(BOT) and len(made["url"]) == len(BOT) + 32
    assert (made["qr_svg"], made["expires_at"]) == (draw(made["url"]), stamp(now + timedelta(minutes=10)))
    await follow(site, made["url"], "710000002")
    bound = {"channel": CHANNEL, "address": "710000002", "since": stamp(now), "reachable": True}
    assert (await staff.get(DOOR)).json() == {"bot": True, "chats": [bound]}
    assert (await staff.delete(f"{DOOR}/{CHANNEL}/710000002")).status_code == 204
    assert (await staff.get(DOOR)).json()["chats"] == []


async def test_nobody_ends_another_s_and_a_stranger_learns_nothing(site: Site) -> None:
    with_bot(site)
    one, other = (await site.staff("limin")).http, (await site.staff("jiangyan")).http
    await follow(site, (await one.post(DOOR)).json()["url"], "710000002")
    theirs, none = [await other.delete(f"{DOOR}/{CHANNEL}/{address}") for address in ("710000002", "710000003")]
    assert (theirs.status_code, theirs.text) == (404, none.text)
    assert (await other.get(DOOR)).json()["chats"] == []
    assert len(await chats(site)) == 1


async def test_without_a_staff_bot_nothing_is_offered(site: Site) -> None:
    staff = (await site.staff("limin")).http
    assert (await staff.get(DOOR)).json() == {"bot": False, "chats": []}
    assert (await staff.post(DOOR)).status_code == 404


async def test_only_for_who_is_signed_in_and_meant_it(site: Site) -> None:
    with_bot(site)
    stranger, staff = site.client(), (await site.staff("limin")).http
    asked = [await stranger.get(DOOR), await stranger.post(DOOR), await stranger.delete(f"{DOOR}/{CHANNEL}/1")]
    assert [answer.status_code for answer in asked] == [401, 401, 401]
    del staff.headers["x-csrf-token"]
    assert (await staff.post(DOOR)).status_code == 403


@pytest.mark.browser
async def test_in_the_browser(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    with_bot(site)
    seen: Window = await window(address, "/staff")
    await seen.page.fill("#name", "limin")
    await seen.page.fill("#password", PASSWORD)
    await seen.page.click("#enter")
    await seen.page.click("#me-open")
    way = seen.page.get_by_role("button", name="绑定 Telegram")
    await expect(way).to_contain_text("还没有绑定")
    await expect(seen.page.get_by_role("link", name="打印楼栋二维码")).to_be_visible()
    await seen.look_both("binding-menu")
    await way.click()
    sheet = seen.page.get_by_role("dialog")
    link = sheet.get_by_role("link", name="打开 Telegram")
    await expect(sheet.locator("svg.qr")).to_be_visible()
    await seen.look_both("binding-link")
    await follow(site, str(await link.get_attribute("href")), "710000002")
    await expect(sheet.get_by_role("listitem")).to_have_count(1, timeout=10_000)
    await expect(sheet.get_by_role("button", name="再绑定一个")).to_be_visible()
    await blocked(site)
    await sheet.get_by_role("button", name="关闭").click()
    await seen.page.click("#me-open")
    await expect(way).to_contain_text("已绑定 1 个")
    await way.click()
    await expect(sheet.get_by_text("发不到")).to_be_visible()
    await seen.look_both("binding-bound")
    await sheet.get_by_role("button", name="解绑").click()
    assert len(await chats(site)) == 1  # not before it was said twice
    await sheet.get_by_role("button", name="确定解绑").click()
    await expect(sheet.get_by_role("button", name="生成绑定链接")).to_be_visible()
    assert await chats(site) == []
    await seen.look_both()


async def blocked(site: Site) -> None:
    async with site.parts.transactions.begin() as session:
        (await session.exec(select(DeskChat))).one().unreachable_at = site.parts.now()


async def chats(site: Site) -> list[DeskChat]:
    async with site.parts.sessions() as session:
        return list((await session.exec(select(DeskChat))).all())


def stamp(at: Any) -> str:
    return str(at.isoformat().replace("+00:00", "Z"))
