"""After a warning of danger: are they safe? The answer goes to whoever handles it, or into the draft. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.flows import complaint
from bot.flows.effects import File, Safety
from bot.flows.heard import Heard, Listener, Turn
from bot.flows.state import Draft, Mode, State
from bot.flows.surroundings import Surroundings
from bot.messages import Say
from models import STEPS

OfDraft = Callable[[State, Draft, Surroundings, datetime], Turn]


def answer(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """Asked about a draft or about a case; a draft may have become a case since."""
    how, number = heard.payload["how"], heard.payload.get("number", "")
    if not number and state.draft and state.draft.danger:
        return HOW[how](state, state.draft, around, now)
    number = number or _latest(around)
    return state, [Safety(number, how)] if number else [Say("safety.noted")]


def _latest(around: Surroundings) -> str:
    """The number of the newest urgent case that something can still be added to."""
    takes = STEPS["supplement"].before
    return next((case.number for case in around.cases if case.danger and case.status in takes), "")


def _safe(state: State, draft: Draft, around: Surroundings, now: datetime) -> Turn:
    draft.safety = "safe"
    return state, [Say("safety.draft_safe"), complaint.question(state, around, now)]


def _false_alarm(state: State, draft: Draft, around: Surroundings, now: datetime) -> Turn:
    """Nothing is urgent any more; new words of danger are another matter."""
    draft.safety, draft.danger, draft.warned = "false_alarm", None, False
    state, effects = complaint.advance(state, around, now)
    return state, [Say("safety.draft_false_alarm"), *effects]


def _trapped(state: State, draft: Draft, around: Surroundings, now: datetime) -> Turn:
    """Filed as it is: somebody in danger does not look for the button. What they say next belongs to it."""
    draft.safety = "trapped"
    after = State(building=state.building, mode=Mode.SUPPLEMENT)
    return after, [File(draft), Say("safety.trapped_more", around.emergency)]


HOW: Mapping[str, OfDraft] = {"safe": _safe, "false_alarm": _false_alarm, "trapped": _trapped}
ACTIONS: Mapping[str, Listener] = {"safety": answer}
