"""What the doors are given: nothing here is looked up, everything is handed in by `app/build.py`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from bot.inbox import Inbox
from bot.limits import Limits
from bot.live import Live
from bot.media import Store
from bot.senses import Senses
from bot.transactions import Transactions
from bot.wording import Wording
from cases.keys import Keys

if TYPE_CHECKING:
    from bot.reception import Reception


@dataclass
class Parts:
    """`senses` is replaced when the town or the model changes; everything else stays."""

    transactions: Transactions
    inbox: Inbox
    senses: Senses
    keys: Keys
    store: Store
    live: Live
    limits: Limits
    now: Callable[[], datetime]
    why: Callable[[str, str], Sequence[tuple[str, float]]]  # text, label → the words that decided
    ready: Callable[[], Awaitable[dict[str, bool]]]
    town: str
    secure: bool  # cookies only over https
    url: str = ""  # where people reach the site, without a slash at the end
    deep_link: Callable[[str], str] | None = None  # a start payload → the residents' bot; None: there is none
    staff_link: Callable[[str], str] | None = None  # the same to the staff's bot
    receptions: "Mapping[str, Reception]" = field(default_factory=dict)  # of messengers that bring updates to our door
    hook_secret: str = ""

    @property
    def wording(self) -> Wording:
        return Wording(self.senses.book, self.keys)


def parts_of(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsHere = Annotated[Parts, Depends(parts_of)]
