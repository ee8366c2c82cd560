"""sendMessage and its sisters: content first, then whether it may be sent, then whether it may be sent now."""

from typing import Any

from simulator import keyboards, media, targets, texts
from simulator.bots import Bot
from simulator.calls import Call
from simulator.errors import bad
from simulator.world import World

ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip


def send(world: World, bot: Bot, call: Call, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    markup = keyboards.check(call.json("reply_markup", "reply keyboard markup"))
    chat = targets.chat(world, bot, call)
    reply_to = targets.replied(chat, call)
    world.limits.spend(bot.id, chat.id, len(bodies))
    chat.actions.pop(bot.id, None)
    sent = [world.add_message(chat, bot.user, body, markup=markup, reply_to=reply_to) for body in bodies]
    return [message.as_json(bot) for message in sent]


def message(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    body = texts.body("text", call.text("text"), call.text("parse_mode"), call.json("entities", "message entities"))
    return send(world, bot, call, [body])[0]


def photo(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    return send(world, bot, call, [media.single(world, bot, call, "photo")])[0]


def document(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    return send(world, bot, call, [media.single(world, bot, call, "document")])[0]


def voice(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    return send(world, bot, call, [media.single(world, bot, call, "voice")])[0]


def media_group(world: World, bot: Bot, call: Call) -> list[dict[str, Any]]:
    bodies = media.album(world, bot, call)
    number = str(next(world.album_ids))
    group = {"media_group_id": number} if len(bodies) > 1 else {}
    return send(world, bot, call, [group | body for body in bodies])


def location(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    return send(world, bot, call, [{"location": place(call)}])[0]


def place(call: Call) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = call.decimal(name)
        if value is None:
            raise bad(f"{name} is empty")
        if not abs(value) <= most:
            raise bad("invalid location specified")
        said[name] = round(value, 6)
    if (accuracy := call.decimal("horizontal_accuracy")) is not None:
        said["horizontal_accuracy"] = accuracy
    period = call.number("live_period")
    if period and not (60 <= period <= 86400 or period == 0x7FFFFFFF):
        raise bad("wrong live location period specified")
    return said | ({"live_period": period} if period else {})


def chat_action(world: World, bot: Bot, call: Call) -> bool:
    chat = targets.chat(world, bot, call)
    if call.text("action") not in ACTIONS:
        raise bad("wrong parameter action in request")
    chat.actions[bot.id] = (call.text("action"), world.now() + 5)
    world.record("action", chat, action=call.text("action"), bot=bot.id)
    return True
