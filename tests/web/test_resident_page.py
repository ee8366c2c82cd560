"""The resident's page on the telephones people have: large and dark, by keyboard, without a network, as an app."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, expect
from sqlmodel import select

from models import ChatMessage, Photo, Resident
from tests.support.scenes import stall
from tests.support.site import Site
from tests.web.conftest import DESKTOP, Window
from web import resident as page_of

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)

SMALL = {"width": 360, "height": 640}
SMOKE = "楼下烧烤店天天到半夜，油烟直往家里灌"

# What somebody who reads with difficulty sees: [what is wrong, of which element], of everything visible.
TOO_SMALL = """() => {
    const seen = (node) => { const box = node.getBoundingClientRect(); return box.width > 2 && box.height > 2 && box; };
    const wrong = [];
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
        const node = words.currentNode.parentElement;
        if (!words.currentNode.data.trim() || !seen(node)) continue;
        if (node.closest(".away, script, style, noscript, option")) continue;
        const style = getComputedStyle(node);
        const size = parseFloat(style.fontSize);
        if (size < 18) wrong.push(["text " + size, node.outerHTML.slice(0, 80)]);
        if (parseFloat(style.lineHeight) / size < 1.25) wrong.push(["lines", node.outerHTML.slice(0, 80)]);
    }
    for (const node of document.querySelectorAll("button, a, input:not([hidden]), select, textarea, .way-of")) {
        const box = seen(node);
        if (!box || Math.min(box.width, box.height) > 59.5) continue;
        wrong.push([`target ${box.width}x${box.height}`, node.outerHTML.slice(0, 80)]);
    }
    return wrong;
}"""


def said(window: Window) -> Locator:
    return window.page.locator("#log .us .bubble")


def card(window: Window) -> Locator:
    return window.page.locator("#log .card").last


async def tell(window: Window, text: str) -> None:
    await window.page.fill("#box", text)
    await window.page.press("#box", "Enter")


async def quick(window: Window, label: str) -> None:
    await window.page.locator("#quick").get_by_role("button", name=label, exact=True).click()


async def settings(window: Window) -> None:
    if await window.page.locator("#menu-open").is_visible():
        await window.page.click("#menu-open")
    await window.page.locator("[data-looks]:visible").click()


async def choose(window: Window, *names: str) -> None:
    await settings(window)
    for name in names:
        await window.page.get_by_role("radio", name=name, exact=True).check()
    await window.look()
    await window.page.keyboard.press("Escape")
    await expect(window.page.locator("dialog[open]")).to_have_count(0)


async def look_unplugged(window: Window, name: str) -> None:
    """The browser logs what it could not fetch."""
    assert await window.violations() == []
    assert await window.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [fault for fault in window.faults if "INTERNET_DISCONNECTED" not in fault] == []
    await window.keep(f"{name}")


async def told(site: Site) -> list[ChatMessage]:
    async with site.parts.sessions() as session:
        theirs = select(ChatMessage).where(ChatMessage.said_by == "resident")
        return sorted((await session.exec(theirs)).all(), key=lambda line: line.id or 0)


async def test_large_type_is_for_the_page_and_for_the_words(
    at_work: tuple[Site, str], window: Callable[..., Any]
) -> None:
    site, address = at_work
    seen: Window = await window(address, f"/p/{site.code('B0103')}", SMALL)
    await seen.look("resident-small")
    await seen.page.click("#elder")
    await expect(said(seen).last).to_contain_text("您好")
    await seen.look("resident-elder-hello")
    assert await seen.page.evaluate(TOO_SMALL) == []
    async with site.parts.sessions() as session:
        await expect_large(session, True)

    await tell(seen, SMOKE)
    await expect(card(seen)).to_contain_text("这样对吗？")
    await expect(seen.page.locator("#quick button")).to_have_count(3)
    assert await seen.page.evaluate(TOO_SMALL) == []
    await seen.look("resident-elder-card")
    await quick(seen, "提交")
    await expect(said(seen).last).to_contain_text("查询码")
    assert await seen.page.evaluate(TOO_SMALL) == []
    await seen.look("resident-elder-filed")

    await choose(seen, "特大", "深色")
    assert await seen.page.evaluate(TOO_SMALL) == []
    await seen.look("resident-huge-dark")
    await seen.page.reload()
    await expect(seen.page.locator("html")).to_have_class("elder huge met")
    await expect(said(seen).last).to_contain_text("查询码")
    await tell(seen, "/large")
    await expect(seen.page.locator("#elder")).to_have_attribute("aria-pressed", "false")
    await expect(seen.page.locator("html")).to_have_class("met")


async def expect_large(session: Any, large: bool) -> None:
    """The page tells the server behind the press."""
    for _ in range(100):
        session.expire_all()
        if [one.large for one in (await session.exec(select(Resident))).all()] == [large]:
            return
        await session.rollback()
    raise AssertionError("the server does not know")


async def test_dark_in_every_state_and_three_languages(
    at_work: tuple[Site, str], window: Callable[..., Any], tmp_path: Path
) -> None:
    site, address = at_work
    seen: Window = await window(address, f"/p/{site.code('B0103')}")
    page = seen.page
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    await expect(said(seen).last).to_contain_text("您好")
    await page.fill("#box", SMOKE)
    await seen.look("resident-dark-typing")
    await page.press("#box", "Enter")
    await expect(card(seen)).to_be_visible()
    (tmp_path / "stall.jpg").write_bytes(stall(smoke=True))
    await page.set_input_files("#files", tmp_path / "stall.jpg")
    await expect(card(seen)).to_contain_text("1 张")
    await seen.look_both("resident-dark-card")
    await quick(seen, "提交")
    await expect(page.locator("#strip")).to_contain_text("待签收")
    await seen.look_both("resident-dark-filed")
    await tell(seen, "/my")
    await expect(said(seen).last).to_contain_text("餐饮油烟")
    await seen.look("resident-dark-cases")
    await page.click("#menu-open")
    await seen.look("resident-dark-menu")
    await page.locator("#menu [data-lookup]").click()
    await page.fill("#code", "1234")
    await page.press("#code", "Enter")
    await seen.look("resident-dark-lookup")
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog[open]")).to_have_count(0)

    await page.select_option("#language", "en")
    await page.wait_for_url("**lang=en")
    await expect(page.locator("#box")).to_have_attribute("placeholder", "What happened?")
    await page.emulate_media(color_scheme="light")
    await choose(seen, "Large")
    await seen.look("resident-elder-english")
    await page.select_option("#language", "zh-Hant")
    await expect(page.locator("#box")).to_have_attribute("placeholder", "遇到什麼事，說來聽聽")
    await page.emulate_media(media="print")
    assert await page.locator(".dock").is_hidden()
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


async def test_a_complaint_by_keyboard_alone(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    """Tab and Enter, and an input method whose Enter chooses a character and sends nothing."""
    site, address = at_work
    seen: Window = await window(address, f"/p/{site.code('B0103')}", DESKTOP)
    page = seen.page
    await expect(said(seen).last).to_contain_text("您好")
    await tab_to(page, "#box")
    cdp = await page.context.new_cdp_session(page)
    compose = {"selectionStart": 4, "selectionEnd": 4, "text": "loux"}
    await cdp.send("Input.imeSetComposition", compose)
    enter = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    await cdp.send("Input.dispatchKeyEvent", {"type": "keyDown", **enter})
    await cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    await page.keyboard.press("Enter")  # some keyboards say Enter while they compose
    assert await page.locator("#log .me").count() == 0
    await cdp.send("Input.insertText", {"text": SMOKE})
    await page.keyboard.press("Enter")
    await expect(card(seen)).to_be_visible()
    await expect(page.locator("#box")).to_be_focused()
    await expect(page.locator("#live")).to_contain_text("餐饮油烟")
    await page.keyboard.press("Shift+Tab")
    await back_to(page, "提交")
    await page.keyboard.press("Enter")
    await expect(said(seen).last).to_contain_text("已提交，编号")
    assert await page.evaluate("document.activeElement !== document.body"), "the focus is lost"
    nameless = "nodes => nodes.filter(one => !(one.ariaLabel || one.textContent.trim() || one.labels?.length))"
    assert await page.locator("button:visible, a:visible, input:visible").evaluate_all(nameless) == []


async def tab_to(page: Page, selector: str) -> None:
    for _ in range(30):
        if await page.evaluate("(it) => document.activeElement.matches(it)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by the keyboard")


async def back_to(page: Page, name: str) -> None:
    for _ in range(30):
        if await page.evaluate("document.activeElement.textContent") == name:
            return
        await page.keyboard.press("Shift+Tab")
    raise AssertionError(f"{name} is not reached by the keyboard")


async def test_without_a_network_the_page_opens_and_nothing_is_lost(
    at_work: tuple[Site, str], window: Callable[..., Any], tmp_path: Path
) -> None:
    """Words and a photo outlive the window; the browser sends them behind a closed page, each once."""
    site, address = at_work
    seen: Window = await window(address, f"/p/{site.code('B0103')}")
    page, context = seen.page, seen.page.context
    await expect(said(seen).last).to_contain_text("您好")
    await page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    await context.set_offline(True)
    await page.reload()
    await expect(page.locator("#where")).to_have_text("丹桂苑 3 栋")
    (tmp_path / "stall.jpg").write_bytes(stall(smoke=True))
    await tell(seen, SMOKE)
    await page.set_input_files("#files", tmp_path / "stall.jpg")
    await expect(page.locator("#log .pending")).to_have_count(2)
    await page.fill("#box", "还没写完的话")
    await look_unplugged(seen, "resident-offline")
    await page.wait_for_timeout(300)  # a draft is kept a moment after the last key
    await page.close()

    other = await context.new_page()
    await other.goto("about:blank")
    await context.set_offline(False)
    worker = context.service_workers[0]
    failed = await worker.evaluate(
        """() => new Promise((done) => {
            const waitUntil = (work) => work.then(() => done(""), (error) => done(String(error)));
            self.dispatchEvent(Object.assign(new Event("sync"), { tag: "outbox", waitUntil }));
        })"""
    )
    assert not failed
    async with site.parts.sessions() as session:
        assert [len(line.photos) for line in await told(site)] == [0, 1]
        assert (await session.exec(select(Photo))).one().width <= 2560

    again = Window(await context.new_page(), address)
    await again.go(f"/p/{site.code('B0103')}")
    await expect(again.page.locator("#box")).to_have_value("还没写完的话")
    await expect(card(again)).to_contain_text("1 张")
    await expect(again.page.locator("#log .pending")).to_have_count(0)
    await again.look("resident-back")
    assert len(await told(site)) == 2
    kept = await again.page.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((one) => caches.open(one).then((it) => it.keys()))))"
        ".then((all) => all.flat().map((one) => new URL(one.url).pathname))"
    )
    assert kept
    assert not [path for path in kept if path.startswith("/api/")]


async def test_a_new_version_comes_without_eating_what_is_typed(
    at_work: tuple[Site, str], window: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, address = at_work
    seen: Window = await window(address, "/")
    page = seen.page
    await expect(said(seen).last).to_contain_text("您好")
    await page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    await page.wait_for_function("() => navigator.serviceWorker.controller")
    await page.fill("#box", "正在写")
    monkeypatch.setattr(page_of, "_edition", lambda: "another")
    await page.evaluate(
        """async () => {
            const changed = new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done));
            await (await navigator.serviceWorker.ready).update();
            await changed;
        }"""
    )
    await page.wait_for_function("async () => (await caches.keys()).join() === 'fengqiao-another'")
    await expect(page.locator("#box")).to_have_value("正在写")
    await page.close()


async def test_what_cannot_be_kept_or_sent_is_said_before(
    at_work: tuple[Site, str], window: Callable[..., Any], tmp_path: Path
) -> None:
    """A private window without a database, a full disk, and files that are no photos."""
    site, address = at_work
    seen: Window = await window(address, "/")
    page = seen.page
    await page.add_init_script("IDBFactory.prototype.open = () => { throw new Error('none here'); };")
    await page.reload()
    await expect(said(seen).last).to_contain_text("您好")
    (tmp_path / "bill.jpg").write_bytes(b"%PDF-1.4 no picture")
    await page.set_input_files("#files", tmp_path / "bill.jpg")
    await expect(page.locator("#log .notice")).to_contain_text("“bill.jpg”不是能发的照片")
    assert await told(site) == []
    await page.context.set_offline(True)
    await tell(seen, "柳溪镇路灯坏了")
    await expect(page.locator("#log .pending")).to_contain_text("发出去之前请不要关这个页面")
    await look_unplugged(seen, "resident-unkept")
    await page.context.set_offline(False)
    await expect(page.locator("#log .pending")).to_have_count(0)
    assert len(await told(site)) == 1


async def test_back_shows_what_is_true_now(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    seen: Window = await window(address, f"/p/{site.code('B0103')}")
    await tell(seen, SMOKE)
    await quick(seen, "提交")
    await expect(said(seen).last).to_contain_text("已提交，编号")
    await seen.go("/healthz")
    worker = await site.staff("limin")
    [number] = await worker.tasks()
    await worker.step(number, "sign")
    await seen.page.go_back()
    await expect(seen.page.locator("#strip")).to_contain_text("办理中")
    await expect(said(seen).last).to_contain_text("李敏已签收")


def test_icons_are_pictures() -> None:
    for name, size in (("192", 192), ("512", 512), ("maskable-512", 512)):
        data = (page_of.bundle.OWN / f"icons/{name}.png").read_bytes()
        assert Image.open(io.BytesIO(data)).size == (size, size)
