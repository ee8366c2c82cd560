"""What every channel speaks: messages that come in, lines that go out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


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
    photos: Sequence[str] = ()  # ids of photos already kept
    pin: Pin | None = None
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


@dataclass(frozen=True)
class Line:
    """A line as a reader sees it, in their language."""

    id: int
    by_resident: bool
    text: str
    at: datetime
    buttons: Sequence[tuple[str, str, str]] = ()  # token, label, action
    card: Mapping[str, Any] | None = None
    photos: Sequence[str] = ()
    case: Mapping[str, Any] | None = None
