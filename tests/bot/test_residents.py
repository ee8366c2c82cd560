"""Residents at a messenger, through the real program: what arrives there, and what is kept of it."""

import asyncio
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from bot.inbox import Inbox, resident_id
from bot.media import Store
from bot.messages import Arrival
from bot.residents import Residents, locale_of
from models import ChatMessage, Resident, SeenMessage
from tests.support.site import Site

CHAT = "4711"


class Messenger:
    """A chat of one resident with the bot; files lie here until they are fetched."""

    def __init__(self, site: Site, chat: str = CHAT) -> None:
        self.site, self.chat, self.keys = site, chat, count(1)
        self.files = dict[str, bytes | Exception]()
        parts = site.parts
        self.door = Residents(
            inbox=Inbox(parts.transactions, parts.keys),
            senses=parts.senses,
            store=Store(parts.settings.photos_dir),
            keys=parts.keys,
            transactions=parts.transactions,
            channel="telegram",
            receiver=lambda: "1",
            fetch=self.fetch,
            now=parts.now,
        )

    @property
    def id(self) -> UUID:
        return resident_id("telegram", self.chat)

    async def fetch(self, number: str) -> bytes:
        file = self.files[number]
        if isinstance(file, Exception):
            raise file
        return file

    def arrival(self, text: str = "", **told: Any) -> Arrival:
        key = str(next(self.keys))
        return Arrival(**{"key": key, "chat": self.chat, "number": f"m{key}", "text": text, **told})

    async def get(self, text: str = "", **told: Any) -> list[str]:
        """The keys of what is answered to it."""
        arrival = self.arrival(text, **told)
        await self.door.receive(arrival)
        return [row.text_key for row in await self.rows() if row.unique_key.startswith(f"re:{arrival.key}:")]

    async def press(self, action: str) -> list[str]:
        return await self.get(choice=await self.token(action))

    async def token(self, action: str) -> str:
        """Of the newest button of this kind."""
        shown = [b for row in await self.rows() for b in row.buttons if b["action"] == action]
        return str(shown[-1]["token"])

    async def rows(self) -> list[ChatMessage]:
        async with self.site.parts.sessions() as session:
            chosen = select(ChatMessage).where(ChatMessage.resident == self.id).order_by(col(ChatMessage.id))
            return list((await session.exec(chosen)).all())

    async def resident(self) -> Resident:
        async with self.site.parts.sessions() as session:
            return await session.get_one(Resident, self.id)


@pytest.fixture
def phone(site: Site) -> Messenger:
    return Messenger(site)


async def test_somebody_new_is_welcomed_and_files(phone: Messenger) -> None:
    assert await phone.get(start=phone.site.code("B0103"), locale="zh-hk") == ["hello.at"]
    assert (await phone.resident()).locale == "zh-Hant"
    assert await phone.get("楼下烧烤店油烟太大") == ["card.title"]
    assert await phone.press("submit") == ["filed"]
    ours = [row for row in await phone.rows() if row.said_by == "us"]
    assert {(row.channel, row.chat) for row in ours} == {("telegram", CHAT)}


async def test_words_of_somebody_nobody_welcomed_are_heard_at_once(phone: Messenger) -> None:
    assert await phone.get("楼下烧烤店油烟太大", locale="de") == ["ask.where"]
    assert (await phone.resident()).locale == "en"


async def test_the_same_update_three_times_has_one_effect(phone: Messenger) -> None:
    hello = phone.arrival(start="", locale="zh-hans")
    await asyncio.gather(*(phone.door.receive(hello) for _ in range(3)))
    assert [row.text_key for row in await phone.rows() if row.said_by == "us"] == ["hello"]
    told = phone.arrival("楼下烧烤店油烟太大")
    await asyncio.gather(*(phone.door.receive(told) for _ in range(3)))
    assert await phone.door.receive(told) == ""
    assert len(await phone.rows()) == 4
    async with phone.site.parts.sessions() as session:
        assert len((await session.exec(select(SeenMessage))).all()) == 2


async def test_an_old_button_is_told_apart(phone: Messenger) -> None:
    await phone.get(start=phone.site.code("B0103"))
    await phone.get("楼下烧烤店油烟太大")
    token = await phone.token("submit")
    assert await phone.door.receive(phone.arrival(choice=token)) == ""
    assert await phone.door.receive(phone.arrival(choice=token)) == "这个按钮已经用过了，没有重复办理。"


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("", "zh-Hans"), ("zh", "zh-Hans"), ("zh-CN", "zh-Hans"), ("zh-hans-HK", "zh-Hans"), ("zh-TW", "zh-Hant"),
        ("zh_HK", "zh-Hant"), ("zh-Hant", "zh-Hant"), ("en-GB", "en"), ("de", "en"),
    ],
)  # fmt: skip
def test_the_language_nearest_to_theirs(tag: str, locale: str) -> None:
    assert locale_of(tag) == locale
