"""Before a complaint is filed: neighbours told of the same, and one may join them instead (附议). Pure."""

from bot.flows import words
from bot.flows.heard import Heard, Turn
from bot.flows.state import Draft, Mode, State
from bot.flows.surroundings import Surroundings
from bot.messages import Button, Say


def about_to_file(state: State, heard: Heard) -> Draft | None:
    """The draft this message would file, where others like it are worth a look: danger waits for nothing."""
    draft = state.draft
    if draft is None or not draft.text or draft.danger or draft.asked_alike:
        return None
    said = state.mode is Mode.CARD and heard.only_words and words.command(heard.text) == "yes"
    return draft if heard.action == "submit" or said else None


def ask(state: State, draft: Draft, around: Surroundings) -> Turn:
    """Asked once. The draft stays until they have chosen."""
    state.mode, draft.asked_alike = Mode.ALIKE, True
    numbered = list(enumerate(around.alike, start=1))
    lines = [
        (
            "alike.line" if one.joined else "alike.line_new",
            {"place": one.place, "category": one.category, "text": one.text, "count": one.joined},
        )
        for _, one in numbered
    ]
    several = len(numbered) > 1
    label = "button.join_nth" if several else "button.join"
    buttons = [Button("join", label, {"n": n}, {"case": one.number}) for n, one in numbered]
    key = "alike.several" if several else "alike.one"
    return state, [Say(key, {"lines": lines}, (*buttons, Button("separate", "button.separate")))]
