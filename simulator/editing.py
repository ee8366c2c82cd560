"""Edits and deletions of what a bot sent."""

from typing import Any

from simulator import keyboards, media, targets, texts
from simulator.bots import Bot
from simulator.calls import Call
from simulator.chats import Message
from simulator.errors import bad
from simulator.world import World

SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
DELETABLE = 48 * 3600
CAPTIONED = ("photo", "document", "voice")


def find(world: World, bot: Bot, call: Call) -> Message:
    message = targets.message(targets.chat(world, bot, call), call, "edit")
    keyed = message.markup is not None and "inline_keyboard" not in message.markup
    if message.sender is not bot.user or keyed:
        raise bad("message can't be edited")
    return message


def change(world: World, bot: Bot, call: Call, message: Message, body: dict[str, Any]) -> dict[str, Any]:
    """An edit without a keyboard takes the old one away, as Telegram does."""
    markup = keyboards.inline_only(call.json("reply_markup", "reply keyboard markup"))
    if body == message.body and markup == message.markup:
        raise bad(SAME)
    world.limits.spend(bot.id, message.chat.id)
    if body != message.body:
        message.edit_date = int(world.now())
    message.body, message.markup = body, markup
    world.record("edit", message.chat, message)
    return message.as_json(bot)


def _without(message: Message, *names: str) -> dict[str, Any]:
    return {name: value for name, value in message.body.items() if name not in names}


def text(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    body = texts.body("text", call.text("text"), call.text("parse_mode"), call.json("entities", "message entities"))
    message = find(world, bot, call)
    if "text" not in message.body:
        raise bad("there is no text in the message to edit")
    return change(world, bot, call, message, _without(message, "text", "entities") | body)


def caption(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    given = call.json("caption_entities", "message entities")
    body = texts.body("caption", call.text("caption"), call.text("parse_mode"), given)
    message = find(world, bot, call)
    if not any(kind in message.body for kind in CAPTIONED):
        raise bad("there is no caption in the message to edit")
    return change(world, bot, call, message, _without(message, "caption", "caption_entities") | body)


def reply_markup(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    message = find(world, bot, call)
    return change(world, bot, call, message, message.body)


def new_media(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    body = media.item(world, bot, call, call.json("media", "media"))
    message = find(world, bot, call)
    if "location" in message.body or "voice" in message.body:
        raise bad("message can't be edited")
    album = message.body.get("media_group_id")
    return change(world, bot, call, message, ({"media_group_id": album} if album else {}) | body)


def delete(world: World, bot: Bot, call: Call) -> bool:
    chat = targets.chat(world, bot, call)
    message = targets.message(chat, call, "delete")
    others = message.sender is not bot.user and not chat.private
    if others or world.now() - message.date > DELETABLE:
        raise bad("message can't be deleted")
    del chat.messages[message.id]
    world.record("delete", chat, message_id=message.id)
    return True
