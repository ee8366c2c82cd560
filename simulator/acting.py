"""What people do: write, send pictures, press, edit, block."""

import re
from typing import Any

from simulator import media, texts
from simulator.bots import Bot
from simulator.calls import Upload
from simulator.chats import Chat, Message, User
from simulator.world import Query, World

PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


class CannotDo(Exception):
    """A person's client would not let this happen."""


def say(world: World, chat: Chat, user: User, text: str, reply_to: int | None = None) -> Message:
    return _send(world, chat, user, texts.body("text", text), reply_to)


def start(world: World, bot: Bot, user: User, payload: str = "") -> Message:
    """The start button, or a link t.me/<bot>?start=<payload>; it unblocks as well."""
    if payload and not PAYLOAD.fullmatch(payload):
        raise CannotDo("a start payload is 1–64 of A-Za-z0-9_-")
    if user.id in bot.blocked:
        unblock(world, bot, user)
    return say(world, world.private_chat(bot, user), user, f"/start {payload}".strip())


def send_photos(world: World, chat: Chat, user: User, photos: list[Upload], caption: str = "") -> list[Message]:
    """Several are an album: an update each, the caption on the first."""
    group = {"media_group_id": str(next(world.album_ids))} if len(photos) > 1 else {}
    kept = [{"photo": media.keep(world, "photo", photo, {})} | group for photo in photos]
    if kept and caption:
        kept[0] |= texts.body("caption", caption)
    return [_send(world, chat, user, body) for body in kept]


def send_file(
    world: World, chat: Chat, user: User, kind: str, file: Upload, caption: str = "", duration: int = 0
) -> Message:
    """A voice message or a document."""
    body: dict[str, Any] = {kind: media.keep(world, kind, file, {"duration": duration})}
    return _send(world, chat, user, body | (texts.body("caption", caption) if caption else {}))


def send_location(
    world: World, chat: Chat, user: User, latitude: float, longitude: float, live_period: int = 0
) -> Message:
    place = {"latitude": latitude, "longitude": longitude} | ({"live_period": live_period} if live_period else {})
    return _send(world, chat, user, {"location": place})


def move(world: World, message: Message, latitude: float, longitude: float, stop: bool = False) -> Message:
    """A live location goes on as edits of its message, and its end is one too."""
    place = message.body.get("location", {})
    if "live_period" not in place:
        raise CannotDo("not a live location")
    moved = place | {"latitude": latitude, "longitude": longitude}
    if stop:
        del moved["live_period"]
    return _edit(world, message, {"location": moved})


def edit(world: World, message: Message, text: str) -> Message:
    name = "text" if "text" in message.body else "caption"
    kept = {key: value for key, value in message.body.items() if key not in (name, "entities", "caption_entities")}
    return _edit(world, message, kept | texts.body(name, text))


def press(world: World, bot: Bot, chat: Chat, user: User, message_id: int, button: str) -> Query | Message:
    """A button by its callback data or its label; a reply keyboard's button sends its label."""
    message = chat.messages.get(message_id)
    if message is None:
        raise CannotDo("no such message")
    markup = message.markup or {}
    for row in markup.get("keyboard", []):
        if any(key["text"] == button for key in row):
            return say(world, chat, user, button)
    for row in markup.get("inline_keyboard", []):
        for key in row:
            if "callback_data" in key and button in (key["callback_data"], key["text"]):
                return press_data(world, bot, user, message, key["callback_data"])
    raise CannotDo("no such button")


def press_data(world: World, bot: Bot, user: User, message: Message, data: str) -> Query:
    """Whatever the data: an old client may still show a button that is gone."""
    query = Query(str(next(world.query_ids)), bot, message.chat, user, message.id, data, world.now())
    world.queries[query.id] = query
    payload = {
        "id": query.id, "from": user.as_json(), "message": message.as_json(bot),
        "chat_instance": str(abs(message.chat.id) * 7919 + bot.id), "data": data,
    }  # fmt: skip
    bot.updates.put("callback_query", payload, message.chat.id)
    return query


def block(world: World, bot: Bot, user: User) -> None:
    if user.id not in bot.known or user.id in bot.blocked:
        raise CannotDo("not started, or blocked already")
    bot.blocked.add(user.id)
    _member(world, bot, world.private_chat(bot, user), user, "member", "kicked")


def unblock(world: World, bot: Bot, user: User) -> None:
    if user.id not in bot.blocked:
        raise CannotDo("not blocked")
    bot.blocked.remove(user.id)
    _member(world, bot, world.private_chat(bot, user), user, "kicked", "member")


def add_bot(world: World, chat: Chat, bot: Bot, user: User) -> None:
    chat.bots.add(bot.id)
    _member(world, bot, chat, user, "left", "member")


def remove_bot(world: World, chat: Chat, bot: Bot, user: User) -> None:
    _member(world, bot, chat, user, "member", "kicked")
    chat.bots.discard(bot.id)


def migrate(world: World, chat: Chat) -> Chat:
    """A group becomes a supergroup: another id, the old one refuses."""
    if chat.type != "group" or chat.moved_to:
        raise CannotDo("not a plain group")
    user = world.user(min(chat.people))
    new = world.add_group(chat.title, sorted(chat.people), world.in_chat(chat), "supergroup")
    chat.moved_to = new.id
    _send(world, chat, user, {"migrate_to_chat_id": new.id})
    _send(world, new, user, {"migrate_from_chat_id": chat.id})
    return new


def _send(world: World, chat: Chat, user: User, body: dict[str, Any], reply_to: int | None = None) -> Message:
    if chat.moved_to and "migrate_to_chat_id" not in body:
        raise CannotDo(f"the group moved to {chat.moved_to}")
    for bot in world.in_chat(chat) if chat.private else []:
        if user.id in bot.blocked:
            raise CannotDo("unblock the bot first")
        bot.known.add(user.id)
    message = world.add_message(chat, user, body, reply_to=reply_to)
    _tell(world, "message", message)
    return message


def _edit(world: World, message: Message, body: dict[str, Any]) -> Message:
    message.body, message.edit_date = body, int(world.now())
    world.record("edit", message.chat, message)
    _tell(world, "edited_message", message)
    return message


def _tell(world: World, kind: str, message: Message) -> None:
    for bot in world.in_chat(message.chat):
        if _sees(bot, message):
            bot.updates.put(kind, message.as_json(bot), message.chat.id)


def _sees(bot: Bot, message: Message) -> bool:
    """In a group with privacy on: commands, replies to the bot, what names it, and what happens to the group."""
    if message.chat.private or bot.reads_all or any(name.startswith("migrate") for name in message.body):
        return True
    replied = message.chat.messages.get(message.reply_to or 0)
    if replied and replied.sender is bot.user:
        return True
    text = str(message.body.get("text", message.body.get("caption", "")))
    named = f"@{bot.username}".lower() in text.lower()
    return named or (text.startswith("/") and "@" not in text.split()[0])


def _member(world: World, bot: Bot, chat: Chat, user: User, old: str, new: str) -> None:
    def member(status: str) -> dict[str, Any]:
        return {"user": bot.user.as_json(), "status": status} | ({"until_date": 0} if status == "kicked" else {})

    payload = {
        "chat": chat.as_json(), "from": user.as_json(), "date": int(world.now()), "old_chat_member": member(old),
        "new_chat_member": member(new),
    }  # fmt: skip
    bot.updates.put("my_chat_member", payload, chat.id)
    world.record("member", chat, status=new, bot=bot.id)
