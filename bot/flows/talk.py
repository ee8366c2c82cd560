"""The whole conversation: one pure step that hands each message to the part of the talk it belongs to."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.flows import album, complaint, edits, joining, more, neighbours, progress, reported, safety, services, words
from bot.flows.effects import Enlarge, LookUp, Show, Speak
from bot.flows.heard import Heard, Listener, Turn, put_aside, taken_up
from bot.flows.state import Draft, Kept, Mode, State
from bot.flows.surroundings import Surroundings
from bot.messages import Button, Say


def step(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """One message in; the new state and what to say and do out. The state handed in stays as it was."""
    state = state.model_copy(deep=True)
    if reported.is_over(state, around, now):
        state = State(building=state.building, album=state.album)
    if heard.edit:
        return edits.change(state, heard, around, now, _with_album)
    return _with_album(state, heard, around, now)


def _with_album(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return album.collect(state, heard, around, now, _one)


def _one(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """A message that stands by itself."""
    if heard.action:
        return progress.moved_on(state, heard, around) or ACTIONS[heard.action](state, heard, around, now)
    if heard.only_words and (wanted := words.locale(heard.text)):
        return state, [Speak(wanted)]
    if heard.only_words and (code := words.lookup_code(heard.text)):
        return state, [LookUp(code)]
    if neighbours.begins(state, heard):
        return neighbours.begin(state, heard, around, now)
    state, effects = _listener(state, heard, around)(state, heard, around, now)
    return state, complaint.with_notice(effects) if heard.cut else effects


def _listener(state: State, heard: Heard, around: Surroundings) -> Listener:
    command = COMMANDS.get(words.command(heard.text) or "") if heard.only_words else None
    if command and not (state.mode is Mode.DANGER and command is complaint.cancel):
        return command
    urgent = state.mode in INTERRUPTED and around.danger(heard.text)
    return danger if urgent else MODES[state.mode]


def danger(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """Words of danger are a complaint whatever was asked, filed with what was told so far."""
    if state.draft:
        return complaint.more(state, heard, around, now)
    put_aside(state.pending, heard)
    return new_pending(state, heard, around, now)


def stale(state: State, number: str, around: Surroundings, now: datetime) -> Turn:
    """An old button changes nothing; what is true now is said: the case's standing, or the open draft's card."""
    state = state.model_copy(deep=True)
    said = Say("stale.pressed")
    if number:
        return state, [said, Show(number)]
    if state.draft is None or state.mode not in complaint.MODES:
        return state, [said]
    return state, [said, replace(complaint.question(state, around, now), again=True)]


def idle(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """Nothing is going on: an answer somebody waits for, or a new complaint."""
    if not (heard.text or heard.photos or heard.pin):
        return state, [Say("ask.what")]
    if progress.somebody_waits(around):
        return progress.unclear(state, heard, around, now)
    if heard.only_words and words.command(heard.text) in ("yes", "done"):
        return state, [Say("cancel.nothing")]
    return services.answer(state, heard, around, now) or complaint.begin(state, heard, around, now)


def what(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """Asked what happened; who asks something instead is answered, unless photos wait for their words."""
    began = state.draft is not None and state.draft != Draft()
    return (None if began else services.answer(state, heard, around, now)) or complaint.more(state, heard, around, now)


def answered(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """After an answer: thanks, more about it, or something of its own."""
    turn = services.heard_after(state, heard, around, now)
    return turn or idle(State(building=state.building), heard, around, now)


def greet(state: State, around: Surroundings) -> Say:
    """The first line of all."""
    place = around.places.get(state.building or "")
    return Say("hello.at", {"name": place.name}) if place else Say("hello")


def start(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """They came in, perhaps by a building's code, perhaps once more: what was asked last still waits."""
    hello = greet(state, around)
    if state.draft is None or state.mode not in complaint.MODES:
        return state, [hello]
    return state, [hello, complaint.question(state, around, now)]


def help_(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Say("help", buttons=[Button("services", "button.services"), *_languages()])]


def new(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """Beside an open case or instead of an unfinished draft, which is dropped only when it is empty of words."""
    if state.draft and state.draft.text:
        keep = (Button("submit", "button.submit"), Button("drop", "button.drop"))
        return state, [Say("new.draft_open", buttons=keep)]
    return State(building=state.building, mode=Mode.WHAT), [Say("ask.what")]


def drop(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return State(building=state.building, mode=Mode.WHAT), [Say("ask.what")]


def new_pending(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """The words kept aside are a new complaint."""
    kept, state.pending = taken_up(state.pending), Kept()
    if kept.empty:
        return state, [Say("ask.what")]
    return complaint.begin(State(building=state.building), kept, around, now)


def speak(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Speak(heard.payload["locale"])]


def lang(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Say("ask.language", buttons=_languages())]


def large(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Enlarge()]


def done(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """The album it ends was ended before."""
    if state.draft is None or state.mode not in complaint.MODES:
        return state, [Say("cancel.nothing")]
    return state, [complaint.question(state, around, now)]


def _languages() -> list[Button]:
    return [
        Button("locale", f"button.locale_{code}", payload={"locale": code}) for code in ("zh-Hans", "zh-Hant", "en")
    ]


COMMANDS: Mapping[str, Listener] = {
    "start": start,
    "my": progress.my,
    "new": new,
    "help": help_,
    "lang": lang,
    "large": large,
    "services": services.topics,
    "cancel": complaint.cancel,
    **neighbours.COMMANDS,
}
INTERRUPTED = frozenset({Mode.IDLE, Mode.WHERE, Mode.CONTACT, Mode.WHICH, *neighbours.MODES})
MODES: Mapping[Mode, Listener] = {
    Mode.IDLE: idle,
    Mode.DANGER: reported.more,
    **complaint.MODES,
    Mode.WHAT: what,
    Mode.SERVICE: answered,
    **progress.MODES,
    **neighbours.MODES,
}
ACTIONS: Mapping[str, Listener] = {
    **complaint.ACTIONS,
    **joining.ACTIONS,
    **progress.ACTIONS,
    **reported.ACTIONS,
    **safety.ACTIONS,
    **more.ACTIONS,
    **services.ACTIONS,
    **neighbours.ACTIONS,
    "done": done,
    "new": new,
    "drop": drop,
    "new_pending": new_pending,
    "locale": speak,
    "help": help_,
}
