"""Chinese is composed before it is written: the Enter that chooses a word sends nothing, in any field of any page."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from playwright.async_api import CDPSession, Locator, Page

from tests.support.site import Site
from tests.web.conftest import DESKTOP, Window, listening
from web.console import menu

pytestmark = pytest.mark.browser
TYPED, CHOSEN = "louxia", "楼下"
ENTER = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
FIELDS = "textarea, input:not([type]), input[type=text], input[type=search]"
PAGES = {
    "jiangyan": [page.path for page in menu.PAGES if "admin" in page.who]
    + [
        "/console/announcements/new", "/console/proposals/new", "/console/tables/people/row",
        "/console/rules/row", "/console/services/one", "/console/texts/one?key=hello",
    ],
    "guwenbo": ["/console/triage"],
}  # fmt: skip
OPENS = ("/stream", "/api/chat/session")  # what a page asks for as it opens, at its own time; nobody's words
HEARD = """() => { window.sent = [];
    document.addEventListener("submit", (event) => { window.sent.push("submit"); event.preventDefault(); }, true); }"""


@pytest.fixture(scope="module")
async def address(shared_site: Site) -> AsyncIterator[str]:
    async with listening(shared_site) as address:
        yield address


async def composed(page: Page, keys: CDPSession, field: Locator) -> str:
    """As an input method types: letters that are not there yet, Enter that takes them over, and what stands then."""
    await field.fill("")
    await field.focus()
    await keys.send(
        "Input.imeSetComposition", {"text": TYPED, "selectionStart": len(TYPED), "selectionEnd": len(TYPED)}
    )
    await keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **ENTER})
    await keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **ENTER})
    await keys.send("Input.insertText", {"text": CHOSEN})
    return await field.input_value()


async def walked(seen: Window, path: str) -> tuple[int, list[str]]:
    """How many fields there are, and what is wrong with them."""
    page, wrong = seen.page, list[str]()
    await seen.go(path)
    await page.evaluate(HEARD)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.method == "POST" else None)
    keys = await page.context.new_cdp_session(page)
    fields = [one for one in await page.locator(FIELDS).all() if await one.is_visible() and await one.is_editable()]
    for field in fields:
        name = await field.evaluate("one => one.name || one.id")
        if (stands := await composed(page, keys, field)) != CHOSEN:
            wrong.append(f"{path} {name}: {stands!r} stands there")
        if sent := await page.evaluate("window.sent.splice(0)"):
            wrong.append(f"{path} {name}: {sent}")
    await keys.detach()
    return len(fields), wrong + [f"{path}: {url}" for url in asked if not any(one in url for one in OPENS)]


async def test_what_is_composed_is_sent_by_nobody(shared_site: Site, address: str, window: Callable[..., Any]) -> None:
    number = await (await shared_site.resident("B0103")).file("楼下烧烤店油烟太大")
    counted, wrong = dict[str, int](), list[str]()
    resident: Window = await window(address, f"/p/{shared_site.code('B0103')}")
    await resident.page.wait_for_selector("#log .us")
    counted["chat"], found = await walked(resident, f"/p/{shared_site.code('B0103')}")
    wrong += found
    for name, paths in PAGES.items():
        seen: Window = await window(address, "/staff", DESKTOP)
        await seen.enter(name)
        for path in [*paths, f"/staff#case/{number}"]:
            counted[path], found = await walked(seen, path)
            wrong += found
    assert wrong == []
    assert counted["chat"] and counted["/console/cases"] and counted["/console/tables/people/row"]
    assert sum(counted.values()) > 40, counted


async def test_the_check_can_fail(window: Callable[..., Any], address: str) -> None:
    """A page that takes every Enter for a wish to send is found out."""
    seen: Window = await window(address, "/public")
    page = seen.page
    await page.evaluate(HEARD)
    await page.evaluate("""() => {
        const form = document.createElement("form"), field = document.createElement("input");
        field.id = "hasty"; form.append(field); document.body.append(form);
        field.addEventListener("keydown", (press) => { if (press.key === "Enter") form.requestSubmit(); });
    }""")
    keys = await page.context.new_cdp_session(page)
    await composed(page, keys, page.locator("#hasty"))
    assert await page.evaluate("window.sent") == ["submit"]
