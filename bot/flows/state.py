"""What a conversation remembers between two messages. Kept as JSON in its row."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field, model_validator


class Mode(StrEnum):
    IDLE = "idle"
    WHAT = "what"  # asked what happened
    CATEGORY = "category"  # asked which of three it is
    WHERE = "where"  # asked where it is
    CARD = "card"  # shown the card
    ALIKE = "alike"  # shown that neighbours told of the same
    CONTACT = "contact"  # asked for a telephone number
    DANGER = "danger"  # danger was reported as `case`: what is said until `until` belongs to it
    ANSWER = "answer"  # about to answer the worker's question on `case`
    SUPPLEMENT = "supplement"  # about to add to `case`
    WHY = "why"  # asked why `case` should be reopened
    APPEAL = "appeal"  # asked why `case` should count
    RELAY = "relay"  # the next words go to whoever opened a line about `case`
    TOPIC = "topic"  # about to say what neighbours should decide
    SCORE_WORDS = "score_words"  # may add words to a score
    SERVICE = "service"  # told how errands are done: `services`, as `pending` asked
    WHICH = "which"  # `pending` may belong to an open question or be something new


class Draft(BaseModel):
    """A complaint not yet filed."""

    text: str = ""
    photos: list[str] = Field(default_factory=list)  # and voice messages
    voices: list[str] = Field(default_factory=list)  # which of them are
    numbers: list[str] = Field(default_factory=list)  # the channel's, of the messages that are in it
    category: str | None = None
    item: str | None = None
    chosen: bool = False  # by the resident
    by_person: bool = False  # a person shall sort it
    place: str | None = None
    place_text: str = ""
    grid: str | None = None
    lon: float | None = None
    lat: float | None = None
    placed: bool = False  # the question where is settled
    place_how: str = ""  # how the place was understood: name, alias, pin …, code, chosen
    place_sure: float = 1.0
    asked_category: bool = False
    asked_alike: bool = False
    anonymous: bool = False
    danger: str | None = None
    guess: dict[str, Any] | None = None


class Kept(BaseModel):
    """Words and files put aside until it is known what they belong to."""

    text: str = ""
    photos: list[str] = Field(default_factory=list)
    voices: list[str] = Field(default_factory=list)
    numbers: list[str] = Field(default_factory=list)


class Album(Kept):
    """Photos that come one by one: all of them are one message, once somebody says that they were all."""

    id: str = ""


class State(BaseModel):
    mode: Mode = Mode.IDLE
    draft: Draft | None = None
    case: str = ""  # number of the case in hand; danger as "" is the one just filed
    until: datetime | None = None
    pending: Kept = Field(default_factory=Kept)  # its meaning was asked for
    album: Album | None = None
    services: list[str] = Field(default_factory=list)
    building: str | None = None  # where they opened the chat
    about: dict[str, str] = Field(default_factory=dict)  # the building of a topic, the area of a score

    @model_validator(mode="before")
    @classmethod
    def _as_it_was(cls, kept: Any) -> Any:
        """Talks from before files were put aside together with their words."""
        if isinstance(kept, dict) and isinstance(kept.get("pending"), str):
            return {**kept, "pending": {"text": kept["pending"], "photos": kept.get("pending_photos", [])}}
        return kept
