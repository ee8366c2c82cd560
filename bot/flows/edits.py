"""A message that was changed after it was sent: before filing the new words take the old ones' place, afterwards
they are added to the case, for nothing there is ever overwritten. Pure, and around the rest of the talk.
"""

from dataclasses import replace
from datetime import datetime

from bot.flows import complaint, progress
from bot.flows.effects import Alarm, Correct, Effect
from bot.flows.heard import Heard, Listener, Turn, swapped
from bot.flows.state import Kept, State
from bot.flows.surroundings import Brief, Surroundings
from bot.messages import Button, Say


def change(state: State, heard: Heard, around: Surroundings, now: datetime, step: Listener) -> Turn:
    edit = heard.edit
    assert edit is not None
    fresh = replace(heard, edit=None, album="")
    if heard.text == edit.was and not heard.photos:  # a messenger also calls it an edit when a preview was added
        return state, []
    if state.album and _holds(state.album, heard) and not around.danger(heard.text):
        _replace(state.album, heard)
        return state, []
    if state.draft and set(heard.numbers) & set(state.draft.numbers):
        return complaint.correct(state, fresh, edit.was, around, now)
    if _holds(state.pending, heard) and not around.danger(heard.text):
        _replace(state.pending, heard)
        return state, [progress.ask_which(around)]
    if edit.case and not (around.danger(heard.text) and _is_over(edit.case, around)):
        return state, _added(edit.case, fresh, around)
    return step(state, fresh, around, now)


def _holds(kept: Kept, heard: Heard) -> bool:
    return bool(set(heard.numbers) & set(kept.numbers))


def _replace(kept: Kept, heard: Heard) -> None:
    assert heard.edit is not None
    kept.text = swapped(kept.text, heard.edit.was, heard.text)
    kept.photos += heard.photos


def _is_over(number: str, around: Surroundings) -> bool:
    """Nothing is added to it any more, so that danger is another case."""
    case = _brief(number, around)
    return case is not None and not case.takes_words


def _brief(number: str, around: Surroundings) -> Brief | None:
    return next((case for case in around.cases if case.number == number), None)


def _added(number: str, heard: Heard, around: Surroundings) -> list[Effect]:
    kind = around.danger(heard.text)
    warning: list[Effect] = [Say("danger.call")] if kind else []
    case = _brief(number, around)
    if case and not case.takes_words:
        ways = (*progress.buttons_for(number, case.status), Button("new", "button.new"))
        return [Say("edit.too_late", {"number": number}, ways, number=number)]
    alarm: list[Effect] = [Alarm(number, kind)] if kind else []
    return [*warning, Correct(number, heard.text, heard.photos, heard.numbers), *alarm]
