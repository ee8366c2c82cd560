"""Asking for what a step needs, one thing at a time: choices by buttons, then words, then photos. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.desk.choices import CHOICES, HAND_OVER
from bot.desk.effects import Count, HandOver, Take, Toast
from bot.desk.heard import Around, Heard, Turn
from bot.desk.state import Pending, State
from bot.messages import Button, Say
from models import ReturnReason
from models.status import EXTEND_DAYS

ORDER = ("master", "reason", "ground", "outcome", "unit", "units", "assignee", "days", "text", "photo", "confirm")
INVITED: Mapping[str, frozenset[str]] = {  # beside what a step needs
    "return": frozenset({"text"}),
    "assign": frozenset({"assignee"}),
    "reply": frozenset({"photo", "confirm"}),
    "co_answer": frozenset({"photo"}),
    "accuse": frozenset({"unit", "assignee"}),
    "order": frozenset({"days"}),
}
ASKED_OTHERWISE: Mapping[tuple[str, str], str] = {
    ("accuse", "unit"): "task.ask.accused_unit",
    ("accuse", "assignee"): "task.ask.accused",
    ("order", "days"): "task.ask.days_order",
}
HAND_OVER_ASKS = ("assignee", "text")
TAKES_PHOTOS = frozenset({"reply", "relay", "return", "co_answer"})
PAGE, LONGEST = 8, 20_000


def questions(step: str, needs: frozenset[str]) -> list[str]:
    wanted = needs | INVITED.get(step, frozenset())
    return [ask for ask in ORDER if ask in wanted]


def begin(state: State, pending: Pending, around: Around) -> Turn:
    """Whatever was being asked before is dropped."""
    state.pending, state.counter = pending, None
    return proceed(state, around)


def proceed(state: State, around: Around) -> Turn:
    """The next question, or the step itself."""
    pending = in_hand(state)
    pending.page, pending.sought = 0, ""
    if pending.asks:
        asked, state.counter = question(pending, around), None
        return state, [Count(asked) if pending.asks[0] == "photo" else asked]
    state.pending = state.counter = None
    return state, [HandOver(pending) if pending.step == HAND_OVER else Take(pending)]


def question(pending: Pending, around: Around) -> Say:
    """What is being asked now, with what one may answer."""
    ask = pending.asks[0]
    if ask == "text":
        return Say(f"task.say.{pending.step}", _args(pending), _text_buttons(pending), number=pending.number)
    if ask == "photo":
        return _photos(pending)
    if ask == "confirm":
        return _confirm(pending)
    shown, more = _page(_choices(ask, pending, around), pending)
    buttons = (*shown, *more, *_extras(ask, pending), _cancel(pending))
    return Say(_key(ask, pending), _args(pending), buttons, number=pending.number)


def _key(ask: str, pending: Pending) -> str:
    if ask == "category" and pending.field:
        return "task.ask.item"
    if (pending.step, ask) in ASKED_OTHERWISE:
        return ASKED_OTHERWISE[pending.step, ask]
    return "task.ask.waived" if pending.step == "co_waive" and ask == "unit" else f"task.ask.{ask}"


def answer(state: State, heard: Heard, around: Around) -> Turn:
    """A choice was pressed."""
    pending, ask, value = in_hand(state), heard.payload["ask"], heard.payload["value"]
    if ask == "category" and pending.field is None and around.book.items.get(value):
        pending.field, pending.category, pending.page, pending.sought = value, value, 0, ""
        return state, [question(pending, around)]
    if ask == "units":  # one more, or one less
        pending.units = [unit for unit in pending.units if unit != value] + [value] * (value not in pending.units)
        pending.sought = ""
        return state, [question(pending, around)]
    pending.asks.remove(ask)
    match ask:
        case "unit":
            pending.unit = value
        case "assignee":
            pending.assignee = value
        case "reason":
            pending.reason = value
        case "ground":
            pending.ground = value
        case "outcome":
            pending.outcome = value
        case "days":
            pending.days = int(value)
        case "category":
            pending.category = value
        case "master":
            pending.master = value
    return proceed(state, around)


def page(state: State, heard: Heard, around: Around) -> Turn:
    pending = in_hand(state)
    pending.page = int(heard.payload["page"])
    return state, [question(pending, around)]


def category(state: State, heard: Heard, around: Around) -> Turn:
    """The dispatcher corrects the label before saying who shall do it."""
    pending = in_hand(state)
    pending.asks.insert(0, "category")
    pending.field, pending.page, pending.sought = None, 0, ""
    return state, [question(pending, around)]


def skip(state: State, heard: Heard, around: Around) -> Turn:
    """Done with what is asked: nothing to add, or all photos are there."""
    pending = in_hand(state)
    if pending.asks[0] == "photo" and not pending.photos and "photo" in around.needs:
        return state, [Toast("step.needs_photo")]
    if pending.asks[0] == "units" and not pending.units:
        return state, [Toast("step.needs_units")]
    pending.asks.pop(0)
    return proceed(state, around)


def redo(state: State, heard: Heard, around: Around) -> Turn:
    """Once more from the first question; photos that are there stay."""
    pending = in_hand(state)
    pending.asks = questions(pending.step, around.needs)
    pending.text, state.counter = "", None
    return proceed(state, around)


def cancel(state: State, heard: Heard, around: Around) -> Turn:
    said = Say("task.cancelled" if state.pending else "task.nothing")
    return State(), [said]


def told(state: State, heard: Heard, around: Around) -> Turn:
    """Words or photos while something is asked."""
    pending = in_hand(state)
    match pending.asks[0]:
        case "text" | "photo" if heard.text or heard.photos:
            return _words(state, heard, around)
        case "days" if heard.text.isdecimal() and 1 <= int(heard.text) <= EXTEND_DAYS:
            pending.days = int(heard.text)
            pending.asks.pop(0)
            return proceed(state, around)
        case "master" if heard.text:
            pending.master = heard.text[:40]
            pending.asks.pop(0)
            return proceed(state, around)
        case "unit" | "units" | "assignee" | "category" if heard.text:
            pending.sought, pending.page = heard.text[:40], 0
            found = bool(_choices(pending.asks[0], pending, around))
            pending.sought = pending.sought if found else ""
            return state, [question(pending, around)] if found else [Say("task.none_such"), question(pending, around)]
    return state, [question(pending, around)]


def in_hand(state: State) -> Pending:
    assert state.pending is not None, "asked only while something is"
    return state.pending


def _words(state: State, heard: Heard, around: Around) -> Turn:
    """Words are taken as they are; a photo may come with them, before or after."""
    pending = in_hand(state)
    if heard.photos and pending.step not in TAKES_PHOTOS:
        return state, [Say("task.no_photos"), question(pending, around)]
    pending.photos += heard.photos
    pending.text = f"{pending.text}\n{heard.text}".strip()[:LONGEST]
    if pending.asks[0] == "text":
        if not heard.text:
            return state, [Count(Say("task.photos_first", _args(pending), (_cancel(pending),)))]
        pending.asks.pop(0)
        if pending.photos and "photo" not in pending.asks:  # more of an album may be on its way
            pending.asks.insert(0, "photo")
        return proceed(state, around)
    return state, [Count(_photos(pending))]


def _photos(pending: Pending) -> Say:
    done = Button("skip", "task.button.done", payload=_of(pending))
    key = "task.ask.photos_more" if pending.photos else "task.ask.photos"
    return Say(key, _args(pending), (done, _cancel(pending)), number=pending.number)


def _confirm(pending: Pending) -> Say:
    buttons = (
        Button("skip", "task.button.submit", payload=_of(pending)),
        Button("redo", "task.button.redo", payload=_of(pending)),
        _cancel(pending),
    )
    key = "task.ask.confirm_reply" if pending.step == "reply" else "task.ask.confirm"
    return Say(key, _args(pending), buttons, photos=pending.photos, number=pending.number)


def _text_buttons(pending: Pending) -> Sequence[Button]:
    optional = pending.step == "return" and pending.reason != ReturnReason.OTHER
    skip_ = (Button("skip", "task.button.return_now", payload=_of(pending)),) if optional else ()
    return (*skip_, _cancel(pending))


def _extras(ask: str, pending: Pending) -> Sequence[Button]:
    """What may be pressed beside the choices."""
    if ask == "assignee" and pending.step == "assign":
        return (Button("skip", "task.button.anybody", payload=_of(pending)),)
    if ask == "assignee" and pending.step == "accuse":
        return (Button("skip", "task.button.whole_unit", payload=_of(pending)),)
    if ask == "units" and pending.units:
        return (Button("skip", "task.button.called", {"count": len(pending.units)}, _of(pending)),)
    if ask == "unit" and pending.step == "assign":
        return (Button("category", "task.button.category", payload=_of(pending)),)
    if ask == "category" and pending.field:
        return (_choice(pending, "category", "task.button.only_field", {"category": pending.field}, pending.field),)
    return ()


def _choices(ask: str, pending: Pending, around: Around) -> Sequence[Button]:
    return [
        _choice(pending, ask, label, args, value)
        for label, args, value, known in CHOICES[ask](pending, around)
        if pending.sought in known
    ]


def _page(buttons: Sequence[Button], pending: Pending) -> tuple[Sequence[Button], Sequence[Button]]:
    """So many at a time, and the way to the others."""
    last = max(0, (len(buttons) - 1) // PAGE)
    at = min(pending.page, last)
    turns = [("task.button.before", at - 1), ("task.button.after", at + 1)]
    more = [Button("page", label, payload={**_of(pending), "page": n}) for label, n in turns if 0 <= n <= last]
    return buttons[at * PAGE : (at + 1) * PAGE], more


def _choice(pending: Pending, ask: str, label: str, args: Mapping[str, Any], value: Any) -> Button:
    return Button("answer", label, args, {**_of(pending), "ask": ask, "value": value})


def _cancel(pending: Pending) -> Button:
    return Button("cancel", "task.button.cancel", payload=_of(pending))


def _of(pending: Pending) -> dict[str, Any]:
    """A question's buttons are good while it is asked."""
    return {"of": pending.key, "ask": pending.asks[0]}


def _args(pending: Pending) -> dict[str, Any]:
    return {
        "number": pending.number,
        "text": pending.text,
        "outcome": pending.outcome or "",
        "category": pending.category or "",
        "unit": pending.unit or "",
        "called": list(pending.units),
        "count": len(pending.photos),
        "most": EXTEND_DAYS,
    }
