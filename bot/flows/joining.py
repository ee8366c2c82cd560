"""Their choice once others told of the same: join them, or file on their own — now or when it is not solved. Pure."""

from collections.abc import Mapping
from datetime import datetime

from bot.flows import complaint
from bot.flows.effects import File, Join
from bot.flows.heard import Heard, Listener, Turn
from bot.flows.state import Draft, State
from bot.flows.surroundings import Surroundings
from bot.messages import Button, Say


def join(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    if state.draft is None:
        return state, [Say("stale.draft")]
    return State(building=state.building), [Join(heard.payload["case"], state.draft)]


def separate(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    if state.draft is None:
        return state, [Say("stale.draft")]
    return State(building=state.building), [File(state.draft)]


def file_own(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """Not solved for them: what they said when they joined becomes a complaint of their own."""
    if state.draft and state.draft.text:
        keep = (Button("submit", "button.submit"), Button("drop", "button.drop"))
        return state, [Say("new.draft_open", buttons=keep)]
    state = State(building=state.building, draft=Draft(**heard.payload["told"], placed=True, asked_alike=True))
    return complaint.advance(state, around, now)


ACTIONS: Mapping[str, Listener] = {"join": join, "separate": separate, "file_own": file_own}
