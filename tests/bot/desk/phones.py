"""A telephone of somebody on the staff, without a network: arrivals in, rows out in words as a sender takes them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from sqlmodel import col, select

from bot.channels.base import Impossible
from bot.desk import binding
from bot.desk.door import DeskDoor
from bot.desk.outbox import DeskOutbox
from bot.messages import Arrival, Outgoing
from cases.learning import Learning
from models import DeskMessage, Person
from tests.support.people import photo
from tests.support.site import Site

CHANNEL, BOT = "telegram-staff", "4242"


@dataclass
class Post:
    """The door of one bot with what it needs, and its outbox."""

    site: Site
    learning: Learning | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    keys: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def door(self) -> DeskDoor:
        parts = self.site.parts
        return DeskDoor(
            transactions=parts.transactions, senses=parts.senses, store=parts.store, keys=parts.keys,
            channel=CHANNEL, receiver=lambda: BOT, fetch=self.fetch, now=parts.now, learning=self.learning,
        )  # fmt: skip

    async def fetch(self, file: str) -> bytes:
        try:
            return self.files[file]
        except KeyError:
            raise Impossible("gone") from None

    async def deliver(self) -> list[tuple[Outgoing, str]]:
        """What a sender would take now, with the number each line got; edits keep the number they edit."""
        parts, out = self.site.parts, list[tuple[Outgoing, str]]()
        outbox = DeskOutbox(CHANNEL, parts.senses, parts.keys, parts.store)
        async with parts.transactions.begin() as session:
            waiting = (DeskMessage.channel == CHANNEL, col(DeskMessage.sent_at).is_(None))
            chosen = select(DeskMessage).where(*waiting, col(DeskMessage.failed_at).is_(None))
            rows = (await session.exec(chosen.order_by(col(DeskMessage.id)))).all()
            for words in await outbox.in_words(session, rows, parts.now()):
                row = await session.get_one(DeskMessage, words.id)
                row.sent_at, row.external = parts.now(), [words.edits or str(9000 + words.id)]
                out.append((words, row.external[0]))
        return out


@dataclass
class Screen:
    """One message as it stands in a chat."""

    number: str
    text: str
    buttons: dict[str, str]  # label → token
    photos: int
    quiet: bool


class Phone:
    """`say`, `press`, `send_photo` return what is new on the screen; `screens` is the whole chat."""

    def __init__(self, post: Post, chat: str) -> None:
        self.post, self.chat, self.toast = post, chat, ""
        self.screens: dict[str, Screen] = {}

    async def bind(self, person: str) -> "Phone":
        parts = self.post.site.parts
        async with parts.transactions.begin() as session:
            token = await binding.new_link(session, await session.get_one(Person, person), parts.now())
        await self.start(token)
        return self

    async def start(self, token: str = "", **more: str) -> list[str]:
        return await self.arrive(start=token, text=f"/start {token}".strip(), **more)

    async def say(self, text: str, **more: str) -> list[str]:
        return await self.arrive(text=text, **more)

    async def send_photo(self, caption: str = "", colour: str = "seagreen", album: str = "") -> list[str]:
        file = f"file{next(self.post.keys)}"
        self.post.files[file] = photo(colour)
        return await self.arrive(photo=file, text=caption, album=album)

    async def press(self, label: str, on: str = "") -> list[str]:
        """The newest button of this name; `on`: a word of the message it stands on."""
        return await self.arrive(choice=self.token(label, on), query="q")

    def token(self, label: str, on: str = "") -> str:
        for screen in reversed(self.screens.values()):
            if on in screen.text and label in screen.buttons:
                return screen.buttons[label]
        raise AssertionError(f"no button {label!r}: {[(s.text, [*s.buttons]) for s in self.screens.values()]}")

    async def arrive(self, **what: object) -> list[str]:
        what.setdefault("key", f"u{next(self.post.keys)}")
        self.toast = await self.post.door.receive(self.arrival(**what))
        return await self.look()

    async def arrive_at_once(self, *all_of: dict[str, object]) -> list[str]:
        """All at the same moment; the toasts."""
        toasts = await asyncio.gather(*(self.post.door.receive(self.arrival(**what)) for what in all_of))
        await self.look()
        return list(toasts)

    def arrival(self, **what: object) -> Arrival:
        given = {"chat": self.chat, "sender": self.chat, "number": f"n{what.get('key', '')}", **what}
        return Arrival(**given)  # type: ignore[arg-type]

    async def look(self) -> list[str]:
        """Notices told meanwhile, too; the texts that are new or changed here."""
        await self.post.site.settle()
        return [screen.text for screen in await self._shown()]

    async def _shown(self) -> Sequence[Screen]:
        shown = []
        for words, number in await self.post.deliver():
            phone = PHONES.get((id(self.post), words.chat), self)
            screen = Screen(
                number, "\n".join(filter(None, [words.title, words.text])),
                {label: token for row in words.buttons for token, label in row}, len(words.files), words.quiet,
            )  # fmt: skip
            phone.screens[number] = screen
            if phone is self:
                shown.append(screen)
        return shown

    def last(self, on: str = "") -> Screen:
        return next(screen for screen in reversed(self.screens.values()) if on in screen.text)

    def card(self, number: str) -> Screen:
        """The newest card of a case."""
        return next(s for s in reversed(self.screens.values()) if f"】{number} · " in s.text.splitlines()[0])


PHONES: dict[tuple[int, str], Phone] = {}


def phone(post: Post, chat: str) -> Phone:
    """Its screen also changes while others are looked at."""
    return PHONES.setdefault((id(post), chat), Phone(post, chat))
