"""After a warning of danger: are they safe? The answer goes to everybody who was called. Pure."""

from collections.abc import Mapping
from datetime import datetime

from bot.flows.effects import Safety
from bot.flows.heard import Heard, Listener, Turn
from bot.flows.state import State
from bot.flows.surroundings import Surroundings
from bot.messages import Say


def answer(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """About the case that was asked about, else the newest urgent one that something can still be added to."""
    number = heard.payload.get("number", "") or _latest(around)
    return state, [Safety(number, heard.payload["how"])] if number else [Say("safety.noted")]


def _latest(around: Surroundings) -> str:
    return next((case.number for case in around.cases if case.danger and case.takes_words), "")


ACTIONS: Mapping[str, Listener] = {"safety": answer}
