"""The residents' bot on the simulator: what it sets up, what arrives at a phone, and what each refusal becomes."""

import io
import logging
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.channels.base import ChannelError, Hook, Impossible, Moved, TooFast, Unreachable
from bot.channels.telegram_residents import TelegramResidents
from bot.messages import File, Outgoing, Sent
from simulator import acting
from simulator.calls import Upload
from tests.bot.channels.conftest import Stage

BUTTONS = [[("token-1", "提交"), ("token-2", "改地点")]]
MENU = ["new", "my", "services", "votes", "score", "lang", "large", "help", "cancel"]


def line(stage: Stage, text: str = "", **more: Any) -> Outgoing:
    return Outgoing(7, str(stage.user.id), text, **more)


def seen(stage: Stage) -> list[dict[str, Any]]:
    """What the bot wrote, as the phone shows it: the body with its keyboard."""
    mine = [message for message in stage.chat.messages.values() if message.sender is stage.bot.user]
    return [message.body | ({"markup": message.markup} if message.markup else {}) for message in mine]


def methods(stage: Stage) -> list[str]:
    return [call["method"].lower() for call in stage.world.calls]


@pytest.fixture
def picture(tmp_path: Path) -> File:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), "#7a8b6f").save(out, "JPEG")
    path = tmp_path / "picture.jpg"
    path.write_bytes(out.getvalue())
    return File("photo", "sha-of-picture", path)


@pytest.fixture
def voice(tmp_path: Path) -> File:
    path = tmp_path / "voice.ogg"
    path.write_bytes(b"OggS" + bytes(500))
    return File("voice", "sha-of-voice", path)


async def test_open_says_who_it_is_and_sets_menus_in_each_language(residents: TelegramResidents, stage: Stage) -> None:
    assert (residents.receiver, residents.link("B01_x")) == (str(stage.bot.id), "https://t.me/fengqiao_bot?start=B01_x")
    menus = {language: [command["command"] for command in menu] for (_, language), menu in stage.bot.commands.items()}
    assert menus == {"": MENU, "en": MENU}
    await residents.menu(str(stage.user.id), "zh-Hant")
    about = {menu[0]["description"] for menu in stage.bot.commands.values()}
    assert about == {"反映一件新的事", "Report something new"}
    assert "換一種語言" in {command["description"] for menu in stage.bot.commands.values() for command in menu}
    assert len(stage.bot.commands) == 3


async def test_a_webhook_is_set_each_start_and_what_waits_stays(residents: TelegramResidents, stage: Stage) -> None:
    acting.say(stage.world, stage.chat, stage.user, "在吗")
    await residents.open(Hook("http://127.0.0.1:9/hooks/telegram", "s3cret"))
    assert stage.bot.hook is not None
    assert (stage.bot.hook.url, stage.bot.hook.secret) == ("http://127.0.0.1:9/hooks/telegram", "s3cret")
    assert stage.bot.updates.allowed == ["message", "edited_message", "callback_query", "my_chat_member"]
    await residents.open(None)
    assert stage.bot.hook is None
    [update] = await residents.updates(None, 0)
    assert update["message"]["text"] == "在吗"


async def test_one_broken_update_does_not_hide_the_next(residents: TelegramResidents, stage: Stage) -> None:
    stage.bot.updates.put_raw({"message": {"text": 8}}, "raw")
    acting.say(stage.world, stage.chat, stage.user, "在吗")
    broken, good = await residents.updates(None, 0)
    arrival = residents.hear(good)
    assert arrival is not None
    assert arrival.text == "在吗"
    with pytest.raises(ValueError):
        residents.hear(broken)


async def test_words_with_buttons(residents: TelegramResidents, stage: Stage) -> None:
    sent = await residents.send(line(stage, "油烟 <b> & 噪音", title="对不对？", buttons=BUTTONS))
    [shown] = seen(stage)
    assert shown["text"] == "对不对？\n油烟 <b> & 噪音"
    assert [entity["type"] for entity in shown["entities"]] == ["bold"]
    keys = [(key["callback_data"], key["text"]) for row in shown["markup"]["inline_keyboard"] for key in row]
    assert keys == [pair for row in BUTTONS for pair in row]
    assert sent == Sent([str(max(stage.chat.messages))])


async def test_files_by_upload_and_the_next_time_by_number(
    residents: TelegramResidents, stage: Stage, picture: File, voice: File
) -> None:
    sent = await residents.send(line(stage, "已清洗", files=[picture]))
    assert seen(stage)[-1]["caption"] == "已清洗"
    album = [File("photo", "sha-of-picture", Path("/gone"), number=sent.files["sha-of-picture"])] * 2
    sent = await residents.send(line(stage, "前后", files=[*album, voice]))
    assert [sorted(set(body) & {"photo", "voice", "text"}) for body in seen(stage)[1:]] == [
        ["photo"], ["photo"], ["voice"], ["text"]
    ]  # fmt: skip
    assert (len(sent.numbers), set(sent.files)) == (4, {"sha-of-picture", "sha-of-voice"})


async def test_a_number_that_is_good_no_more_is_uploaded_again(
    residents: TelegramResidents, stage: Stage, picture: File
) -> None:
    stale = File("photo", picture.sha256, picture.path, number="AgAC-of-another-bot")
    sent = await residents.send(line(stage, "已清洗", files=[stale]))
    assert sent.files[picture.sha256] != stale.number
    assert methods(stage)[-2:] == ["sendphoto", "sendphoto"]


async def test_a_file_that_is_gone_is_impossible(residents: TelegramResidents, stage: Stage) -> None:
    with pytest.raises(Impossible):
        await residents.send(line(stage, "看", files=[File("photo", "x", Path("/gone"))]))


async def test_edits_and_those_with_nothing_to_do(residents: TelegramResidents, stage: Stage) -> None:
    [number] = (await residents.send(line(stage, "办理中", title="1121-0042", buttons=BUTTONS))).numbers
    edit = line(stage, "已办结", title="1121-0042", edits=number)
    for _ in range(2):  # the second changes nothing
        assert await residents.send(edit) == Sent([number])
    assert [body["text"] for body in seen(stage)] == ["1121-0042\n已办结"]
    assert "markup" not in seen(stage)[0]
    stage.chat.messages.clear()
    assert await residents.send(edit) == Sent([number])


async def test_a_button_for_the_position_comes_and_goes(residents: TelegramResidents, stage: Stage) -> None:
    await residents.send(line(stage, "是在哪里？", asks_pin="发送位置"))
    [[key]] = seen(stage)[-1]["markup"]["keyboard"]
    assert key == {"text": "发送位置", "request_location": True}
    sent = await residents.send(line(stage, "对不对？", buttons=BUTTONS))
    assert (len(sent.numbers), methods(stage)[-3:]) == (1, ["sendmessage", "deletemessage", "sendmessage"])
    await residents.send(line(stage, "收到"))
    assert methods(stage)[-2:] == ["sendmessage", "sendmessage"]
    assert [body["text"] for body in seen(stage)] == ["是在哪里？", "对不对？", "收到"]


async def test_quiet_and_answers(residents: TelegramResidents, stage: Stage) -> None:
    [number] = (await residents.send(line(stage, "对不对？", buttons=BUTTONS, quiet=True))).numbers
    query = acting.press(stage.world, stage.bot, stage.chat, stage.user, int(number), "提交")
    [raw] = await residents.updates(None, 0)
    arrival = residents.hear(raw)
    assert arrival is not None
    assert (arrival.choice, arrival.number) == ("token-1", number)
    await residents.answer(arrival.query, "好" * 500)
    assert query.answer is not None  # type: ignore[union-attr]
    assert query.answer["text"] == "好" * 200  # type: ignore[union-attr]
    await residents.answer("no such query")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "429", "retry_after": 7}, TooFast),
        ({"kind": "403"}, Unreachable),
        ({"kind": "500"}, ChannelError),
        ({"kind": "reset"}, ChannelError),
    ],
    ids=["429", "403", "500", "reset"],
)
async def test_trouble_has_a_name(
    residents: TelegramResidents, stage: Stage, fault: dict[str, Any], kind: type[ChannelError]
) -> None:
    stage.world.faults.plan(**fault, method="sendMessage")
    with pytest.raises(ChannelError) as raised:
        await residents.send(line(stage, "在办了"))
    assert type(raised.value) is kind
    assert getattr(raised.value, "seconds", 7) == 7
    assert stage.bot.token not in str(raised.value)
    await residents.send(line(stage, "在办了"))


@pytest.mark.promise("R7")
async def test_blocked_unknown_and_moved(residents: TelegramResidents, stage: Stage) -> None:
    group = stage.world.add_group("楼道群", [stage.user.id], [stage.bot])
    new = acting.migrate(stage.world, group)
    with pytest.raises(Moved) as moved:
        await residents.send(Outgoing(1, str(group.id), "一"))
    assert moved.value.to == str(new.id)
    acting.block(stage.world, stage.bot, stage.user)
    for chat in (str(stage.user.id), "999"):
        with pytest.raises(Unreachable):
            await residents.send(Outgoing(1, chat, "一"))


async def test_the_rest_of_a_line_goes_on_where_it_stopped(
    residents: TelegramResidents, stage: Stage, picture: File
) -> None:
    long = line(stage, "灯坏了。" * 400, files=[picture], buttons=BUTTONS)
    stage.world.faults.plan(kind="500", method="sendMessage")
    with pytest.raises(ChannelError) as stopped:
        await residents.send(long)
    [first] = stopped.value.sent
    sent = await residents.send(line(stage, long.text, files=long.files, buttons=BUTTONS, sent=[first]))
    assert (len(sent.numbers), sent.numbers[0], len(seen(stage))) == (2, first, 2)


async def test_fetching_files(residents: TelegramResidents, stage: Stage, picture: File) -> None:
    content = picture.path.read_bytes()
    upload = Upload("a.pdf", content, "image/jpeg")
    acting.send_file(stage.world, stage.chat, stage.user, "document", upload)
    [raw] = await residents.updates(None, 0)
    arrival = residents.hear(raw)
    assert arrival is not None
    assert await residents.fetch(arrival.photo) == content
    with pytest.raises(Impossible):
        await residents.fetch("BQAC-nothing-like-it")
    stage.world.faults.plan(kind="500", method="getFile")
    with pytest.raises(ChannelError) as raised:
        await residents.fetch(arrival.photo)
    assert type(raised.value) is ChannelError


async def test_no_log_tells_the_token(
    stage: Stage, picture: File, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = TelegramResidents(stage.bot.token, stage.address)
    await channel.open(None)
    for kind in ("500", "reset", "403"):
        stage.world.faults.plan(kind=kind, method="sendPhoto")
        with pytest.raises(ChannelError) as raised:
            await channel.send(line(stage, "看", files=[picture]))
        logging.getLogger("test").exception("not sent", exc_info=raised.value)
    await channel.close()
    said = capsys.readouterr()
    ours = [caplog.handler.format(record) for record in caplog.records if record.name != "uvicorn.access"]
    assert sum("not sent" in text for text in ours) == 3
    assert stage.bot.token.partition(":")[2] not in "".join(ours) + said.out + said.err
