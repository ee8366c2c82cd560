"""What a conversation remembers between two messages. Kept as JSON in its row."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field


class Mode(StrEnum):
    IDLE = "idle"
    WHAT = "what"  # asked what happened
    CATEGORY = "category"  # asked which of three it is
    WHERE = "where"  # asked where it is
    CARD = "card"  # shown the card
    CONTACT = "contact"  # asked for a telephone number
    ANSWER = "answer"  # about to answer the worker's question on `case`
    SUPPLEMENT = "supplement"  # about to add to `case`
    WHY = "why"  # asked why `case` should be reopened
    WHICH = "which"  # `pending` may belong to an open question or be something new


class Draft(BaseModel):
    """A complaint not yet filed."""

    text: str = ""
    photos: list[str] = Field(default_factory=list)
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
    asked_category: bool = False
    anonymous: bool = False
    danger: str | None = None
    warned: bool = False
    guess: dict[str, Any] | None = None


class State(BaseModel):
    mode: Mode = Mode.IDLE
    draft: Draft | None = None
    case: str = ""  # number of the case in hand
    pending: str = ""  # words whose meaning was asked for
    pending_photos: list[str] = Field(default_factory=list)
    building: str | None = None  # where they opened the chat
