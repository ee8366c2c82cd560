"""Elder mode shows two answers at a time; the rest stands behind “more” (更多), whose button carries it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.flows import progress
from bot.flows.heard import Heard, Listener, Turn
from bot.flows.state import State
from bot.flows.surroundings import Surroundings
from bot.messages import Button, Say

AT_ONCE = 2


def fewer(buttons: Sequence[Button]) -> Sequence[Button]:
    """Two and “more”; a third alone takes no more room than that."""
    if len(buttons) <= AT_ONCE + 1:
        return buttons
    rest = [*buttons[AT_ONCE:], *buttons[:AT_ONCE]]  # pressed again and again they all come round
    payload: dict[str, Any] = {"buttons": [_packed(button) for button in rest]}
    numbers = {button.payload.get("number", "") for button in buttons} - {""}
    if len(numbers) == 1:
        payload["number"] = numbers.pop()
    return [*buttons[:AT_ONCE], Button("more", "button.more", payload=payload)]


def reveal(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    packed = [Button(**button) for button in heard.payload["buttons"]]
    left = [button for button in packed if _possible(state, button, around)]
    return state, [Say("ask.more", buttons=left, number=heard.payload.get("number", ""))]


def _possible(state: State, button: Button, around: Surroundings) -> bool:
    """The case may have moved on since."""
    return progress.moved_on(state, Heard(action=button.action, payload=button.payload), around) is None


def _packed(button: Button) -> dict[str, Any]:
    return {
        "action": button.action,
        "label": button.label,
        "args": dict(button.args),
        "payload": dict(button.payload),
    }


ACTIONS: Mapping[str, Listener] = {"more": reveal}
