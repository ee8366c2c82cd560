"""The console's pages about residents, in Chromium: a proposal is checked, voted on and counted; a notice goes out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from models import ResidentHome
from tests.support.clock import Clock
from tests.support.neighbours import cast, go_on, move_in, score
from tests.web.conftest import DESKTOP, listening, running

HOMES = ("B0103", "B0104")
WORDS = "垃圾桶旁边常有积水，<img src=x onerror=alert(1)> 我叫王小明，电话 13812345678，希望早点修"


async def test_votes_notices_and_scores(
    town_url: str, tmp_path: Path, clock: Clock, window: Callable[..., Any]
) -> None:
    async with running(town_url, tmp_path, clock) as site, listening(site) as address:
        neighbours = await move_in(site, 24, *HOMES)
        raiser = await site.resident(HOMES[0])
        await raiser.say(f"我想提个议题：加装充电桩 <script>alert(1)</script>，{WORDS}")
        await raiser.press("topic_send")

        desk = await window(address, "/", DESKTOP)
        await desk.enter("limin")
        await desk.go("/console/proposals")
        await desk.look_both("proposals-waiting")
        page = desk.page
        await page.get_by_role("link", name="加装充电桩").click()
        await desk.look_both("proposal-check")
        await page.set_viewport_size(DESKTOP)
        assert "13812345678" not in await page.inner_text("main")
        await page.get_by_label("议题", exact=True).fill("楼下加装电动车充电桩")
        await page.get_by_label("截止").fill("2026-11-25T18:00")
        await page.get_by_role("button", name="同意，开始投票").click()
        await page.wait_for_url("**/console/proposals/1")
        await expect(page.locator("#facts")).to_contain_text("即将开始")
        await go_on(site)
        await cast(site, neighbours[:15], 1, 0)
        await cast(site, neighbours[15:20], 1, 1)
        await page.reload()
        await expect(page.locator("#facts")).to_contain_text("20 截止后一起开票")
        await desk.look_both("proposal-open")

        clock.forward(days=8)
        await go_on(site)
        await desk.enter("limin")
        await desk.go("/console/proposals/1")
        await expect(page.locator("#result")).to_contain_text("15")
        await expect(page.locator("main")).to_contain_text("重新点过，数目一致")
        await desk.look_both("proposal-result")

        await page.set_viewport_size(DESKTOP)
        await desk.go("/console/announcements/new")
        await desk.look_both("announcement-new")
        await page.get_by_label("标题").fill("周四停水 <b>通知</b>")
        await page.get_by_label("正文", exact=True).fill("11 月 26 日（周四）9:00 至 16:00 检修管道，请提前存水。")
        await page.get_by_text("另写繁体或英文").click()
        await page.get_by_label("英文正文").fill("No water on Thursday, 9:00 to 16:00: pipes are being repaired.")
        await page.get_by_text("只选其中几栋").click()
        for name in ("丹桂苑 3 栋", "丹桂苑 4 栋"):
            await page.get_by_label(name, exact=True).check()
        await desk.look_both("announcement-ticked")
        await page.get_by_role("button", name="先看看样子").click()
        await page.wait_for_url("**/console/announcements/2")
        await expect(page.locator(".readings")).to_contain_text("No water on Thursday")
        await desk.look_both("announcement-look")
        page.on("dialog", lambda dialog: dialog.accept())
        await page.get_by_role("button", name="发布").click()
        await expect(page.locator("#state")).to_contain_text("发送中")
        await go_on(site)
        await page.reload()
        await expect(page.locator("#far")).to_contain_text("25")
        await desk.look_both("announcement-sent")
        await desk.go("/console/announcements")
        await desk.look_both("announcements")

        phone = await window(address, f"/p/{site.code(HOMES[0])}/talks")
        await expect(phone.page.locator("main")).to_contain_text("同意：15 票")
        await phone.look_both("talks")
        assert "notice" not in (await phone.page.content()).lower().split("<main>")[0]

        await score(site, neighbours[:12], "CX-DG-01", 4, WORDS, business=5)
        await score(site, neighbours[:3], "CX-DG", 5)
        await desk.enter("wangxing")
        await desk.go("/console/scores")
        await desk.look_both("scores")
        await desk.go("/console/scores?area=CX-DG-01")
        await desk.look_both("scores-area")
        assert "13812345678" not in await page.content() and "王小明" not in await page.content()
        async with site.parts.sessions() as session:
            assert await session.get(ResidentHome, (neighbours[0], HOMES[0]))
