"""What performing an effect of a resident's talk needs, and what comes of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.messages import Say
from cases.book import Book
from cases.keys import Keys
from models import Case, Resident

Said = list[tuple[Say, Case | None]]
"""What is said, each with the case it is about."""


@dataclass(frozen=True)
class Scene:
    """All that performing an effect needs."""

    session: AsyncSession
    book: Book
    keys: Keys
    resident: Resident
    now: datetime
