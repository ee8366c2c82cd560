"""What a flow wants done. A flow only says so; `bot/perform.py` does it, within the message's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot.flows.state import Draft
from bot.messages import Say


@dataclass(frozen=True)
class File:
    draft: Draft


@dataclass(frozen=True)
class Supplement:
    number: str
    text: str
    photos: Sequence[str] = ()


@dataclass(frozen=True)
class Answer:
    number: str
    text: str
    photos: Sequence[str] = ()


@dataclass(frozen=True)
class Urge:
    number: str


@dataclass(frozen=True)
class Withdraw:
    number: str


@dataclass(frozen=True)
class Rate:
    number: str
    contacted: bool
    solved: str
    satisfied: str


@dataclass(frozen=True)
class Reopen:
    number: str
    text: str


@dataclass(frozen=True)
class LookUp:
    code: str


@dataclass(frozen=True)
class Show:
    """Say where a case stands."""

    number: str


@dataclass(frozen=True)
class Speak:
    """From now on in this language."""

    locale: str


@dataclass(frozen=True)
class KeepContact:
    phone: str


Effect: TypeAlias = (
    Say | File | Supplement | Answer | Urge | Withdraw | Rate | Reopen | LookUp | Show | Speak | KeepContact
)
