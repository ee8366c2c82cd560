"""All the simulator knows: bots, people, chats, files, and a log of what happened."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.bell import Bell
from simulator.bots import TOKEN, Bot
from simulator.chats import Chat, Message, User
from simulator.faults import Faults
from simulator.files import Files
from simulator.limits import Limits
from simulator.pace import Pace
from simulator.updates import Updates


@dataclass(eq=False)
class Query:
    """A button somebody pressed."""

    id: str
    bot: Bot
    chat: Chat
    user: User
    message_id: int
    data: str
    born: float
    answer: dict[str, Any] | None = None


class World:
    def __init__(self, limits: bool = True, pace: Pace | None = None, clock: Callable[[], float] = time.time) -> None:
        self.pace = pace or Pace()
        self.clock = clock
        self.skew = 0.0
        self.bots: dict[str, Bot] = {}
        self.users: dict[int, User] = {}
        self.private: dict[tuple[int, int], Chat] = {}
        self.groups: dict[int, Chat] = {}
        self.queries: dict[str, Query] = {}
        self.files = Files()
        self.faults = Faults()
        self.limits = Limits(limits)
        self.log: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.phones: list[tuple[int, int]] = []  # who the page shows first, each with a bot
        self.bell = Bell()
        self.closing = False
        self.user_ids = itertools.count(710_000_001)
        self.group_ids = itertools.count(4_100_001)
        self.album_ids = itertools.count(13_900_000_000_000_001)
        self.query_ids = itertools.count(4_380_000_000_000_000_001)

    def now(self) -> float:
        return self.clock() + self.skew

    def add_bot(self, token: str = "", username: str = "", name: str = "", reads_all: bool = False) -> Bot:
        number = 7_000_000_001 + len(self.bots)
        token = token or f"{number}:simulated-{number:x}-not-a-secret-token"
        if not TOKEN.fullmatch(token):
            raise ValueError("a token is digits, a colon, and A-Za-z0-9_-")
        number = int(token.partition(":")[0])
        if any(bot.id == number for bot in self.bots.values()):
            raise ValueError(f"there is a bot {number} already")
        username = username or f"sim{number}_bot"
        user = User(number, name or username, username=username, is_bot=True)
        bot = Bot(token, user, Updates(number % 1000 * 100_000 + 1, self.now), reads_all)
        self.bots[token] = bot
        return bot

    def bot(self, which: int | str) -> Bot:
        for bot in self.bots.values():
            if which in (bot.id, str(bot.id), bot.username, bot.token):
                return bot
        raise LookupError(f"no bot {which}")

    def add_user(
        self, first_name: str, last_name: str = "", username: str = "", language_code: str = "zh-hans"
    ) -> User:
        user = User(next(self.user_ids), first_name, last_name, username, language_code)
        self.users[user.id] = user
        return user

    def user(self, number: int) -> User:
        if int(number) not in self.users:
            raise LookupError(f"no user {number}")
        return self.users[int(number)]

    def add_group(self, title: str, people: list[int], bots: list[Bot], type_: str = "group") -> Chat:
        number = next(self.group_ids)
        id_ = -number if type_ == "group" else -1_000_000_000_000 - number
        chat = Chat(id_, type_, title, people=set(people), bots={bot.id for bot in bots})
        self.groups[id_] = chat
        return chat

    def private_chat(self, bot: Bot, user: User) -> Chat:
        key = (bot.id, user.id)
        if key not in self.private:
            self.private[key] = Chat(user.id, "private", user=user, people={user.id}, bots={bot.id})
        return self.private[key]

    def chat(self, number: int, bot: Bot | None = None) -> Chat:
        """The chat as the person knows it: a private one needs its bot named."""
        if int(number) < 0:
            if int(number) not in self.groups:
                raise LookupError(f"no group {number}")
            return self.groups[int(number)]
        if bot is None:
            raise LookupError("a private chat needs its bot named")
        return self.private_chat(bot, self.user(number))

    def in_chat(self, chat: Chat) -> list[Bot]:
        return [bot for bot in self.bots.values() if bot.id in chat.bots]

    def add_message(self, chat: Chat, sender: User, body: dict[str, Any], **more: Any) -> Message:
        message = Message(next(chat.numbers), chat, sender, int(self.now()), body, **more)
        chat.messages[message.id] = message
        self.record("message", chat, message)
        return message

    def record(self, kind: str, chat: Chat, message: Message | None = None, **more: Any) -> None:
        """For those who watch: the page, and tests that wait for the next message."""
        bot = next(iter(self.in_chat(chat)), None)
        entry: dict[str, Any] = {"seq": len(self.log) + 1, "kind": kind, "chat": chat.id, "bots": sorted(chat.bots)}
        if message and bot:
            entry["message"] = seen(message, bot)
        self.log.append(entry | more)
        self.bell.ring()

    async def close(self) -> None:
        self.closing = True
        self.bell.ring()
        for bot in self.bots.values():
            bot.updates.bell.ring()
            if bot.updates.poll and not bot.updates.poll.done():
                bot.updates.end_poll("the simulator stops")
            if bot.hook:
                await bot.hook.stop()


def seen(message: Message, bot: Bot) -> dict[str, Any]:
    """The message as the person sees it: reply keyboards included."""
    return message.as_json(bot) | ({"reply_markup": message.markup} if message.markup else {})
