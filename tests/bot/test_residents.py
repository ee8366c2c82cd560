"""Residents at a messenger, through the real program: what arrives there, and what is kept of it."""

import asyncio
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from bot.channels.base import ChannelError, Impossible
from bot.inbox import Inbox, resident_id
from bot.limits import MESSAGES
from bot.media import Store
from bot.messages import Arrival, Pin
from bot.residents import Residents, locale_of
from bot.texts import say
from models import Case, ChatMessage, Conversation, Event, Photo, Resident, SeenMessage
from tests.support.people import photo
from tests.support.site import Site

CHAT = "4711"
UPDATES = count(1)  # a bot's updates are numbered through, whoever they come from


class Messenger:
    """A chat of one resident with the bot; files lie here until they are fetched."""

    def __init__(self, site: Site, chat: str = CHAT) -> None:
        self.site, self.chat = site, chat
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
        key = str(next(UPDATES))
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


OGG = b"OggS" + bytes(60)


async def draft_of(phone: Messenger) -> dict[str, Any]:
    async with phone.site.parts.sessions() as session:
        draft: dict[str, Any] = (await session.get_one(Conversation, phone.id)).state["draft"]
    return draft


async def files(phone: Messenger) -> list[Photo]:
    async with phone.site.parts.sessions() as session:
        chosen = select(Photo).where(Photo.resident == phone.id).order_by(Photo.kind)
        return list((await session.exec(chosen)).all())


async def events(phone: Messenger) -> list[tuple[str, str]]:
    async with phone.site.parts.sessions() as session:
        chosen = select(Event.kind, Event.text).join(Case, col(Case.id) == Event.case_id)
        told = await session.exec(chosen.where(Case.resident == phone.id).order_by(col(Event.id)))
        return [(str(kind), str(text)) for kind, text in told.all()]


async def number_of(phone: Messenger) -> str:
    async with phone.site.parts.sessions() as session:
        chosen = select(Case.number).where(Case.resident == phone.id).order_by(col(Case.submitted_at).desc())
        return str((await session.exec(chosen)).first())


async def filed(phone: Messenger, text: str = "楼下烧烤店油烟太大") -> str:
    await phone.get(start=phone.site.code("B0103"), locale="zh-hans")
    await phone.get(text)
    assert await phone.press("submit") == ["filed"]
    return await number_of(phone)


async def test_a_bad_code_still_opens_the_chat(phone: Messenger) -> None:
    assert await phone.get(start="B0103-forged") == ["place.bad_code", "hello"]


async def test_starting_again_in_the_middle_asks_again(phone: Messenger) -> None:
    await phone.get("楼下烧烤店油烟太大")
    assert await phone.get(start=phone.site.code("B0103")) == ["hello.at", "ask.where"]


async def test_a_photo_with_words_is_one_message(phone: Messenger) -> None:
    phone.files["f"] = photo()
    await phone.get(start=phone.site.code("B0103"))
    assert await phone.get("楼下烧烤店油烟太大", photo="f") == ["card.title"]
    (kept,) = await files(phone)
    assert (kept.kind, kept.width) == ("photo", 640) and (await draft_of(phone))["photos"] == [str(kept.id)]


async def test_an_album_is_answered_once_and_filed_whole(phone: Messenger) -> None:
    phone.files |= {"1": photo("navy"), "2": photo("teal"), "3": photo("olive")}
    await phone.get(start=phone.site.code("B0103"))
    assert await phone.get("楼下烧烤店油烟太大", photo="1", album="a") == ["album.more"]
    assert await phone.get(photo="2", album="a") == []
    assert await phone.get(photo="3", album="a") == []
    assert await phone.press("done") == ["card.title"]
    assert await phone.press("submit") == ["filed"]
    assert {file.case_id for file in await files(phone)} != {None} and len(await files(phone)) == 3


async def test_a_voice_message_is_kept_as_evidence_and_can_be_played(phone: Messenger) -> None:
    phone.files["v"] = OGG
    await phone.get(start=phone.site.code("B0103"))
    assert await phone.get(voice="v", seconds=7) == ["ask.what_for_voice"]
    assert await phone.get("楼下烧烤店油烟太大") == ["card.title"]
    assert await phone.press("submit") == ["filed"]
    (kept,) = await files(phone)
    assert (kept.kind, kept.seconds, kept.bytes) == ("voice", 7, len(OGG)) and kept.case_id
    dispatcher = await phone.site.staff("limin")
    heard = await dispatcher.http.get(f"/api/staff/photos/{kept.id}")
    assert (heard.status_code, heard.headers["content-type"], heard.content) == (200, "audio/ogg", OGG)


@pytest.mark.parametrize(
    ("told", "file", "keys"),
    [
        ({"photo": "f", "size": 21 * 2**20}, None, ["photo.too_big"]),
        ({"photo": "f"}, b"no photo", ["photo.not_a_photo"]),
        ({"photo": "f"}, Impossible("gone"), ["file.gone"]),
        ({"voice": "f", "size": 21 * 2**20}, None, ["voice.too_big"]),
        ({"voice": "f"}, b"no voice", ["voice.not_a_voice"]),
        ({"unreadable": "video"}, None, ["unreadable"]),
        ({"unreadable": "video", "text": "楼下油烟"}, None, ["unreadable", "ask.where"]),
        ({"photo": "f", "text": "楼下油烟"}, b"no photo", ["photo.not_a_photo", "ask.where"]),
        ({"text": "1234567890123456"}, None, ["lookup.wrong"]),
        ({"choice": "nobody gave it"}, None, ["stale.pressed"]),
    ],
)
async def test_what_cannot_be_taken_is_said(
    phone: Messenger, told: dict[str, Any], file: bytes | Exception | None, keys: list[str]
) -> None:
    phone.files["f"] = file or b""
    assert await phone.get(**told) == keys


async def test_a_file_that_may_come_later_is_asked_for_again(phone: Messenger) -> None:
    phone.files["f"] = ChannelError("away")
    arrival = phone.arrival("楼下烧烤店油烟太大", photo="f")
    with pytest.raises(ChannelError):
        await phone.door.receive(arrival)
    assert await phone.rows() == []
    phone.files["f"] = photo()
    await phone.door.receive(arrival)
    assert len(await files(phone)) == 1


async def test_words_of_danger_wait_for_no_file(phone: Messenger) -> None:
    phone.files["f"] = ChannelError("away")
    await phone.get(start=phone.site.code("B0103"))
    arrival = phone.arrival("楼道里一股煤气味", photo="f")
    with pytest.raises(ChannelError):
        await phone.door.receive(arrival)
    assert [row.text_key for row in await phone.rows()][-3:] == ["danger.gas", "reported.filed_at", "safety.ask"]
    phone.files["f"] = photo()
    await phone.door.receive(arrival)
    await phone.door.receive(arrival)
    assert [row.text_key for row in await phone.rows()].count("danger.gas") == 1
    assert len(await files(phone)) == 1 and [kind for kind, _ in await events(phone)].count("supplement") == 1


async def test_danger_is_one_case_with_all_that_is_said_of_it(phone: Messenger) -> None:
    """The place said later moves it to who is near; told again, danger is no second case."""
    first = await phone.get("着火了，烟很大")
    assert first == ["danger.fire", "reported.filed", "safety.ask", "reported.where"]
    assert await phone.get("丹桂苑 3 栋三楼") == ["reported.located"]
    trapped = next(b for row in await phone.rows() for b in row.buttons if b["payload"].get("how") == "trapped")
    assert await phone.get(choice=trapped["token"]) == ["safety.told_trapped"]
    assert await phone.get("三楼，两个老人") == ["reported.added"]
    assert await phone.get("/new") == ["ask.what"]
    assert await phone.get("又着火了，火更大了") == ["danger.fire", "reported.added"]
    assert await phone.get("没事了") == ["safety.told_false_alarm"]
    told = await events(phone)
    assert told[0] == ("submit", "着火了，烟很大")
    assert [text for kind, text in told if kind == "supplement"] == [
        "丹桂苑 3 栋三楼", "（有人受困）", "三楼，两个老人", "又着火了，火更大了", "（本人说明：是误报）",
    ]  # fmt: skip
    assert [kind for kind, _ in told].count("submit") == 1 and ("relocate", "") in told


async def test_a_changed_message_before_filing_takes_the_old_ones_place(phone: Messenger) -> None:
    await phone.get(start=phone.site.code("B0103"))
    await phone.get("楼下烧烤店油烟太大", number="m7")
    assert await phone.get("楼下烧烤店油烟很大", number="m7", edits="m7") == ["card.title"]
    assert await phone.get("楼下烧烤店油烟很大", number="m7", edits="m7") == []
    assert await phone.get("楼上烧烤店油烟很大", number="m7", edits="m7") == ["card.title"]
    assert (await draft_of(phone))["text"] == "楼上烧烤店油烟很大"


async def test_a_changed_message_after_filing_is_added_to_the_case(phone: Messenger) -> None:
    await phone.get(start=phone.site.code("B0103"))
    await phone.get("楼下烧烤店油烟太大", number="m7")
    await phone.press("submit")
    assert await phone.get("楼上烧烤店油烟太大", number="m7", edits="m7") == ["edit.done"]
    assert await phone.get("隔壁烧烤店油烟太大", number="m7", edits="m7") == ["edit.done"]
    assert [text for kind, text in await events(phone) if kind == "supplement"] == [
        "更正：楼上烧烤店油烟太大", "更正：隔壁烧烤店油烟太大",
    ]  # fmt: skip
    await phone.press("withdraw")
    await phone.press("confirm_withdraw")
    assert await phone.get("算了吧，没事", number="m7", edits="m7") == ["edit.too_late"]
    assert await phone.get("小区门口垃圾没人收", number="m99", edits="m99") == [
        "card.title"
    ]  # nobody knows the old one


async def test_a_line_opened_by_the_worker(phone: Messenger) -> None:
    number = await filed(phone)
    worker = await phone.site.staff("limin")
    await worker.step(number, "sign")
    await worker.step(number, "relay", text="您晚上在家吗？")
    await phone.site.settle()
    line = (await phone.rows())[-1]
    assert (line.text_key, [b["action"] for b in line.buttons]) == ("resident.relay", ["relay_back", "hang_up"])
    assert await phone.get("在家，七点以后") == ["ask.which"]
    assert await phone.press("relay_back") == ["relay_back.done"]
    assert await phone.press("hang_up") == ["hang_up.done"]
    assert await phone.get(choice=line.buttons[0]["token"]) == ["relay.closed", "status.accepted"]
    assert [said for said in await events(phone) if said[0] in ("relay", "relay_back", "hang_up")] == [
        ("relay", "您晚上在家吗？"), ("relay_back", "在家，七点以后"), ("hang_up", ""),
    ]  # fmt: skip


async def test_elder_mode_is_short_with_two_answers(phone: Messenger) -> None:
    await phone.get(start=phone.site.code("B0103"))
    assert await phone.get("/big") == ["large.on"]
    assert await phone.get("楼下烧烤店油烟太大") == ["card.title.large"]
    shown = [b["action"] for b in (await phone.rows())[-1].buttons if not b.get("in_card")]
    assert shown == ["submit", "category", "more"]
    assert await phone.press("more") == await phone.press("more") == ["ask.more"]
    assert await phone.press("anonymous") == ["card.title.large"]
    assert await phone.press("submit") == ["filed.large"]
    assert await phone.get("大字版") == ["large.off"]
    assert await phone.get("语言") == ["ask.language"]


@pytest.mark.promise("I10")
async def test_one_who_floods_is_told_once_and_nobody_else_is_hurt(phone: Messenger) -> None:
    other = Messenger(phone.site, "4712")
    for _ in range(MESSAGES.times):
        phone.door.limits.allows(MESSAGES, str(phone.id))
    assert await phone.get("一") == ["request.too_often"]
    assert await phone.get("二") == []
    assert await phone.door.receive(phone.arrival(choice="x", locale="en")) == say("request.too_often", "en")
    assert (await phone.get("着火了"))[0] == "danger.fire"
    assert [await other.get("1234567890123456") for _ in range(6)][4:] == [["lookup.wrong"], ["request.too_often"]]
    other.door.limits = phone.door.limits
    assert await other.get("楼下烧烤店油烟太大") == ["ask.where"]


async def test_an_album_nobody_can_read_is_answered_once(phone: Messenger) -> None:
    assert [await phone.get(unreadable="video", album="a") for _ in range(3)] == [["unreadable"], [], []]


async def test_whoever_blocks_the_bot_is_out_of_reach_until_they_come_back(phone: Messenger) -> None:
    assert await phone.get(reachable=False) == []  # a stranger
    await phone.get(start="")
    await phone.get(reachable=False)
    assert (await phone.resident()).unreachable_at == phone.site.parts.now()
    await phone.get(reachable=True)
    assert (await phone.resident()).unreachable_at is None
    await phone.get(reachable=False)
    await phone.get("楼下烧烤店油烟太大")
    assert (await phone.resident()).unreachable_at is None


async def test_in_a_group_it_says_once_that_it_talks_in_private(site: Site) -> None:
    group = Messenger(site, "-100")
    for told in ({"text": "大家好"}, {"text": "/my"}, {"start": ""}, {"choice": "x"}, {"reachable": True}):
        await group.door.receive(group.arrival(**{"private": False, **told}))
    assert [row.text_key for row in await group.rows()] == ["group.private"]


TOKENS = "?"  # stands for one of the buttons shown so far
words_said = st.one_of(
    st.sampled_from(["楼下烧烤店油烟太大", "着火了", "/my", "/big", "完成", "好的", "取消", "/lang en", "丹桂苑 3 栋"]),
    st.sampled_from(["1234567890123456", "13812345678", "/start", "/help", "油" * 21_000, "\x00\u202e", "\ud800"]),
    st.text(max_size=20),
)
told = st.one_of(
    st.fixed_dictionaries({"text": words_said}, optional={"edits": st.sampled_from(["m1", "m2", "m9"])}),
    st.fixed_dictionaries({"start": st.one_of(st.just(""), st.text(max_size=64))}),
    st.fixed_dictionaries({"choice": st.one_of(st.just(TOKENS), st.just(TOKENS), st.text(max_size=64))}),
    st.fixed_dictionaries(
        {"photo": st.sampled_from(["bad", "gone"])},
        optional={"text": words_said, "size": st.just(2**30), "album": st.sampled_from("ab")},
    ),
    st.fixed_dictionaries({"voice": st.sampled_from(["ogg", "bad", "gone"])}, optional={"album": st.just("a")}),
    st.fixed_dictionaries({"pin": st.builds(Pin, st.floats(-180, 180), st.floats(-90, 90))}),
    st.fixed_dictionaries({"unreadable": st.sampled_from(["video", "sticker"])}, optional={"text": words_said}),
    st.fixed_dictionaries({"reachable": st.booleans()}),
    st.fixed_dictionaries({"text": words_said, "private": st.just(False)}),
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(turns=st.lists(st.tuples(told, st.integers(0, 999)), min_size=25, max_size=25))
async def test_whatever_arrives_is_taken_in_and_answered(site: Site, turns: list[tuple[dict[str, Any], int]]) -> None:
    phone = Messenger(site, f"fuzz-{uuid4()}")
    phone.files |= {"bad": b"no photo", "gone": Impossible("gone"), "ogg": OGG}
    for n, (one, chosen) in enumerate(turns):
        if one.get("choice") == TOKENS:
            tokens = [b["token"] for row in await phone.rows() for b in row.buttons]
            one = {**one, "choice": tokens[chosen % len(tokens)] if tokens else "x"}
        keys = await phone.get(**{"number": f"m{n % 10}", **one})
        quiet = not one.get("private", True) or "reachable" in one or "edits" in one or "album" in one
        assert keys or quiet


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("", "zh-Hans"), ("zh", "zh-Hans"), ("zh-CN", "zh-Hans"), ("zh-hans-HK", "zh-Hans"), ("zh-TW", "zh-Hant"),
        ("zh_HK", "zh-Hant"), ("zh-Hant", "zh-Hant"), ("en-GB", "en"), ("de", "en"),
    ],
)  # fmt: skip
def test_the_language_nearest_to_theirs(tag: str, locale: str) -> None:
    assert locale_of(tag) == locale
