"""What a flow may look at besides the message: pure look-ups and the resident's own open cases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.messages import Pin
from cases.intake import Guess
from models import Category, Place, Status


@dataclass(frozen=True)
class Spot:
    """A place understood from words, a pin or a code."""

    name: str
    place: str | None = None
    grid: str | None = None
    sure: bool = True


@dataclass(frozen=True)
class Brief:
    """One of the resident's cases."""

    number: str
    status: Status
    category: str


@dataclass(frozen=True)
class Surroundings:
    classify: Callable[[str], Guess | None]  # None: no model at hand, a person sorts
    danger: Callable[[str], str | None]
    spots: Callable[[str], Sequence[Spot]]
    pin: Callable[[Pin], Spot | None]
    due: Callable[["object", datetime], datetime | None]  # a draft's deadline if it were filed now
    unit: Callable[["object", datetime], str | None]  # and the unit it would go to
    places: Mapping[str, Place]
    categories: Mapping[str, Category]
    items: Mapping[str, Sequence[Category]]
    cases: Sequence[Brief] = ()
    resident: UUID | None = None
    has_contact: bool = False
