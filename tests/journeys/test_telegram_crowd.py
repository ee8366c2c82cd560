"""A crowd at once, each with a complaint: all are filed, nobody is answered twice."""

import asyncio
import time

from sqlmodel import func, select

from models import Case
from tests.support.promises import size
from tests.support.telegram import Phone, Telegram, words

PEOPLE, SECONDS = size(100, 300), 30.0
SMOKE = "楼下烧烤店油烟太大，天天到半夜"


async def test_a_crowd_at_once(telegram: Telegram) -> None:
    telegram.site.thinks("其他", action="hold")  # of no known field: nobody is asked whether neighbours told the same
    begun, phones = time.monotonic(), [telegram.resident(f"居民{n}") for n in range(PEOPLE)]
    numbers = await asyncio.gather(*(tell(telegram, phone, n) for n, phone in enumerate(phones)))
    took = time.monotonic() - begun
    assert len(set(numbers)) == PEOPLE
    await telegram.settle()
    async with telegram.site.parts.sessions() as session:
        assert (await session.exec(select(func.count()).select_from(Case))).one() == PEOPLE
    assert [len(phone.lines) for phone in phones] == [3] * PEOPLE
    print(f"{PEOPLE} complaints in {took:.1f} s")


async def tell(telegram: Telegram, phone: Phone, n: int) -> str:
    phone.patience = 4 * SECONDS
    phone.start(telegram.site.code("B0103"))
    await phone.hears("您在丹桂苑 3 栋")
    phone.say(f"{SMOKE}（第 {n + 1} 封）")
    await phone.press("提交")
    return words(await phone.hears("查询码")).partition("编号 ")[2][:11]
