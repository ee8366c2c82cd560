"""What is refused, and Telegram's words for it, as both libraries hand them on."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from simulator import acting
from simulator.calls import Upload
from tests.simulator.conftest import Stage, picture
from tests.simulator.kits import inline, refusal

SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


def text(words: str, **more: Any) -> Callable[[Any, Stage], Any]:
    return lambda kit, stage: kit.bot.send_message(stage.user.id, words, **more)


def button(**fields: Any) -> Callable[[Any, Stage], Any]:
    def ask(kit: Any, stage: Stage) -> Any:
        key = kit.types.InlineKeyboardButton(text="按", **fields)
        markup = kit.types.InlineKeyboardMarkup(inline_keyboard=[[key]])
        return kit.bot.send_message(stage.user.id, "一", reply_markup=markup)

    return ask


def album(count: int) -> Callable[[Any, Stage], Any]:
    def ask(kit: Any, stage: Stage) -> Any:
        media = [kit.types.InputMediaPhoto(media=kit.part(picture(20, 20), f"{n}.jpg")) for n in range(count)]
        return kit.bot.send_media_group(stage.user.id, media)

    return ask


CASES = {
    "empty": (text("  \n "), "message text is empty"),
    "4096 units": (text("😀" * 2048), "nothing refused"),
    "4097 units": (text("😀" * 2048 + "a"), "message is too long"),
    "tags do not count": (text("<b>" + "字" * 4096 + "</b>", parse_mode="HTML"), "nothing refused"),
    "unknown tag": (text("a <p>b</p>", parse_mode="HTML"),
                    "can't parse entities: Unsupported start tag \"p\" at byte offset 2"),
    "open tag": (text("<b>字", parse_mode="HTML"),
                 "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
    "Markdown": (text("*a*", parse_mode="MarkdownV2"), "unsupported parse_mode"),
    "no such chat": (lambda kit, stage: kit.bot.send_message(99, "a"), "chat not found"),
    "no such group": (lambda kit, stage: kit.bot.send_message(-99, "a"), "chat not found"),
    "no such name": (lambda kit, stage: kit.bot.send_message("@nobody", "a"), "chat not found"),
    "64 bytes of data": (button(callback_data="字" * 21 + "a"), "nothing refused"),
    "65 bytes of data": (button(callback_data="字" * 21 + "aa"), "BUTTON_DATA_INVALID"),
    "button without action": (
        button(), "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
    "button to nowhere": (button(url="not a url"),
                          "inline keyboard button URL 'not a url' is invalid: Wrong HTTP URL"),
    "reply to nothing": (
        lambda kit, stage: kit.bot.send_message(
            stage.user.id, "a", reply_parameters=kit.types.ReplyParameters(message_id=999)),
        "message to be replied not found"),
    "caption of 1025": (
        lambda kit, stage: kit.bot.send_photo(stage.user.id, kit.file(picture(9, 9), "a.jpg"), caption="字" * 1025),
        "message caption is too long"),
    "not a picture": (
        lambda kit, stage: kit.bot.send_photo(stage.user.id, kit.file(b"GIF?", "a.jpg")), "IMAGE_PROCESS_FAILED"),
    "empty file": (
        lambda kit, stage: kit.bot.send_document(stage.user.id, kit.file(b"", "a.txt")), "file must be non-empty"),
    "unknown file id": (
        lambda kit, stage: kit.bot.send_photo(stage.user.id, "AgACAgUAAxkBnonsense"),
        "wrong file identifier/HTTP URL specified"),
    "file from elsewhere": (
        lambda kit, stage: kit.bot.send_photo(stage.user.id, "https://example.com/a.jpg"),
        "failed to get HTTP URL content"),
    "11 photos": (album(11), "too many messages to send as an album"),
    "10 photos": (album(10), "nothing refused"),
    "edit of nothing": (
        lambda kit, stage: kit.bot.edit_message_text(text="a", chat_id=stage.user.id, message_id=999),
        "message to edit not found"),
    "edit of another's": (
        lambda kit, stage: kit.bot.edit_message_text(text="a", chat_id=stage.user.id, message_id=1),
        "message can't be edited"),
    "bad action": (
        lambda kit, stage: kit.bot.send_chat_action(stage.user.id, "dancing"), "wrong parameter action in request"),
    "bad command": (
        lambda kit, stage: kit.bot.set_my_commands([kit.types.BotCommand(command="新的", description="a")]),
        "BOT_COMMAND_INVALID"),
    "no such file": (lambda kit, stage: kit.bot.get_file("abc"), "invalid file_id"),
    "bad secret": (
        lambda kit, stage: kit.bot.set_webhook("http://127.0.0.1:1/x", secret_token="字"),
        "secret token contains unallowed characters"),
    "webhook to nowhere": (
        lambda kit, stage: kit.bot.set_webhook("nowhere"),
        "bad webhook: An HTTPS URL must be provided for webhook"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_refused_in_telegrams_words(kit: Any, stage: Stage, case: str) -> None:
    ask, expected = CASES[case]
    assert await refusal(ask(kit, stage)) == expected


async def test_an_edit_must_change_something(kit: Any, stage: Stage) -> None:
    card = await kit.bot.send_message(stage.user.id, "<b>一</b>", parse_mode="HTML", reply_markup=inline(kit, "好"))
    where = {"chat_id": stage.user.id, "message_id": card.message_id}
    same = kit.bot.edit_message_text(text="<b>一</b>", parse_mode="HTML", reply_markup=inline(kit, "好"), **where)
    assert await refusal(same) == SAME
    assert await refusal(kit.bot.edit_message_reply_markup(reply_markup=inline(kit, "好"), **where)) == SAME
    assert await refusal(kit.bot.edit_message_caption(caption="a", **where)) == (
        "there is no caption in the message to edit"
    )


async def test_a_message_with_a_reply_keyboard_stays_as_it_is(kit: Any, stage: Stage) -> None:
    keys = kit.types.ReplyKeyboardMarkup(keyboard=[[kit.types.KeyboardButton(text="是")]])
    sent = await kit.bot.send_message(stage.user.id, "一", reply_markup=keys)
    edit = kit.bot.edit_message_text(text="二", chat_id=stage.user.id, message_id=sent.message_id)
    assert await refusal(edit) == "message can't be edited"


async def test_after_two_days_nothing_is_deleted(kit: Any, stage: Stage) -> None:
    sent = await kit.bot.send_message(stage.user.id, "一")
    stage.world.skew += 48 * 3600 + 1
    assert await refusal(kit.bot.delete_message(stage.user.id, sent.message_id)) == "message can't be deleted"


async def test_a_stranger_and_someone_met_in_a_group(kit: Any, stage: Stage) -> None:
    stranger = stage.world.add_user("路人")
    assert await refusal(kit.bot.send_message(stranger.id, "a")) == "chat not found"
    stage.world.add_group("楼道群", [stranger.id], [stage.bot])
    said = await refusal(kit.bot.send_message(stranger.id, "a"))
    assert said == "bot can't initiate conversation with a user"


async def test_another_kind_of_file(kit: Any, stage: Stage) -> None:
    file = acting.send_file(stage.world, stage.chat, stage.user, "voice", Upload("a.ogg", b"OggS", "audio/ogg"))
    file_id = file.body["voice"].file_id(stage.bot)
    assert await refusal(kit.bot.send_document(stage.user.id, file_id)) == "can't use file of type Voice as Document"


async def test_out_of_a_group(kit: Any, stage: Stage) -> None:
    group = stage.world.add_group("楼道群", [stage.user.id], [stage.bot])
    await kit.bot.send_message(group.id, "一")
    acting.remove_bot(stage.world, group, stage.bot, stage.user)
    assert await refusal(kit.bot.send_message(group.id, "二")) == "bot was kicked from the group chat"


async def test_tokens_and_methods_nobody_knows(stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=stage.address, trust_env=False, verify=False) as http:
        answers = [await http.get(path) for path in (
            "/bot1:unknown/getMe", "/botnonsense/getMe", f"/bot{stage.bot.token}/getNothing",
            f"/bot{stage.bot.token}/GETME", f"/file/bot{stage.bot.token}/photos/file_0.jpg",
        )]  # fmt: skip
        assert [answer.status_code for answer in answers] == [401, 404, 404, 200, 404]
        assert answers[0].json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
        assert answers[1].json() == {"ok": False, "error_code": 404, "description": "Not Found"}


@pytest.mark.parametrize("way", ["json", "form", "query", "multipart"])
async def test_one_call_in_every_dress(stage: Stage, way: str) -> None:
    markup = '{"inline_keyboard": [[{"text": "是", "callback_data": "yes"}]]}'
    values = {"chat_id": str(stage.user.id), "text": "灯", "reply_markup": markup}
    dress: dict[str, Any] = {
        "json": {"json": values}, "form": {"data": values}, "query": {"params": values},
        "multipart": {"files": {name: (None, value) for name, value in values.items()}},
    }[way]  # fmt: skip
    async with httpx.AsyncClient(base_url=stage.address, trust_env=False, verify=False) as http:
        answer = (await http.post(f"/bot{stage.bot.token}/sendMessage", **dress)).json()
    assert answer["result"]["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "yes"


async def test_half_a_character_is_refused(stage: Stage) -> None:
    body = b'{"chat_id": %d, "text": "\\ud83d"}' % stage.user.id
    async with httpx.AsyncClient(base_url=stage.address, trust_env=False, verify=False) as http:
        answer = await http.post(
            f"/bot{stage.bot.token}/sendMessage", content=body, headers={"content-type": "application/json"}
        )
    assert answer.json()["description"] == "Bad Request: strings must be encoded in UTF-8"
