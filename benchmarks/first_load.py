"""What the resident's page costs on an old phone on a slow line: bytes, requests, and until one can type and send.

    PYTHONPATH=. .venv/bin/python benchmarks/first_load.py [--runs 5]

Chromium's own throttling: 400 kbit/s each way, 400 ms until an answer begins, the processor four times slower. It
does not slow the making of a connection: over TLS add two or three times 400 ms once. Each first visit is by somebody
new; “uncompressed” is the same browser without gzip; “again” is the same person once more, first without the service
worker and then with it. “page” is when the page's last byte was there, “work” how long the page's own thread was busy
until it was sent: where other programs take the processor too, “sent” says little and these say more.
Limits: 60 KB, 1.5 s.
"""

import argparse
import asyncio
import re
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright, expect

from tests.support.chromium import ALONE, CHROMIUM
from tests.support.program import Program
from tests.web.conftest import PHONE

RATE = 400 * 1000 / 8  # bytes a second
LINE = {"offline": False, "latency": 400, "downloadThroughput": RATE, "uploadThroughput": RATE}
SLOWER = 4
LIMIT_BYTES, LIMIT_MS = 60 * 1024, 1500
HASTE = """
    const timer = setInterval(() => {
        const [box, send] = ["box", "send"].map((id) => document.getElementById(id));
        if (!box || document.activeElement !== box && box.focus()) return;
        if (!box.value) document.execCommand("insertText", false, "楼下路灯坏了");
        send.click();
        if (!document.querySelector("#log .said.me")) return;
        window.sent = performance.now();
        clearInterval(timer);
    }, 10);
"""  # somebody who types and presses 发送 as soon as there is a box, until it does something
AT = "(name) => (performance.getEntriesByName(name)[0] || {startTime: 0}).startTime"


class Wire:
    """Counts what comes in."""

    def __init__(self, cdp: CDPSession) -> None:
        self.cdp, self.requests, self.bytes = cdp, 0, 0
        cdp.on("Network.requestWillBeSent", lambda _: self._asked())
        cdp.on("Network.loadingFinished", lambda event: self._got(event["encodedDataLength"]))

    def _asked(self) -> None:
        self.requests += 1

    def _got(self, length: float) -> None:
        self.bytes += int(length)


async def slow(page: Page, gzip: bool) -> Wire:
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    await cdp.send("Network.enable")
    await cdp.send("Network.emulateNetworkConditions", LINE)
    await cdp.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    if not gzip:
        await cdp.send("Network.setExtraHTTPHeaders", {"headers": {"Accept-Encoding": "identity"}})
    return Wire(cdp)


async def work(cdp: CDPSession) -> float:
    """Milliseconds the page's thread was busy, slowed as it is."""
    figures = (await cdp.send("Performance.getMetrics"))["metrics"]
    return 1000 * next(one["value"] for one in figures if one["name"] == "TaskDuration")


async def visit(context: BrowserContext, url: str, gzip: bool = True) -> dict[str, float]:
    """Opens the page, types and sends as soon as it lets one."""
    page = await context.new_page()
    await page.add_init_script(HASTE)
    wire = await slow(page, gzip)
    await page.goto(url, wait_until="commit")
    await page.wait_for_function("() => window.sent")
    before, busy = wire.requests, await work(wire.cdp)
    await expect(page.locator("#log .said.us").last).to_contain_text(re.compile("在哪里|最贴近"), timeout=20_000)
    answered = await page.evaluate("performance.now()")
    seen = {
        "bytes": wire.bytes,
        "requests": before,
        "page": await page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd"),
        "work": busy,
        "painted": await page.evaluate(AT, "first-contentful-paint"),
        "ready": await page.evaluate(AT, "fengqiao-ready"),
        "sent": await page.evaluate("window.sent"),
        "answered": answered,
    }
    await page.close()
    return seen


async def first(browser: Browser, url: str, gzip: bool) -> dict[str, float]:
    context = await browser.new_context(viewport=PHONE, locale="zh-CN", service_workers="block")
    seen = await visit(context, url, gzip)
    await context.close()
    return seen


async def again(browser: Browser, url: str, workers: Any) -> dict[str, float]:
    """The second visit; before it the page may have settled in."""
    context = await browser.new_context(viewport=PHONE, locale="zh-CN", service_workers=workers)
    page = await context.new_page()
    await page.goto(url)
    if workers == "allow":
        await page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    await page.close()
    seen = await visit(context, url)
    await context.close()
    return seen


def told(name: str, seen: list[dict[str, float]]) -> dict[str, float]:
    middle = {key: median(one[key] for one in seen) for key in seen[0]}
    times = "  ".join(f"{key} {middle[key]:5.0f}" for key in ("page", "work", "painted", "ready", "sent", "answered"))
    print(f"{name:<24} {middle['bytes'] / 1024:6.1f} KB  {middle['requests']:3.0f} requests  {times} ms")
    return middle


async def measure(url: str, runs: int) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ALONE))
        await first(browser, url, True)  # whatever is slow only once
        plain = told("first visit", [await first(browser, url, True) for _ in range(runs)])
        told("first, uncompressed", [await first(browser, url, False) for _ in range(runs)])
        told("again", [await again(browser, url, "block") for _ in range(runs)])
        told("again, service worker", [await again(browser, url, "allow") for _ in range(runs)])
        await browser.close()
    good = plain["bytes"] <= LIMIT_BYTES and plain["sent"] <= LIMIT_MS
    print(f"limits {LIMIT_BYTES // 1024} KB and {LIMIT_MS} ms until something is sent: {'kept' if good else 'BROKEN'}")


def main() -> None:
    asked = argparse.ArgumentParser(description="the resident's page on a slow line")
    asked.add_argument("--runs", type=int, default=5)
    runs = asked.parse_args().runs
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        program = Program(Path(folder), fresh=True).wait()
        try:
            asyncio.run(measure(f"{program.url}/?lang=zh-Hans", runs))
        finally:
            program.stop()


if __name__ == "__main__":
    main()
