"""An album: its photos come one by one and nobody says which is the last, so all of them wait for the next message.

Pure, and around the rest of the talk: `step` is what hears an album as one message, in whatever mode the talk is.
"""

from dataclasses import replace
from datetime import datetime

from bot.flows import complaint, progress, words
from bot.flows.heard import Heard, Listener, Turn, put_aside, taken_up
from bot.flows.state import Album, Mode, State
from bot.flows.surroundings import Surroundings
from bot.messages import Button, Say

OF_THE_DRAFT = frozenset(complaint.ACTIONS) - {"cancel"}


def collect(state: State, heard: Heard, around: Surroundings, now: datetime, step: Listener) -> Turn:
    """What comes while an album is open: one more photo, the end of it, or what stands beside it."""
    if heard.album and not around.danger(heard.text):
        return _one_more(state, heard)
    album = state.album
    if album is None:
        return step(state, heard, around, now)
    state.album = None
    whole = taken_up(album)
    if _is_end(heard):
        return step(state, whole, around, now)
    if _cancels(heard):
        return step(state, heard, around, now)
    if heard.action in OF_THE_DRAFT or (state.mode is Mode.CARD and _is(heard, "yes")):
        return _before(state, whole, heard, around, now, step)
    if _takes_words(state, heard, around):
        put_aside(state.pending, whole)
        return step(state, heard, around, now)
    if heard.action or _stands_beside(heard):
        state, effects = step(state, heard, around, now)
        state.album = album
        return state, effects
    return step(state, _with(whole, heard), around, now)


def _one_more(state: State, heard: Heard) -> Turn:
    """Only the first is answered."""
    album = state.album or Album()
    first, album.id = album.id != heard.album, heard.album
    put_aside(album, heard)
    state.album = album
    return state, [Say("album.more", buttons=(Button("done", "button.done"),))] if first else []


def _before(state: State, whole: Heard, heard: Heard, around: Surroundings, now: datetime, step: Listener) -> Turn:
    """The photos belong to the draft whose button was pressed: what is said about them alone is not needed."""
    state, done = step(state, whole, around, now)
    state, effects = step(state, heard, around, now)
    return state, [*(effect for effect in done if not isinstance(effect, Say)), *effects]


def _takes_words(state: State, heard: Heard, around: Surroundings) -> bool:
    asked = heard.action in progress.ASKS_WORDS or heard.action == "new_pending"
    return asked and progress.moved_on(state, heard, around) is None


def _with(whole: Heard, heard: Heard) -> Heard:
    """An album and what came after it, as one message."""
    return replace(
        heard,
        text=f"{whole.text}\n{heard.text}".strip(),
        photos=[*whole.photos, *heard.photos],
        voices=[*whole.voices, *heard.voices],
        numbers=[*whole.numbers, *heard.numbers],
    )


def _is(heard: Heard, command: str) -> bool:
    return heard.only_words and words.command(heard.text) == command


def _is_end(heard: Heard) -> bool:
    return heard.action == "done" or _is(heard, "done")


def _cancels(heard: Heard) -> bool:
    return heard.action == "cancel" or _is(heard, "cancel")


def _stands_beside(heard: Heard) -> bool:
    """Commands, languages and codes are about something else; “好” and its like are words for the photos."""
    if not heard.only_words:
        return False
    command = words.command(heard.text)
    return command not in (None, "yes", "all_clear") or bool(words.locale(heard.text) or words.lookup_code(heard.text))
