"""Real Chromium against the real program, both in this test's loop; every page is watched while it is open.

A page that asks another machine for anything, logs an error, or has an axe violation when looked at, fails the test.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.async_api import Browser, Page

from app.build import utcnow
from tests.support.chromium import violations
from tests.support.site import Site, running
from tests.support.town import PASSWORD

PICTURES = os.environ.get("PICTURES")  # the documents' folder keeps some: those are taken anew, no others added
LOOK = os.environ.get("LOOK")  # a folder for a picture of all that is looked at
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
NOT_SIGNED_IN = "/api/staff/session"  # the page asks who it is; the 401 that answers is logged by the browser


@pytest.fixture
async def at_work(town_url: str, tmp_path: Path) -> AsyncIterator[tuple[Site, str]]:
    """The program with today's clock, and where it listens."""
    async with running(town_url, tmp_path, utcnow) as site, listening(site) as address:
        yield site, address


@asynccontextmanager
async def listening(site: Site) -> AsyncIterator[str]:
    class Doors(uvicorn.Server):
        def capture_signals(self) -> Any:
            return nullcontext()

    doors = Doors(uvicorn.Config(site.transport.app, port=0, log_config=None, timeout_graceful_shutdown=1))
    serving = asyncio.create_task(doors.serve())
    while not doors.started:
        await asyncio.sleep(0.02)
    port = doors.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        site.live.stop()
        doors.should_exit = True
        await serving


class Window:
    """One person's browser window; `look(name)` checks what is shown and keeps a picture of it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address, self.faults = page, address, list[str]()
        page.on("request", lambda request: self._only_here(request.url))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", lambda message: self._quiet(message))

    def _only_here(self, url: str) -> None:
        if urlsplit(url).scheme.startswith("http") and not url.startswith(self.address):
            self.faults.append(f"left the machine: {url}")

    def _quiet(self, message: Any) -> None:
        if message.type in ("error", "warning") and NOT_SIGNED_IN not in str(message.location.get("url")):
            self.faults.append(f"console: {message.text}")

    async def enter(self, name: str) -> None:
        """Signs in as somebody of the staff without the form, whose own test is elsewhere."""
        who = {"name": name, "password": PASSWORD}
        answer = await self.page.request.post(f"{self.address}/api/staff/session", data=who)
        assert answer.ok, await answer.text()

    async def go(self, path: str) -> None:
        await self.page.goto(self.address + path)

    async def violations(self) -> list[str]:
        return await violations(self.page)

    async def look(self, name: str = "") -> None:
        assert await self.violations() == []
        assert await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
        assert self.faults == []
        await self.keep(name)

    async def keep(self, name: str) -> None:
        """A picture, where somebody asked for it: taking one takes longer than looking."""
        if name and LOOK:
            await self.page.screenshot(path=Path(LOOK) / f"{name}.png")
        if name and PICTURES and (picture := Path(PICTURES) / f"{name}.png").exists():
            await self.page.screenshot(path=picture)

    async def look_both(self, name: str = "") -> None:
        """On a desk, then on a phone, where the story goes on."""
        for size, where in ((DESKTOP, "desktop"), (PHONE, "phone")):
            await self.page.set_viewport_size(size)
            await self.look(f"{name}-{where}" if name else "")


@pytest.fixture
async def window(browser: Browser) -> AsyncIterator[Callable[..., Any]]:
    """`await window(address, path, PHONE)`: a new person with a window of their own."""
    contexts = []

    async def open_(address: str, path: str, size: dict[str, int] = PHONE, locale: str = "zh-CN") -> Window:
        context = await browser.new_context(viewport=size, locale=locale, timezone_id="Asia/Shanghai")
        contexts.append(context)
        window = Window(await context.new_page(), address)
        await window.page.goto(address + path)
        return window

    yield open_
    for context in contexts:
        await context.close()
