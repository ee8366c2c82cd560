"""What a resident and the bot can do with each other, whichever library carries it and however updates come in."""

import asyncio
import json
from typing import Any

import pytest

from bot.channels.base import Moved
from bot.messages import Outgoing
from simulator import acting
from simulator.chats import Message
from simulator.utf16 import length
from tests.contract.conftest import Way
from tests.support.site import Site
from tests.support.telegram import Phone, Telegram, until, words

SMOKE = "楼下烧烤店油烟太大，天天到半夜"
AT_DANGUI = (120.2459, 29.7172)


async def file(telegram: Telegram, phone: Phone) -> str:
    """A complaint from a building's link; its number."""
    phone.start(telegram.site.code("B0103"))
    await phone.hears("您在丹桂苑 3 栋")
    phone.say(SMOKE)
    await phone.press("提交")
    filed = words(await phone.hears("查询码"))
    return filed.partition("编号 ")[2][:11]


async def case(site: Site, number: str) -> dict[str, Any]:
    worker = await site.staff("limin")
    page: dict[str, Any] = await worker.case(number)
    return page


async def test_a_link_words_and_a_button(telegram: Telegram) -> None:
    phone = telegram.resident()
    number = await file(telegram, phone)
    assert (await case(telegram.site, number))["case"]["text"] == SMOKE
    pressed = [query for query in telegram.world.queries.values() if query.user is phone.user]
    await until(lambda: all(query.answer is not None for query in pressed), "the press is answered")


@pytest.mark.promise("R15")
async def test_an_old_button_changes_nothing_and_is_answered(telegram: Telegram) -> None:
    phone = telegram.resident()
    await file(telegram, phone)
    card = await phone.hears("我这样记")
    token = card.markup["inline_keyboard"][0][0]["callback_data"] if card.markup else ""
    again = acting.press_data(telegram.world, phone.bot, phone.user, card, token)
    await phone.hears("这个按钮已经用过了")
    await until(lambda: again.answer is not None, "the press is answered")
    assert "已经用过了" in str((again.answer or {}).get("text"))
    assert len([text for text in phone.texts if "查询码" in text]) == 1


async def test_a_press_of_somebody_else_s_button_or_of_none(telegram: Telegram) -> None:
    phone, other = telegram.resident(), telegram.resident("秀英")
    phone.start(telegram.site.code("B0103"))
    other.start(telegram.site.code("B0103"))
    phone.say(SMOKE)
    card = await phone.hears("我这样记")
    mine = await other.hears("您在丹桂苑 3 栋")
    token = card.markup["inline_keyboard"][0][0]["callback_data"] if card.markup else ""
    pressed = [acting.press_data(telegram.world, other.bot, other.user, mine, data) for data in (token, "x" * 64)]
    await other.hears("这个按钮已经用过了", times=2)
    await until(lambda: all(query.answer is not None for query in pressed), "both presses are answered")
    await phone.press("提交")
    await phone.hears("查询码")


async def test_their_edit_takes_the_place_of_the_words_and_later_is_added(telegram: Telegram) -> None:
    phone = telegram.resident()
    phone.start(telegram.site.code("B0103"))
    said = phone.say(SMOKE)
    await phone.hears("我这样记")
    phone.edit(said, "楼下烧烤店油烟太大，昨晚到两点")
    await phone.hears("我这样记", times=2)
    await phone.press("提交")
    number = words(await phone.hears("查询码")).partition("编号 ")[2][:11]
    phone.edit(said, "楼下烧烤店油烟太大，今晚又到三点")
    await phone.hears(f"补充到 {number}")
    page = await case(telegram.site, number)
    assert page["case"]["text"] == "楼下烧烤店油烟太大，昨晚到两点"
    assert page["timeline"][-1]["text"] == "更正：楼下烧烤店油烟太大，今晚又到三点"


async def test_our_own_line_is_changed_where_it_stands(telegram: Telegram) -> None:
    phone, channel = telegram.resident(), telegram.channel
    phone.start()
    await phone.hears("您好，我是小枫")
    chat = str(phone.user.id)
    sent = await channel.send(Outgoing(1, chat, "第一版", buttons=[[("a", "甲"), ("b", "乙")]]))
    (number,) = sent.numbers
    line = phone.chat.messages[int(number)]
    again = Outgoing(2, chat, "第二版 <b>&", title="新的", edits=number, buttons=[[("c", "丙")]])
    for _ in range(2):  # the same once more is no failure
        assert list((await channel.send(again)).numbers) == [number]
        assert (words(line), phone.buttons(line)) == ("新的\n第二版 <b>&", ["丙"])
    del phone.chat.messages[int(number)]
    assert list((await channel.send(Outgoing(3, chat, "第三版", edits=number))).numbers) == [number]


async def test_a_photo_comes_and_a_photo_and_an_album_go(telegram: Telegram) -> None:
    phone = telegram.resident()
    phone.start(telegram.site.code("B0103"))
    phone.send_photos(1, caption=SMOKE)
    card = await phone.hears("我这样记")
    assert "照片：1 张" in words(card)
    await phone.press("提交")
    number = words(await phone.hears("查询码")).partition("编号 ")[2][:11]
    worker = await telegram.site.staff("limin")
    assert len((await worker.case(number))["case"]["photos"]) == 1
    await worker.step(number, "sign")
    photos = [await worker.upload() for _ in range(4)]
    await worker.step(number, "relay", text="请看现场", photos=photos[3:])
    await phone.hears("请看现场")
    await worker.step(number, "reply", text="已责令清洗", outcome="solved", photos=photos[:3])
    await phone.hears("已责令清洗")
    pictures = [line for line in phone.lines if "photo" in line.body]
    groups = [line.body.get("media_group_id") for line in pictures]
    assert len(pictures) == 4
    assert groups[0] is None
    assert groups[1] and groups[1:] == [groups[1]] * 3


async def test_an_album_is_one_message_once_they_say_so(telegram: Telegram) -> None:
    phone = telegram.resident()
    phone.start(telegram.site.code("B0103"))
    phone.say(SMOKE)
    await phone.hears("我这样记")
    phone.send_photos(3)
    await until(lambda: len(phone.lines) == 3, "the album is answered once")
    phone.say("完成")
    assert "照片：3 张" in words(await phone.hears("我这样记", times=2))
    assert len(phone.lines) == 4, phone.texts


async def test_where_it_is_by_a_button_on_the_phone(telegram: Telegram, way: Way) -> None:
    phone = telegram.resident()
    phone.start()
    phone.say("烧烤店油烟太大")
    await phone.press("发送位置")
    await phone.hears("请发一个位置")
    if way.library == "aiogram":  # nobody on the staff is asked for a place, so the other one has no such button
        shown = [line.markup["keyboard"] for line in phone.lines if line.markup and "keyboard" in line.markup]
        assert [key["request_location"] for keyboard in shown for row in keyboard for key in row] == [True]
    phone.send_location(*AT_DANGUI)
    await phone.hears("我这样记")


async def test_a_voice_is_kept_for_a_person(telegram: Telegram) -> None:
    phone = telegram.resident()
    phone.start(telegram.site.code("B0103"))
    phone.say(SMOKE)
    await phone.hears("我这样记")
    phone.send_voice()
    await phone.hears("我这样记", times=2)
    await phone.press("提交")
    number = words(await phone.hears("查询码")).partition("编号 ")[2][:11]
    page = await case(telegram.site, number)
    assert (len(page["case"]["photos"]), len(page["case"]["voices"])) == (0, 1)


@pytest.mark.promise("I3")
async def test_a_long_text_goes_in_pieces_that_join_to_it(telegram: Telegram) -> None:
    phone = telegram.resident()
    phone.start()
    await phone.hears("您好，我是小枫")
    text = "😀" * 2047 + "a" + "😀" + "👨‍👩‍👧" * 1000 + "好" * 3000
    assert length(text[:2048]) == 4095, "an emoji stands across the edge"
    sent = await telegram.channel.send(Outgoing(1, str(phone.user.id), text, buttons=[[("t", "好")]]))
    pieces = [phone.chat.messages[int(number)] for number in sent.numbers]
    assert "".join(words(piece) for piece in pieces) == text
    assert all(length(words(piece)) <= 4096 for piece in pieces)
    assert [phone.buttons(piece) for piece in pieces] == [[]] * (len(pieces) - 1) + [["好"]]


async def test_each_update_three_times_has_one_effect(telegram: Telegram) -> None:
    phone, updates = telegram.resident(), telegram.residents.updates
    loop, put = asyncio.get_running_loop(), updates.put_raw

    def thrice(update: dict[str, Any], lane: object) -> int:
        number = put(update, lane)
        for seconds in (0.03, 0.2):
            loop.call_later(seconds, put, json.loads(json.dumps({**update, "update_id": number})), f"{lane} again")
        return number

    updates.put_raw = thrice  # type: ignore[method-assign]
    try:
        number = await file(telegram, phone)
        phone.say("进度")
        await phone.hears(number, times=2)
        await asyncio.sleep(0.25)
        await until(lambda: not updates.pending, "all are taken")
    finally:
        updates.put_raw = put  # type: ignore[method-assign]
    await telegram.settle()
    assert len(phone.lines) == 4, phone.texts
    assert len(await of_resident(telegram, phone)) == 1


async def of_resident(telegram: Telegram, phone: Phone) -> list[str]:
    from bot.inbox import resident_id
    from cases import queries

    async with telegram.site.parts.sessions() as session:
        cases = await queries.of_resident(session, resident_id("telegram", str(phone.user.id)))
        return [case.number for case in cases]


@pytest.mark.promise("R7")
async def test_a_group_that_moved_is_found_again(telegram: Telegram) -> None:
    world, phone = telegram.world, telegram.resident()
    group = world.add_group("丹桂苑 3 栋", [phone.user.id], [telegram.residents])
    acting.say(world, group, phone.user, "/start@fengqiao_bot")
    await until(lambda: len(ours(group.messages.values())) == 1, "the group is told to come in private")
    new = acting.migrate(world, group)
    with pytest.raises(Moved) as moved:
        await telegram.channel.send(Outgoing(1, str(group.id), "还在吗"))
    assert moved.value.to == str(new.id)
    await telegram.tell(str(group.id))
    await until(lambda: len(ours(new.messages.values())) == 1, "the line went on to where the group is now")
    await telegram.tell(str(new.id))
    await until(lambda: len(ours(new.messages.values())) == 2, "and the next one too")


def ours(messages: Any) -> list[Message]:
    return [message for message in messages if message.sender.is_bot]


@pytest.mark.promise("R7")
async def test_whoever_blocked_the_bot_is_tried_once_and_comes_back(telegram: Telegram) -> None:
    phone, world = telegram.resident(), telegram.world
    number = await file(telegram, phone)
    await telegram.settle()
    telegram.residents.blocked.add(phone.user.id)  # and no update tells of it
    before, worker = len(world.calls), await telegram.site.staff("limin")
    await worker.step(number, "sign")
    await telegram.settle()
    await worker.step(number, "contact")
    await telegram.settle()
    tried = [call["error"] for call in world.calls[before:] if call["chat"] == phone.user.id]
    assert len(tried) == 1 and tried[0].startswith("Forbidden"), tried
    assert (await worker.case(number))["case"]["untold"]
    assert "untold" in [event["kind"] for event in (await worker.case(number))["timeline"]]
    phone.start()
    phone.say("进度")
    await phone.hears(number, times=2)
    await worker.step(number, "relay", text="您在家吗")
    await phone.hears("您在家吗")
