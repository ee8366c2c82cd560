"""How errands are done (办事指南): a question is answered first, and goes on as a matter where that did not help. Pure.

Only who asks is answered; whoever complains, and all danger, goes straight on. What was asked travels in the buttons,
so that nothing has to be said twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.flows import complaint, words
from bot.flows.effects import Effect, Told
from bot.flows.heard import Heard, Listener, Turn, put_aside, taken_up
from bot.flows.state import Draft, Kept, Mode, State
from bot.flows.surroundings import Surroundings
from bot.messages import Button, Say

LASTS = timedelta(minutes=30)
"""So long what is said next may still be about the answer."""


def fitting(heard: Heard, around: Surroundings, now: datetime) -> Sequence[str]:
    """The services that answer these words."""
    if not heard.only_words or heard.cut or around.danger(heard.text):
        return ()
    return around.guide.answers(heard.text, now)


def answer(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn | None:
    """None: it is no question, or nothing here answers it."""
    found = fitting(heard, around, now)
    if not found:
        return None
    state = State(building=state.building, mode=Mode.SERVICE, services=list(found), until=now + LASTS)
    put_aside(state.pending, heard)
    if len(found) == 1:
        return state, _shown(found[0], _asked(state.pending))
    return state, [Say("service.which", buttons=[*_choices(found, _asked(state.pending)), _none(state.pending)])]


def heard_after(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn | None:
    """What is said after an answer. None: a matter of its own, as if nothing had been answered."""
    over = state.until is None or state.until < now
    if heard.only_words and words.command(heard.text) in GLAD:
        return State(building=state.building), [Say("service.glad")]
    if over or not heard.text or around.danger(heard.text):
        return None
    again = set(fitting(heard, around, now))
    chosen = len(again) == 1 < len(state.services)  # which of several, in words
    if again and (chosen or not again.intersection(state.services)):
        return None
    guess = around.classify(heard.text)
    if not again and guess is not None and guess.action == "route":
        return None
    kept = state.pending
    put_aside(kept, heard)
    return _go_on(state, kept, state.services, around, now)


def topics(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """The menu. Whatever else is going on stays."""
    found = [Button("topic", f"service.topic.{topic}", payload={"topic": topic}) for topic in around.guide.topics(now)]
    return state, [Say("service.topics" if found else "service.nothing", buttons=found)]


def topic(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    chosen = heard.payload["topic"]
    found = _choices(around.guide.of_topic(chosen, now), {})
    return state, [Say("service.choose", buttons=[*found, Button("services", "button.topics")])]


def choose(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """One of several, or of the menu. It may have ended since."""
    code, asked = heard.payload["service"], heard.payload.get("asked", {})
    if not around.guide.valid(code, now):
        return state, [Say("service.gone", buttons=[Button("services", "button.topics")])]
    if state.draft is None and state.mode in (Mode.IDLE, Mode.SERVICE, Mode.WHAT):
        pending = Kept(**asked)
        state = State(building=state.building, mode=Mode.SERVICE, services=[code], pending=pending, until=now + LASTS)
    return state, _shown(code, asked)


def useful(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    state = State(building=state.building) if state.mode is Mode.SERVICE else state
    return state, [Told(heard.payload["service"], "useful"), Say("service.glad")]


def unsolved(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """It becomes a matter of its own, of the service's kind, with all that was said."""
    codes, kept = heard.payload.get("services", ()), Kept(**heard.payload.get("asked", {}))
    told: list[Effect] = [Told(code, "unsolved") for code in codes]
    if state.draft and state.draft.text:
        keep = (Button("submit", "button.submit"), Button("drop", "button.drop"))
        return state, [*told, Say("new.draft_open", buttons=keep)]
    state, effects = _go_on(state, kept, codes, around, now)
    return state, [*told, *effects]


def _go_on(state: State, kept: Kept, codes: Sequence[str], around: Surroundings, now: datetime) -> Turn:
    draft = Draft()
    if len(codes) == 1 and (service := around.guide.services.get(codes[0])):
        _sort(draft, kept.text, service.category, around)
    state = State(building=state.building, draft=draft, mode=Mode.WHAT)
    if not kept.text:
        return state, [Say("service.tell")]
    return complaint.more(state, taken_up(kept), around, now)


def _sort(draft: Draft, text: str, category: str, around: Surroundings) -> None:
    """The service knows what the model is not sure of."""
    guess, known = around.classify(text) if text else None, around.categories.get(category)
    if known and (guess is None or guess.action != "route"):
        draft.category, draft.item = (known.parent, known.code) if known.parent else (known.code, None)
        draft.chosen = True


def _shown(code: str, asked: Mapping[str, Any]) -> list[Effect]:
    buttons = (
        Button("service_useful", "button.service_useful", payload={"service": code}),
        Button("service_unsolved", "button.service_unsolved", payload={"services": [code], "asked": asked}),
    )
    return [Told(code, "shown"), Say("service.answer", {"service": code, "told": code, "briefly": code}, buttons)]


def _choices(codes: Sequence[str], asked: Mapping[str, Any]) -> list[Button]:
    return [Button("service", "button.service", {"service": code}, {"service": code, "asked": asked}) for code in codes]


def _none(kept: Kept) -> Button:
    return Button("service_unsolved", "button.service_none", payload={"asked": _asked(kept)})


def _asked(kept: Kept) -> dict[str, Any]:
    return kept.model_dump(include={"text", "numbers"})


GLAD = frozenset({"yes", "thanks", "done"})
ACTIONS: Mapping[str, Listener] = {
    "services": topics,
    "topic": topic,
    "service": choose,
    "service_useful": useful,
    "service_unsolved": unsolved,
}
