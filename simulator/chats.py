"""People, chats, and the messages in them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator.files import Reader


@dataclass(eq=False)
class User:
    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    is_bot: bool = False

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for name in ("last_name", "username", "language_code"):
            if value := getattr(self, name):
                said[name] = value
        return said


@dataclass(eq=False)
class Message:
    """`body` is the content in the Bot API's fields; files in it become file ids only for the bot that reads."""

    id: int
    chat: "Chat"
    sender: User
    date: int
    body: dict[str, Any]
    markup: dict[str, Any] | None = None
    edit_date: int | None = None
    reply_to: int | None = None

    def as_json(self, bot: Reader, with_reply: bool = True) -> dict[str, Any]:
        said: dict[str, Any] = {
            "message_id": self.id, "from": self.sender.as_json(), "chat": self.chat.as_json(), "date": self.date,
        }  # fmt: skip
        if self.edit_date:
            said["edit_date"] = self.edit_date
        replied = self.chat.messages.get(self.reply_to) if self.reply_to and with_reply else None
        if replied:
            said["reply_to_message"] = replied.as_json(bot, with_reply=False)
        said |= {name: _for_bot(value, bot) for name, value in self.body.items()}
        if self.markup and "inline_keyboard" in self.markup:  # the other kinds are never shown to the bot
            said["reply_markup"] = self.markup
        return said


def _for_bot(value: Any, bot: Reader) -> Any:
    if isinstance(value, list):
        return [_for_bot(item, bot) for item in value]
    return value.as_json(bot) if hasattr(value, "as_json") else value


@dataclass(eq=False)
class Chat:
    """A private chat belongs to one bot and one person; a group may have several of both."""

    id: int
    type: str
    title: str = ""
    user: User | None = None
    people: set[int] = field(default_factory=set)
    bots: set[int] = field(default_factory=set)
    moved_to: int | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    actions: dict[int, tuple[str, float]] = field(default_factory=dict)

    @property
    def private(self) -> bool:
        return self.type == "private"

    def as_json(self) -> dict[str, Any]:
        if self.user is None:
            return {"id": self.id, "type": self.type, "title": self.title}
        who = self.user.as_json()
        return {"id": self.id, "type": "private"} | {
            name: who[name] for name in ("first_name", "last_name", "username") if name in who
        }
