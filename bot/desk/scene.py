"""What performing an effect needs, and how it speaks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import cards, lines
from bot.desk.card import Reader
from bot.desk.state import State
from bot.messages import Say
from bot.senses import Senses
from cases.learning import Learning
from models import Case, DeskChat, DeskMessage, Person


@dataclass
class Scene:
    """All that performing an effect needs. `pressed` is the question whose button it was: what is said replaces it."""

    session: AsyncSession
    reader: Reader
    chat: DeskChat
    person: Person
    key: str
    state: State
    learning: Learning | None = None
    pressed: DeskMessage | None = None
    senses: Senses | None = None  # for what is told anew
    toast: str = ""
    said: int = 0
    released: bool = False

    @property
    def now(self) -> datetime:
        return self.reader.now

    async def say(self, say: Say, *, case: UUID | None = None) -> DeskMessage:
        """The first line after a press takes the place of the question; the others are new."""
        edits, self.pressed = first(self.pressed) if self.pressed and not say.photos else None, None
        self.said += 1
        key = f"re:{self.key}:{self.said}"
        return await lines.said(self.session, self.chat, say, key, self.now, case=case, edits=edits)

    async def show(self, case: Case) -> None:
        """The case as a new card."""
        self.said += 1
        await cards.open_card(self.session, self.chat, case.id, f"re:{self.key}:{self.said}", self.now)

    def toasts(self, key: str, **args: Any) -> None:
        self.toast = self.reader.word(key, **args)


def first(row: DeskMessage) -> int | None:
    """An edited line is edited where it stands."""
    return row.edits or row.id
