"""The real Chromium of this machine, one for a run, and what axe finds on a page."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ALONE = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
)  # fmt: skip
STILL = """() => document.getAnimations().every(
    (one) => one.playState !== "running" || one.effect.getComputedTiming().endTime === Infinity
)"""

AXE = Axe()
VIOLATIONS = """() => axe.run({resultTypes: ["violations"]}).then((found) => found.violations)"""


@asynccontextmanager
async def started() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ALONE))
        yield browser
        await browser.close()


async def violations(page: Page) -> list[str]:
    """What axe finds, in a line each; once all is still: half faded in, a text has half its contrast."""
    await page.wait_for_function(STILL)
    if not await page.evaluate("'axe' in window"):  # taught once a page: it is as large as all else we load
        await page.evaluate(AXE.axe_script)
    found = await page.evaluate(VIOLATIONS)
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
