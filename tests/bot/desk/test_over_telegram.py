"""The staff bot over python-telegram-bot, on the simulator: what a worker's phone shows."""

import asyncio
import logging
from typing import Any

import pytest
from sqlmodel import select

from app.logs import QUIET
from models import DeskChat, SentFile
from simulator import acting
from tests.support.telegram import STAFF_TOKEN, Telegram, words


async def test_a_task_on_a_phone(telegram: Telegram, caplog: pytest.LogCaptureFixture) -> None:
    """One card, edited as the case moves; an album as evidence; the photos come back by their numbers."""
    for name in QUIET:  # as everywhere: httpx writes down every address
        caplog.set_level(logging.WARNING, name)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("test").debug("is heard")
    worker = await telegram.worker("limin")
    resident = await telegram.site.resident("B0103")
    number = await resident.file("楼下烧烤店 <油烟> 太大 & 吵")
    card = await worker.hears(f"【新任务】{number}")
    assert "“楼下烧烤店 <油烟> 太大 & 吵”" in words(card)
    query = await worker.press("签收")
    await worker.hears(f"【办理中】{number}")
    await telegram.settle()
    assert await toast(query) == f"已签收，{number} 由您办理。"
    assert len([text for text in worker.texts if number in text]) == 1, "the card was edited, not sent again"

    await worker.press("答复")
    await worker.press("已解决")
    await worker.hears("怎么办的、结果怎样？")
    worker.send_photos(2, "已责令停业整改")
    await worker.hears("照片 2 张")
    await worker.press("完成")
    await worker.hears("这样答复，对不对？")
    await worker.press("提交")
    await worker.hears("的办理结果已提交。")
    await worker.hears(f"【待回访】{number}")
    await telegram.settle()
    assert len((await resident.look())[-1]["photos"]) == 2

    await worker.press("照片 2 张")
    await worker.hears(f"{number} · 照片 2 张")
    await telegram.settle()
    async with telegram.site.parts.sessions() as session:
        known = (await session.exec(select(SentFile.channel))).all()
    assert set(known) == {"telegram-staff"}
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    secret = STAFF_TOKEN.partition(":")[2]
    assert "is heard" in ours and not [line for line in ours if secret in line]


async def toast(query: Any) -> str:
    """What flashes up after a press, once it does."""
    for _ in range(200):
        if query.answer:
            break
        await asyncio.sleep(0.05)
    return str((query.answer or {}).get("text", ""))


async def test_a_worker_who_blocked_the_bot(telegram: Telegram) -> None:
    worker = await telegram.worker("limin")
    acting.block(telegram.world, telegram.staff, worker.user)
    resident = await telegram.site.resident("B0103")
    await resident.file("楼下烧烤店油烟太大")
    await telegram.settle()
    async with telegram.site.parts.sessions() as session:
        assert (await session.exec(select(DeskChat))).one().unreachable_at is not None
    assert len(worker.texts) == 1
    acting.unblock(telegram.world, telegram.staff, worker.user)
    worker.say("/tasks")
    await worker.hears("待办 1 件")


async def test_the_resident_and_the_worker_talk_through_both_bots(telegram: Telegram) -> None:
    """Neither sees who the other is; an answer to the line goes back without a press."""
    worker, resident = await telegram.worker("limin"), telegram.resident("桂兰")
    resident.start()
    await resident.hears("")
    resident.say("丹桂苑 3 栋楼下烧烤店油烟太大")
    await resident.press("提交")
    await worker.press("签收")
    await worker.press("联系居民")
    await worker.hears("想对居民说什么？")
    worker.say("今晚几点最重？")
    await resident.hears("今晚几点最重？")
    await resident.press("回话")
    resident.say("十点以后")
    line = await worker.hears("十点以后")
    worker.say("好，十点到。", reply_to=line.id)
    await resident.hears("好，十点到。")
    assert not [text for text in worker.texts if "桂兰" in text]
