"""What a flow may look at besides the message: pure look-ups and the resident's own open cases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.flows.state import Draft
from bot.messages import Pin
from cases.guide import Guide
from cases.intake import Guess
from cases.joining import Alike
from models import STEPS, Category, Place, Status


@dataclass(frozen=True)
class Spot:
    """A place understood from words, a pin or a code: how, as `routing.places.How`, and how sure of it, 0 to 1."""

    name: str
    place: str | None = None
    grid: str | None = None
    how: str = ""
    sure: float = 1.0


@dataclass(frozen=True)
class Brief:
    """One of the resident's cases."""

    number: str
    status: Status
    category: str
    too_late: bool = False  # to have it handled again
    appeal: bool = False  # it was left out of the rates, and they may appeal
    relay: bool = False  # whoever handles it has a line to the resident open
    danger: str | None = None
    at: datetime | None = None  # when it was filed
    place: str | None = None
    grid: str | None = None

    @property
    def takes_words(self) -> bool:
        return self.status in STEPS["supplement"].before


@dataclass(frozen=True)
class Plan:
    """What would become of a draft if it were filed now."""

    unit: str | None  # None: a person sorts it first
    due: datetime | None


@dataclass(frozen=True)
class Surroundings:
    classify: Callable[[str], Guess | None]  # None: no model at hand, a person sorts
    danger: Callable[[str], str | None]
    spots: Callable[[str], Sequence[Spot]]
    pin: Callable[[Pin], Spot | None]
    plan: Callable[[Draft, datetime], Plan]
    places: Mapping[str, Place]
    categories: Mapping[str, Category]
    emergency: Mapping[str, str]  # numbers to call, by kind
    cases: Sequence[Brief] = ()
    has_contact: bool = False
    homes: Sequence[str] = ()  # the buildings they belong to; looked up when the talk is about neighbours
    areas: Mapping[str, str] = field(default_factory=dict)  # communities and streets of those, with their names
    guide: Guide = field(default_factory=Guide)
    alike: Sequence[Alike] = ()  # open cases of others that tell of the same; looked for before a draft is filed
