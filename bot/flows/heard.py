"""A message as the flow hears it: the words, the photos, the pin, or the button that was pressed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from bot.flows.effects import Effect
from bot.flows.state import Kept, State
from bot.flows.surroundings import Surroundings
from bot.messages import Pin


@dataclass(frozen=True)
class Edit:
    """Of an earlier message: what it said, and the case its words went to, if one."""

    was: str
    case: str = ""


@dataclass(frozen=True)
class Heard:
    text: str = ""
    photos: Sequence[str] = ()  # and voice messages
    voices: Sequence[str] = ()  # which of them are
    numbers: Sequence[str] = ()  # the channel's, of the messages these are
    album: str = ""  # it is one photo of these
    edit: Edit | None = None  # it takes the place of an earlier message
    pin: Pin | None = None
    cut: bool = False  # the text was longer than what is kept
    action: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not (self.text or self.photos or self.pin or self.action)

    @property
    def only_words(self) -> bool:
        """A caption is no command: the photo would be lost with it."""
        return bool(self.text) and not self.photos


def put_aside(kept: Kept, heard: Heard) -> None:
    kept.text = f"{kept.text}\n{heard.text}".strip()
    kept.photos += heard.photos
    kept.voices += heard.voices
    kept.numbers += heard.numbers


def taken_up(kept: Kept) -> Heard:
    return Heard(text=kept.text, photos=kept.photos, voices=kept.voices, numbers=kept.numbers)


def swapped(text: str, was: str, now: str) -> str:
    """New words for old; added where the old ones do not stand as they were said."""
    if was and was in text:
        return text.replace(was, now, 1).strip()
    return f"{text}\n{now}".strip()


Turn: TypeAlias = tuple[State, list[Effect]]
Listener: TypeAlias = Callable[[State, Heard, Surroundings, datetime], Turn]
