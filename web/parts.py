"""What the doors are given: nothing here is looked up, everything is handed in by `app/build.py`."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request

from bot.inbox import Inbox
from bot.limits import Limits
from bot.live import Live
from bot.media import Store
from bot.senses import Senses
from bot.transactions import Transactions
from bot.tries import Tries
from bot.wording import Wording
from cases.book import named
from cases.keys import Keys
from cases.learning import Learning
from models import Role
from web.kept import Kept
from web.patience import Patience
from web.turns import Turns

if TYPE_CHECKING:
    from bot.reception import Reception


class Models(Protocol):
    """What lies on the disk of the trained versions, and our own corpus."""

    @property
    def answers(self) -> str | None:
        """The version that answers in this program; None: none does, and people sort every complaint."""

    def name(self, fingerprint: str) -> str | None:
        """The version that is this very model; None: none is, or it came to be in the last seconds."""

    async def kept(self, versions: Mapping[str, str]) -> Mapping[str, str]:
        """Of versions with their fingerprints: "signed", or why one cannot be used, as ArtefactError says it."""

    async def corpus(self) -> Mapping[str, int]:
        """How many messages of ours there are of each department."""

    async def texts(self, references: Collection[str]) -> Mapping[str, str]:
        """The messages of ours that a report names."""


async def _nothing_new() -> None:
    """A town that nobody changes."""


def _kept_by_nobody(erased: Sequence[UUID]) -> None:
    """Where there are no backups."""


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
    learning: Learning
    models: Models
    secure: bool  # cookies only over https
    proves: Collection[Role] = ()  # who has to show a second factor; everybody may
    url: str = ""  # where people reach the site, without a slash at the end
    deep_link: Callable[[str], str] | None = None  # a start payload → the residents' bot; None: there is none
    staff_link: Callable[[str], str] | None = None  # the same to the staff's bot
    receptions: "Mapping[str, Reception]" = field(default_factory=dict)  # of messengers that bring updates to our door
    hook_secret: str = ""
    reread: Callable[[], Awaitable[object]] = _nothing_new  # the town, at once, where it was changed here
    remember: Callable[[Sequence[UUID]], None] = _kept_by_nobody  # who was erased, beside the database: for a restore
    turns: Turns = field(default_factory=Turns)
    kept: Kept = field(default_factory=Kept)  # what is costly to count
    patience: Patience = field(default_factory=Patience)  # with a database that is away

    @property
    def town(self) -> str:
        """What it is called, which an admin may change."""
        return self.senses.book.town.name

    def town_in(self, locale: str) -> str:
        """The same in the reader's language."""
        return named(self.senses.book.town, locale)

    @property
    def tries(self) -> Tries:
        return Tries(self.transactions, self.keys)

    @property
    def wording(self) -> Wording:
        return Wording(self.senses.book, self.keys)


async def parts_of(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsHere = Annotated[Parts, Depends(parts_of)]
