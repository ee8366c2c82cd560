"""What the talk wants done. It only says so; `perform` does it, within the message's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.desk.state import Pending
from bot.messages import Say


@dataclass(frozen=True)
class Take:
    """A step with all it needs."""

    pending: Pending


@dataclass(frozen=True)
class HandOver:
    """交班 with all it needs."""

    pending: Pending


@dataclass(frozen=True)
class FileNew:
    """A complaint filed from the chat, for a visitor or for themselves."""

    key: str
    how: str
    text: str
    photos: tuple[str, ...] = ()


@dataclass(frozen=True)
class TakeOver:
    """接班: what was handed over to them."""

    handover: int


@dataclass(frozen=True)
class Count:
    """A line that asks for photos, and is edited while they come in."""

    say: Say


@dataclass(frozen=True)
class Toast:
    """A word about a press that changes nothing else."""

    key: str


@dataclass(frozen=True)
class Old:
    """The card was old: who did it meanwhile, and the case as it is."""

    number: str
    step: str
    version: int


@dataclass(frozen=True)
class Open:
    number: str


@dataclass(frozen=True)
class Where:
    number: str


@dataclass(frozen=True)
class Pictures:
    number: str


@dataclass(frozen=True)
class Tasks:
    page: int


@dataclass(frozen=True)
class Duty:
    """Who is on for the person's unit."""


@dataclass(frozen=True)
class Away:
    """Whether the person is away, and whom they cover."""


@dataclass(frozen=True)
class Leave:
    """Away from now on; `cover` None: the leader."""

    until: datetime
    cover: str | None


@dataclass(frozen=True)
class Back:
    pass


@dataclass(frozen=True)
class Orders:
    """督办单 that wait for the person."""


@dataclass(frozen=True)
class Clearing:
    """清零 of the communities the person looks after."""


@dataclass(frozen=True)
class Rates:
    """三率 of what the person answers for."""


@dataclass(frozen=True)
class Speak:
    locale: str


@dataclass(frozen=True)
class Release:
    """The chat is nobody's from now on."""


@dataclass(frozen=True)
class Train:
    pass


@dataclass(frozen=True)
class Models:
    pass


@dataclass(frozen=True)
class Promote:
    version: str
    knowingly: bool


@dataclass(frozen=True)
class Watch:
    version: str


@dataclass(frozen=True)
class RollBack:
    pass


Effect: TypeAlias = (
    Say
    | Take
    | HandOver
    | FileNew
    | TakeOver
    | Count
    | Toast
    | Old
    | Open
    | Where
    | Pictures
    | Tasks
    | Duty
    | Away
    | Leave
    | Back
    | Orders
    | Rates
    | Clearing
    | Speak
    | Release
    | Train
    | Models
    | Promote
    | Watch
    | RollBack
)
