"""What every channel speaks: messages that come in, lines that go out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

WEBCHAT = "webchat"  # our own page, where the row is the delivery: every other channel has a network between


@dataclass(frozen=True)
class Pin:
    """A point on the map, WGS-84 degrees; accuracy in metres."""

    lon: float
    lat: float
    accuracy: float = 0.0


@dataclass(frozen=True)
class Incoming:
    """One message of a resident. `key` is the sender's own, unique for (channel, receiver)."""

    channel: str
    receiver: str
    resident: UUID
    key: str
    at: datetime
    text: str = ""
    choice: str = ""  # a button's token, as the channel handed it back
    pin: Pin | None = None
    album: str = ""  # photos of one album come one by one, without an end
    number: str = ""  # the channel's own of this message
    edits: str = ""  # the channel's number of an earlier message that now reads like this
    building: str | None = None  # code of the place they came from, already verified


@dataclass(frozen=True)
class Button:
    """What one may answer with. `payload` stays with us; the channel only sees an opaque token."""

    action: str
    label: str  # a text key
    args: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CardLine:
    name: str
    value: str  # a text key
    args: Mapping[str, Any] = field(default_factory=dict)
    button: Button | None = None  # pressed to correct this line


@dataclass(frozen=True)
class Say:
    """One line of ours: a text key with arguments, with buttons and perhaps a card."""

    key: str
    args: Mapping[str, Any] = field(default_factory=dict)
    buttons: Sequence[Button] = ()
    card: Sequence[CardLine] = ()
    photos: Sequence[str] = ()
    number: str = ""  # the case it is about
    again: bool = False  # a question that waits, said once more: its earlier copies can still be answered


@dataclass(frozen=True)
class Arrival:
    """An update as a messenger told it, without its library: what both bots take in.

    One of: words (`text`, perhaps with a file), a press (`choice`), an edit (`edits`), a pin, a change of `reachable`.
    """

    key: str  # the update's number: once only by (channel, bot, key)
    chat: str
    sender: str = ""  # who wrote it; in a private chat the same as `chat`
    private: bool = True
    locale: str = ""  # as the messenger's app is set, BCP 47
    number: str = ""  # of the message
    text: str = ""  # or the caption
    start: str | None = None  # what came with /start: the payload of a link, perhaps empty
    choice: str = ""  # a button's token
    query: str = ""  # to be answered after a press
    photo: str = ""  # numbers of files, to be fetched within the hour
    voice: str = ""
    seconds: int = 0
    size: int = 0  # bytes of the file, where told
    unreadable: str = ""  # a kind of message nobody here can read: video, sticker …
    album: str = ""
    pin: Pin | None = None
    edits: str = ""  # the number of the message that was edited
    replies_to: str = ""
    reachable: bool | None = None  # False: they blocked the bot; True: they came back
    moved_to: str = ""  # the group got another number


@dataclass(frozen=True)
class File:
    """A kept photo or voice message on its way out, or a paper just made."""

    kind: str  # "photo", "voice" or "paper"
    sha256: str
    path: Path
    number: str = ""  # the messenger's, from an earlier sending
    content: bytes = b""  # of a paper, which nobody keeps
    name: str = ""


@dataclass(frozen=True)
class Outgoing:
    """A row in words, ready to be sent: plain text throughout, the channel escapes. Sent parts are not sent again."""

    id: int
    chat: str
    text: str
    title: str = ""  # stands out, before the text
    buttons: Sequence[Sequence[tuple[str, str]]] = ()  # rows of (token, label)
    files: Sequence[File] = ()
    asks_pin: str = ""  # the label of a button that sends one's position, where the channel has such
    quiet: bool = False
    edits: str = ""  # the channel's number of the message to change instead of a new one
    sent: Sequence[str] = ()  # numbers of parts that went out in an earlier try


@dataclass(frozen=True)
class Sent:
    """The channel's numbers of the parts, and of files it now knows by sha256."""

    numbers: Sequence[str]
    files: Mapping[str, str] = field(default_factory=dict)
