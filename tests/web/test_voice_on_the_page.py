"""A voice message that came by a messenger is listened to on the staff page."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect

from bot.inbox import Caller, Inbox
from bot.media import Store
from bot.messages import Incoming
from models import Photo
from tests.support.site import Site
from tests.support.town import PASSWORD
from tests.web.conftest import DESKTOP

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)


async def said_by_voice(site: Site) -> None:
    """Somebody at a messenger files with a voice message."""
    parts, caller = site.parts, Caller("telegram", "4711")
    kept = await Store(parts.settings.photos_dir).keep_voice(b"OggS" + bytes(60))
    voice = Photo(id=uuid4(), kind="voice", sha256=kept.sha256, bytes=kept.bytes, resident=caller.id, at=parts.now())
    inbox = Inbox(parts.transactions, parts.keys)
    for text, files in (("/start", []), ("楼下烧烤店油烟太大", [voice]), ("提交", [])):
        said = Incoming("telegram", "1", caller.id, str(uuid4()), parts.now(), text, building="B0103")
        await inbox.take(parts.senses, said, files, caller=caller)


async def test_the_worker_can_listen(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    await said_by_voice(site)
    worker = await window(address, "/staff", DESKTOP)
    await worker.page.fill("#name", "limin")
    await worker.page.fill("#password", PASSWORD)
    await worker.page.click("#enter")
    task = worker.page.locator("#tasks > li").first
    await task.get_by_role("link").or_(task.locator(".open")).first.click()
    player = worker.page.locator(".told audio")
    await expect(player).to_have_attribute("aria-label", "第 1 段语音，共 1 段")
    await worker.look("worker-voice")
