"""What people do arrives as updates both libraries can read, by polling."""

import asyncio
from typing import Any

import aiogram
import pytest
import telegram.ext

from simulator import acting
from simulator.calls import Upload
from tests.simulator.conftest import Stage, picture
from tests.simulator.kits import inline, refusal

OTHER = "terminated by other getUpdates request; make sure that only one bot instance is running"
HOOKED = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


def photo(name: str, wide: int = 60) -> Upload:
    return Upload(name, picture(wide, 40), "image/jpeg")


async def test_everything_a_person_sends(kit: Any, stage: Stage) -> None:
    world, chat, user = stage.world, stage.chat, stage.user
    acting.start(world, stage.bot, user, "b12-3_sig")
    said = acting.say(world, chat, user, "灯😀坏了 /help", reply_to=1)
    acting.edit(world, said, "灯修好了")
    acting.send_photos(world, chat, user, [photo("a.jpg")], "这里")
    acting.send_location(world, chat, user, 29.71, 120.24)
    acting.send_file(world, chat, user, "voice", Upload("v.ogg", b"OggS", "audio/ogg"), duration=4)
    acting.send_file(world, chat, user, "document", Upload("信.pdf", b"%PDF", "application/pdf"))
    updates = await kit.bot.get_updates(timeout=1)
    start, text, edited, picture_, place, voice, file = updates
    assert [u.update_id for u in updates] == list(range(start.update_id, start.update_id + 7))
    assert start.message.text == "/start b12-3_sig"
    assert [(e.type, e.offset, e.length) for e in text.message.entities] == [("bot_command", 6, 5)]
    assert text.message.reply_to_message.message_id == 1
    assert (edited.edited_message.text, edited.edited_message.message_id) == ("灯修好了", said.id)
    assert (picture_.message.caption, picture_.message.photo[-1].width) == ("这里", 60)
    assert (place.message.location.latitude, voice.message.voice.mime_type) == (29.71, "audio/ogg")
    assert file.message.document.file_name == "信.pdf"
    assert await kit.download(file.message.document.file_id) == b"%PDF"
    assert list(await kit.bot.get_updates(offset=file.update_id + 1)) == []
    assert stage.bot.updates.pending == {}


async def test_an_album_arrives_picture_by_picture(kit: Any, stage: Stage) -> None:
    acting.send_photos(stage.world, stage.chat, stage.user, [photo("1.jpg"), photo("2.jpg")], "两处")
    one, two = await kit.bot.get_updates()
    assert one.message.media_group_id == two.message.media_group_id is not None
    assert (one.message.caption, two.message.caption) == ("两处", None)


async def test_a_live_location_goes_on_as_edits(kit: Any, stage: Stage) -> None:
    sent = acting.send_location(stage.world, stage.chat, stage.user, 29.71, 120.24, 900)
    acting.move(stage.world, sent, 29.72, 120.25)
    acting.move(stage.world, sent, 29.73, 120.25, stop=True)
    first, moved, stopped = await kit.bot.get_updates()
    assert first.message.location.live_period is not None
    assert (moved.edited_message.location.latitude, moved.edited_message.message_id) == (29.72, sent.id)
    assert stopped.edited_message.location.live_period is None


async def test_blocked_and_back_again(kit: Any, stage: Stage) -> None:
    acting.block(stage.world, stage.bot, stage.user)
    assert await refusal(kit.bot.send_message(stage.user.id, "一")) == "bot was blocked by the user"
    acting.start(stage.world, stage.bot, stage.user)
    gone, back, start = await kit.bot.get_updates()
    states = [(u.my_chat_member.old_chat_member.status, u.my_chat_member.new_chat_member.status) for u in (gone, back)]
    assert states == [("member", "kicked"), ("kicked", "member")]
    assert start.message.text == "/start"
    await kit.bot.send_message(stage.user.id, "二")


async def test_a_group_becomes_a_supergroup(kit: Any, stage: Stage) -> None:
    group = stage.world.add_group("楼道群", [stage.user.id], [stage.bot])
    new = acting.migrate(stage.world, group)
    old_words, new_words = await kit.bot.get_updates()
    assert old_words.message.migrate_to_chat_id == new.id
    assert (new_words.message.migrate_from_chat_id, new_words.message.chat.type) == (group.id, "supergroup")
    with pytest.raises((aiogram.exceptions.TelegramMigrateToChat, telegram.error.ChatMigrated)) as refused:
        await kit.bot.send_message(group.id, "一")
    told = getattr(refused.value, "migrate_to_chat_id", None) or refused.value.new_chat_id
    assert told == new.id
    assert (await kit.bot.send_message(new.id, "二")).chat.type == "supergroup"


async def test_in_a_group_a_bot_hears_only_what_is_meant_for_it(kit: Any, stage: Stage) -> None:
    group = stage.world.add_group("楼道群", [stage.user.id], [stage.bot])
    asked = await kit.bot.send_message(group.id, "哪一栋？")
    for text in ("闲聊", "/my", "/my@other_bot", "@fengqiao_bot 在吗"):
        acting.say(stage.world, group, stage.user, text)
    acting.say(stage.world, group, stage.user, "三栋", reply_to=asked.message_id)
    heard = [update.message.text for update in await kit.bot.get_updates()]
    assert heard == ["/my", "@fengqiao_bot 在吗", "三栋"]


async def test_allowed_updates_are_remembered(kit: Any, stage: Stage) -> None:
    await kit.bot.get_updates(allowed_updates=["callback_query"])
    acting.say(stage.world, stage.chat, stage.user, "不要")
    card = await kit.bot.send_message(stage.user.id, "一", reply_markup=inline(kit, "好"))
    acting.press(stage.world, stage.bot, stage.chat, stage.user, card.message_id, "好")
    [only] = await kit.bot.get_updates()
    assert only.callback_query.data == "好"
    await kit.bot.get_updates(offset=only.update_id + 1, allowed_updates=[])
    acting.say(stage.world, stage.chat, stage.user, "又要了")
    assert [u.message.text for u in await kit.bot.get_updates()] == ["又要了"]


async def test_offset_limit_and_the_last_few(kit: Any, stage: Stage) -> None:
    for number in range(5):
        acting.say(stage.world, stage.chat, stage.user, str(number))
    assert [u.message.text for u in await kit.bot.get_updates(limit=2)] == ["0", "1"]
    assert [u.message.text for u in await kit.bot.get_updates(offset=-2)] == ["3", "4"]
    assert len(stage.bot.updates.pending) == 2
    stage.world.skew += 24 * 3600 + 1
    assert list(await kit.bot.get_updates()) == []


async def test_a_long_poll_ends_when_something_happens(kit: Any, stage: Stage) -> None:
    poll = asyncio.create_task(kit.bot.get_updates(timeout=30))
    await asyncio.sleep(0.1)
    assert not poll.done()
    acting.say(stage.world, stage.chat, stage.user, "来了")
    assert [u.message.text for u in await asyncio.wait_for(poll, 20)] == ["来了"]


async def test_the_second_poller_ends_the_first(kit: Any, client: Any, stage: Stage) -> None:
    other = await client(kit.name)
    first = asyncio.create_task(refusal(kit.bot.get_updates(timeout=30)))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(other.bot.get_updates(timeout=30))
    assert await asyncio.wait_for(first, 20) == OTHER
    acting.say(stage.world, stage.chat, stage.user, "来了")
    assert len(await second) == 1


async def test_no_polling_beside_a_webhook(kit: Any, stage: Stage) -> None:
    poll = asyncio.create_task(refusal(kit.bot.get_updates(timeout=30)))
    await asyncio.sleep(0.1)
    await kit.bot.set_webhook("http://127.0.0.1:9/nobody")
    assert await poll == "terminated by setWebhook request"
    assert await refusal(kit.bot.get_updates()) == HOOKED
    await kit.bot.delete_webhook()
    assert list(await kit.bot.get_updates()) == []


async def test_aiograms_own_poller(client: Any, stage: Stage) -> None:
    kit = await client("aiogram")
    dispatcher = aiogram.Dispatcher()

    @dispatcher.message()
    async def echo(message: aiogram.types.Message) -> None:
        await message.answer(f"<b>{message.text}</b>", parse_mode="HTML")
        await dispatcher.stop_polling()

    acting.say(stage.world, stage.chat, stage.user, "回声")
    await asyncio.wait_for(dispatcher.start_polling(kit.bot, handle_signals=False, close_bot_session=False), 20)
    assert stage.chat.messages[3].body["text"] == "回声"
    assert stage.bot.updates.pending == {}


async def test_ptbs_own_poller(client: Any, stage: Stage) -> None:
    kit = await client("ptb")
    heard = asyncio.Event()

    async def echo(update: Any, context: Any) -> None:
        await update.effective_message.reply_html(f"<b>{context.args[0]}</b>")
        heard.set()

    app = telegram.ext.Application.builder().bot(kit.bot).build()
    app.add_handler(telegram.ext.CommandHandler("start", echo))
    async with app:
        await app.start()
        await app.updater.start_polling(timeout=1)
        acting.start(stage.world, stage.bot, stage.user, "b1")
        await asyncio.wait_for(heard.wait(), 20)
        await app.updater.stop()
        await app.stop()
    assert stage.chat.messages[3].body["text"] == "b1"
