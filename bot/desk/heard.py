"""A message as the talk hears it, and what the talk may look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bot.desk.effects import Effect
from bot.desk.state import State
from cases.book import Book
from cases.joining import Alike
from models import Case, Person


@dataclass(frozen=True)
class Heard:
    """Words, photos, or the button that was pressed. `about`: the case whose resident's line they answered."""

    key: str
    text: str = ""
    photos: Sequence[str] = ()
    unreadable: bool = False
    action: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""


@dataclass(frozen=True)
class Around:
    """The person, and the case the message is about — only if it is theirs to see."""

    person: Person
    book: Book
    case: Case | None = None
    allowed: frozenset[str] = frozenset()  # the steps they may take on it now
    needs: frozenset[str] = frozenset()  # what the step in hand needs in this case
    alike: Sequence[Alike] = ()  # open cases it may be merged into


Turn: TypeAlias = tuple[State, list[Effect]]
