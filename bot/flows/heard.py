"""A message as the flow hears it: the words, the photos, the pin, or the button that was pressed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from bot.flows.effects import Effect
from bot.flows.state import State
from bot.flows.surroundings import Surroundings
from bot.messages import Pin


@dataclass(frozen=True)
class Heard:
    text: str = ""
    photos: Sequence[str] = ()
    pin: Pin | None = None
    cut: bool = False  # the text was longer than what is kept
    action: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not (self.text or self.photos or self.pin or self.action)


Turn: TypeAlias = tuple[State, list[Effect]]
Listener: TypeAlias = Callable[[State, Heard, Surroundings, datetime], Turn]
