"""What every channel with a network between promises, and how it says that something did not work.

A channel knows its messenger's library and nothing of complaints: raw updates become `Arrival`, `Outgoing` becomes
calls. It keeps nothing; rows do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.messages import Arrival, Outgoing, Sent


class ChannelError(Exception):
    """Sending failed; by itself: try again later. `sent` says which parts went out before."""

    def __init__(self, reason: str, sent: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason, self.sent = reason, tuple(sent)


class TooFast(ChannelError):
    """The messenger asks to wait, this chat or all of the bot."""

    def __init__(self, seconds: float, sent: Sequence[str] = ()) -> None:
        super().__init__(f"too fast: wait {seconds:g} s", sent)
        self.seconds = seconds


class Unreachable(ChannelError):
    """They blocked the bot, left, or were never there: nothing reaches them until they come back."""


class Moved(ChannelError):
    """The chat has another number now."""

    def __init__(self, to: str, sent: Sequence[str] = ()) -> None:
        super().__init__(f"moved to {to}", sent)
        self.to = to


class Impossible(ChannelError):
    """However often it is tried, this will not be taken."""


@dataclass(frozen=True)
class Hook:
    """Where a messenger shall bring its updates, with the secret it has to show."""

    url: str
    secret: str


class Channel(Protocol):
    """One bot at one messenger."""

    name: str  # the channel of its chats: `telegram`, `telegram-staff`

    @property
    def receiver(self) -> str:
        """The bot's own number, for (channel, receiver, key); known once it is open."""

    async def open(self, hook: Hook | None) -> None:
        """Who am I, menus in every language, webhook set or removed; never drops what waits. Raises ChannelError."""

    async def close(self) -> None: ...

    async def updates(self, after: int | None, seconds: float) -> Sequence[Mapping[str, Any]]:
        """Long poll for raw updates from number `after` on, which says that all before it are done with."""

    def hear(self, raw: Mapping[str, Any]) -> Arrival | None:
        """None for what concerns nobody here. Raises ValueError for what is no update."""

    async def send(self, out: Outgoing) -> Sent:
        """All parts in order. Raises TooFast, Unreachable, Moved, Impossible or ChannelError."""

    async def answer(self, query: str, text: str = "") -> None:
        """A press was heard; a word about it where there is one. Never raises: it is only a courtesy."""

    async def menu(self, chat: str, locale: str) -> None:
        """The commands' menu in the language of this chat. Never raises: it is only a courtesy."""

    async def fetch(self, file: str) -> bytes:
        """Raises Impossible when it is gone or too big, ChannelError when it may work later."""

    def link(self, payload: str) -> str:
        """A link that opens the chat with `/start payload`."""
