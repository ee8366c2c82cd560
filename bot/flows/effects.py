"""What a flow wants done. A flow only says so; `bot/perform.py` does it, within the message's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.flows.state import Draft
from bot.messages import Say
from cases.guide import Said
from cases.joining import Where


@dataclass(frozen=True)
class File:
    """`asks`: what is asked at once about what was filed, each with its number."""

    draft: Draft
    asks: Sequence[Say] = ()


@dataclass(frozen=True)
class Join:
    """“Me too”: the case of this number is theirs, too; with what they were about to file."""

    number: str
    draft: Draft


@dataclass(frozen=True)
class ShowJoined:
    """Say where stands what they joined. `alone`: they filed nothing themselves."""

    alone: bool


@dataclass(frozen=True)
class Words:
    """What a resident says about a case. `numbers` are the channel's of the messages that say it."""

    number: str
    text: str
    photos: Sequence[str] = ()
    numbers: Sequence[str] = ()


class Supplement(Words):
    """More about the same thing."""


class Urgent(Words):
    """More about a danger that was reported."""


class Answer(Words):
    """To the worker's question."""


class RelayBack(Words):
    """To whoever opened a line."""


class Reopen(Words):
    """Why it is not solved."""


class Appeal(Words):
    """Why it should not be left out of the rates."""


class Correct(Words):
    """An earlier message that was already filed now reads like this."""


@dataclass(frozen=True)
class Locate(Words):
    """Where the danger is; what else was said with it is added."""

    where: Where = field(default_factory=Where)


@dataclass(frozen=True)
class Alarm:
    """Words of danger about a case that was not dangerous until now."""

    number: str
    kind: str


@dataclass(frozen=True)
class HangUp:
    number: str


@dataclass(frozen=True)
class Safety:
    """Asked after a warning whether they are safe: `safe`, `trapped` or `false_alarm`."""

    number: str
    how: str


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
class LookUp:
    code: str


@dataclass(frozen=True)
class Show:
    """Say where a case stands."""

    number: str


@dataclass(frozen=True)
class HandReceipt:
    """受理告知书 of a case they filed."""

    number: str


@dataclass(frozen=True)
class Speak:
    """From now on in this language."""

    locale: str


@dataclass(frozen=True)
class Enlarge:
    """Elder mode on, or off again."""


@dataclass(frozen=True)
class Told:
    """How an errand is done was shown, helped (`useful`) or did not (`unsolved`)."""

    service: str
    said: Said


@dataclass(frozen=True)
class KeepContact:
    phone: str


class Neighbourly:
    """Between neighbours: see bot/flows/neighbours.py."""


Effect: TypeAlias = (
    Say
    | Neighbourly
    | File
    | Join
    | ShowJoined
    | Words
    | Alarm
    | HangUp
    | Safety
    | Urge
    | Withdraw
    | Rate
    | LookUp
    | Show
    | HandReceipt
    | Speak
    | Enlarge
    | Told
    | KeepContact
)
