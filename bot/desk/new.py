"""Filing for a visitor or for oneself from the chat: `/new` with what happened, photos with it or after it. Pure."""

from datetime import datetime

from bot.desk.effects import Count, FileNew
from bot.desk.heard import Around, Heard, Turn
from bot.desk.state import Pending, State
from bot.messages import Button, Say
from cases.behalf import How

STEP = "file_new"  # asked for like a step, and none
LONGEST = 20_000


def begin(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    """For whom is asked, for the same person may do both; an album's other photos come meanwhile."""
    text = heard.text.partition(" ")[2].strip() or heard.text.partition("\n")[2].strip()
    if not text:
        return state, [Say("task.new.what")]
    state.pending = Pending(key=heard.key, step=STEP, text=text, photos=list(heard.photos), since=now)
    state.counter = None
    return state, [Count(_whose(state.pending))]


def more(state: State, heard: Heard, around: Around) -> Turn:
    """Words and photos before the answer belong to it."""
    pending = state.pending
    assert pending is not None, "asked only while something is"
    pending.text = f"{pending.text}\n{heard.text}".strip()[:LONGEST]
    pending.photos += heard.photos
    return state, [Count(_whose(pending))]


def file(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    pending = state.pending
    if pending is None or pending.key != heard.payload["of"]:
        return state, [Say("task.over")]
    return State(), [FileNew(pending.key, heard.payload["how"], pending.text, tuple(pending.photos))]


def _whose(pending: Pending) -> Say:
    offered = [Button(STEP, f"task.button.{how}", payload={"how": str(how), "of": pending.key}) for how in How]
    key = "task.new.whose_photos" if pending.photos else "task.new.whose"
    return Say(key, {"text": pending.text, "count": len(pending.photos)}, buttons=offered)
