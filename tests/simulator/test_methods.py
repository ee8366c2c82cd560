"""Every method a bot may call, called by both libraries."""

from typing import Any

import pytest

from simulator import acting
from simulator.methods import METHODS
from tests.simulator.conftest import Stage, picture
from tests.simulator.kits import inline, refusal

USED = {  # each is called by its name in this folder, by both
    "getme", "getchat", "getupdates", "setwebhook", "deletewebhook", "getwebhookinfo", "sendmessage", "sendphoto",
    "senddocument", "sendvoice", "sendmediagroup", "sendlocation", "sendchataction", "editmessagetext",
    "editmessagecaption", "editmessagereplymarkup", "editmessagemedia", "deletemessage", "answercallbackquery",
    "getfile", "setmycommands", "getmycommands", "deletemycommands",
}  # fmt: skip


def test_no_method_is_forgotten_here() -> None:
    assert set(METHODS) == USED


async def test_who_it_is(kit: Any, stage: Stage) -> None:
    me = await kit.bot.get_me()
    assert (me.id, me.username, me.is_bot) == (stage.bot.id, "fengqiao_bot", True)
    chat = await kit.bot.get_chat(stage.user.id)
    assert (chat.id, chat.first_name) == (stage.user.id, "桂兰")


async def test_text_with_buttons(kit: Any, stage: Stage) -> None:
    sent = await kit.bot.send_message(
        stage.user.id, "<b>楼道</b>的灯😀坏了", parse_mode="HTML", reply_markup=inline(kit, "是", "否")
    )
    assert sent.text == "楼道的灯😀坏了"
    assert [(e.type, e.offset, e.length) for e in sent.entities] == [("bold", 0, 2)]
    assert [key.text for key in sent.reply_markup.inline_keyboard[0]] == ["是", "否"]
    assert stage.chat.messages[sent.message_id].body["text"] == sent.text


async def test_a_reply_keyboard_that_asks_for_the_place(kit: Any, stage: Stage) -> None:
    key = kit.types.KeyboardButton(text="我的位置", request_location=True)
    markup = kit.types.ReplyKeyboardMarkup(keyboard=[[key]], resize_keyboard=True)
    sent = await kit.bot.send_message(stage.user.id, "在哪里？", reply_markup=markup)
    assert stage.chat.messages[sent.message_id].markup["keyboard"][0][0]["request_location"] is True
    assert sent.reply_markup is None  # Telegram shows a bot only inline keyboards
    await kit.bot.send_message(stage.user.id, "好", reply_markup=kit.types.ReplyKeyboardRemove())


async def test_a_reply(kit: Any, stage: Stage) -> None:
    asked = acting.say(stage.world, stage.chat, stage.user, "什么时候修？")
    sent = await kit.bot.send_message(
        stage.user.id, "明天", reply_parameters=kit.types.ReplyParameters(message_id=asked.id)
    )
    assert sent.reply_to_message.text == "什么时候修？"


async def test_photo_up_and_down_again_by_id(kit: Any, stage: Stage, jpeg: bytes) -> None:
    sent = await kit.bot.send_photo(stage.user.id, kit.file(jpeg, "灯.jpg"), caption="<i>修好了</i>", parse_mode="HTML")
    assert [(size.width, size.height) for size in sent.photo] == [(90, 68), (320, 240), (640, 480)]
    assert (sent.caption, sent.caption_entities[0].type) == ("修好了", "italic")
    assert (await kit.download(sent.photo[-1].file_id))[:3] == b"\xff\xd8\xff"
    again = await kit.bot.send_photo(stage.user.id, sent.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == sent.photo[-1].file_unique_id


async def test_document_and_voice(kit: Any, stage: Stage) -> None:
    sheet = await kit.bot.send_document(stage.user.id, kit.file("表".encode(), "回执.txt"))
    assert (sheet.document.file_name, sheet.document.file_size) == ("回执.txt", 3)
    assert await kit.download(sheet.document.file_id) == "表".encode()
    voice = await kit.bot.send_voice(stage.user.id, kit.file(b"OggS....", "a.ogg"), duration=3)
    assert await kit.download(voice.voice.file_id) == b"OggS...."


async def test_album(kit: Any, stage: Stage, jpeg: bytes) -> None:
    photo = kit.types.InputMediaPhoto
    first = kit.types.InputMediaPhoto(media=kit.part(jpeg, "1.jpg"), caption="两处")
    sent = await kit.bot.send_media_group(stage.user.id, [first, photo(media=kit.part(picture(50, 40), "2.jpg"))])
    assert len({message.media_group_id for message in sent}) == 1
    assert [message.caption for message in sent] == ["两处", None]
    by_id = [photo(media=message.photo[-1].file_id) for message in sent]
    again = await kit.bot.send_media_group(stage.user.id, by_id)
    assert [m.photo[-1].file_unique_id for m in again] == [m.photo[-1].file_unique_id for m in sent]


async def test_location_and_action(kit: Any, stage: Stage) -> None:
    sent = await kit.bot.send_location(stage.user.id, 29.7146, 120.2422)
    assert (sent.location.latitude, sent.location.longitude) == (29.7146, 120.2422)
    await kit.bot.send_chat_action(stage.user.id, "typing")
    assert stage.chat.actions[stage.bot.id][0] == "typing"


async def test_edits(kit: Any, stage: Stage, jpeg: bytes) -> None:
    card = await kit.bot.send_message(stage.user.id, "待处理", reply_markup=inline(kit, "签收"))
    where = {"chat_id": stage.user.id, "message_id": card.message_id}
    done = await kit.bot.edit_message_text(text="已签收", reply_markup=inline(kit, "答复"), **where)
    assert (done.text, done.reply_markup.inline_keyboard[0][0].text, bool(done.edit_date)) == ("已签收", "答复", True)
    bare = await kit.bot.edit_message_reply_markup(reply_markup=None, **where)
    assert bare.reply_markup is None
    shown = await kit.bot.send_photo(stage.user.id, kit.file(jpeg, "a.jpg"), caption="前")
    where["message_id"] = shown.message_id
    assert (await kit.bot.edit_message_caption(caption="后", **where)).caption == "后"
    new = kit.types.InputMediaPhoto(media=kit.part(picture(60, 60), "b.jpg"), caption="换")
    changed = await kit.bot.edit_message_media(media=new, **where)
    assert (changed.photo[-1].width, changed.caption) == (60, "换")


async def test_an_edit_without_buttons_takes_them_away(kit: Any, stage: Stage) -> None:
    card = await kit.bot.send_message(stage.user.id, "一", reply_markup=inline(kit, "签收"))
    after = await kit.bot.edit_message_text(text="二", chat_id=stage.user.id, message_id=card.message_id)
    assert after.reply_markup is None


async def test_delete(kit: Any, stage: Stage) -> None:
    sent = await kit.bot.send_message(stage.user.id, "收回")
    assert await kit.bot.delete_message(stage.user.id, sent.message_id)
    assert sent.message_id not in stage.chat.messages
    again = kit.bot.delete_message(stage.user.id, sent.message_id)
    assert await refusal(again) == "message to delete not found"


async def test_a_button_is_answered_once_and_in_time(kit: Any, stage: Stage) -> None:
    card = await kit.bot.send_message(stage.user.id, "任务", reply_markup=inline(kit, "签收"))
    query = acting.press(stage.world, stage.bot, stage.chat, stage.user, card.message_id, "签收")
    [update] = await kit.bot.get_updates()
    assert (update.callback_query.data, update.callback_query.message.message_id) == ("签收", card.message_id)
    assert await kit.bot.answer_callback_query(update.callback_query.id, text="好", show_alert=True)
    assert query.answer == {"text": "好", "alert": True, "url": ""}
    late = acting.press(stage.world, stage.bot, stage.chat, stage.user, card.message_id, "签收")
    stage.world.skew += 61
    stale = "query is too old and response timeout expired or query ID is invalid"
    assert await refusal(kit.bot.answer_callback_query(late.id)) == stale
    assert await refusal(kit.bot.answer_callback_query(query.id)) == stale


async def test_menus_by_scope_and_language(kit: Any, stage: Stage) -> None:
    def menu(*names: str) -> list[Any]:
        return [kit.types.BotCommand(command=name, description=f"说明 {name}") for name in names]

    private = kit.types.BotCommandScopeAllPrivateChats()
    await kit.bot.set_my_commands(menu("new", "my"))
    await kit.bot.set_my_commands(menu("new"), scope=private, language_code="zh")
    assert [one.command for one in await kit.bot.get_my_commands()] == ["new", "my"]
    assert [one.command for one in await kit.bot.get_my_commands(scope=private, language_code="zh")] == ["new"]
    assert list(await kit.bot.get_my_commands(language_code="en")) == []
    await kit.bot.delete_my_commands()
    assert list(await kit.bot.get_my_commands()) == []


async def test_file_ids_are_a_bots_own_and_links_die(kit: Any, client: Any, stage: Stage, jpeg: bytes) -> None:
    other_bot = stage.world.add_bot(username="staff_bot")
    acting.start(stage.world, other_bot, stage.user)
    other = await client(kit.name, other_bot)
    sent = await kit.bot.send_photo(stage.user.id, kit.file(jpeg, "a.jpg"))
    theirs = sent.photo[-1].file_id
    assert await refusal(other.bot.send_photo(stage.user.id, theirs)) == "wrong file identifier/HTTP URL specified"
    assert await refusal(other.bot.get_file(theirs)) == "invalid file_id"
    link = await kit.bot.get_file(theirs)
    path = link.file_path if "://" not in link.file_path else link.file_path.split(stage.bot.token + "/")[1]
    now = stage.world.now()
    assert stage.world.files.download(stage.bot.token, path, now) is not None
    assert stage.world.files.download(stage.bot.token, path, now + 3601) is None
    assert stage.world.files.download(other_bot.token, path, now) is None


@pytest.mark.parametrize("size", [20 * 1024 * 1024, 20 * 1024 * 1024 + 1])
async def test_downloads_end_at_20_mb(kit: Any, stage: Stage, size: int) -> None:
    kept = stage.world.files.keep("document", bytes(size), file_name="大.bin", mime_type="application/octet-stream")
    said = await refusal(kit.bot.get_file(kept.file_id(stage.bot)))
    assert said == ("nothing refused" if size <= 20 * 1024 * 1024 else "file is too big")
