"""Danger files itself with the first words (先行上报); what is said next is added to that case. Pure.

Who is in danger may never answer a question, so none stands between their words and the people on duty.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.flows import danger, whereabouts, words
from bot.flows.effects import Alarm, Answer, Effect, File, KeepContact, Locate, RelayBack, Safety, Urgent, Words
from bot.flows.heard import Heard, Listener, Turn
from bot.flows.state import Draft, Mode, State
from bot.flows.surroundings import Brief, Spot, Surroundings
from bot.messages import Button, Pin, Say
from cases.joining import Where
from cases.masking import mask_phone
from models import Status

LISTENS = timedelta(hours=1)  # after their last words about it, other words are another matter
SAME = timedelta(hours=2)  # danger told once more is the one they reported, unless it is elsewhere


def report(state: State, draft: Draft, around: Surroundings, now: datetime) -> Turn:
    """Filed as it is. Told again, it is added to what was filed: one fire, one case."""
    assert draft.danger, "whoever calls has heard danger"
    warning, known = danger.warning(draft.danger, around.emergency), _same(draft, around, now)
    if known:
        told = Heard(text=draft.text, photos=draft.photos, numbers=draft.numbers)
        return listening(state, known.number, now), [warning, *_added(known, told, around)]
    whereabouts.assume(state, draft, around)
    asks = [] if draft.danger in danger.ALONE else [danger.are_you_safe()]
    if not draft.placed:
        asks.append(_where(draft.text, around))
    return listening(state, "", now), [warning, File(draft, asks)]


def listening(state: State, number: str, now: datetime) -> State:
    return State(building=state.building, mode=Mode.DANGER, case=number, until=now + LISTENS)


def is_over(state: State, around: Surroundings, now: datetime) -> bool:
    """They speak of something else by now, or nothing can be added any more."""
    if state.mode is not Mode.DANGER:
        return False
    case = _brief(state.case, around)
    return case is None or not case.takes_words or state.until is None or now > state.until


def more(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """Whatever comes goes to those who were called: words, photos, the place, that it was nothing."""
    case = _brief(state.case, around)
    assert case is not None, "or it is over"
    state, kind = listening(state, case.number, now), around.danger(heard.text)
    if heard.only_words and not kind and words.command(heard.text) == "all_clear":
        return state, [Safety(case.number, "false_alarm")]
    if not (heard.text or heard.photos or heard.pin):
        return state, [Say("ask.words")]
    if heard.only_words and (phone := words.phone(heard.text)):
        return state, [
            KeepContact(phone),
            Say("contact.kept", {"phone": mask_phone(phone)}),
            *_added(case, heard, around),
        ]
    first = [danger.warning(kind, around.emergency)] if kind and kind != case.danger else []
    return state, [*first, *_added(case, heard, around)]


def move(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """A place that was offered was chosen."""
    payload = dict(heard.payload)
    number = payload.pop("number")
    return listening(state, number, now), [Locate(number, "", where=Where(**payload))]


def _added(case: Brief, heard: Heard, around: Surroundings) -> list[Effect]:
    kind = around.danger(heard.text) if heard.text else None
    alarm: list[Effect] = [Alarm(case.number, kind)] if kind and not case.danger else []
    spots = around.spots(heard.text) if heard.text else []
    if heard.pin or (len(spots) == 1 and not case.grid):
        return [_placed(case, heard, spots, around), *alarm]
    asked = [_where(heard.text, around, case.number)] if spots and not case.grid else _elsewhere(case, spots)
    return [_kind(case)(case.number, heard.text, heard.photos, heard.numbers), *alarm, *asked]


def _placed(case: Brief, heard: Heard, spots: Sequence[Spot], around: Surroundings) -> Effect:
    """Where nothing was known it is taken as said. A pin far from what was known may be where they fled to."""
    spot = spots[0] if heard.pin is None else around.pin(heard.pin) or Spot("")
    if heard.pin and case.grid and spot.grid != case.grid:
        return _may_be(case, spot, heard.pin)
    if heard.pin and case.grid:  # more exact than what is known
        spot = Spot("", case.place, case.grid)
    where = _where_is(spot, heard.pin)
    return Locate(case.number, heard.text, heard.photos, heard.numbers, where=Where(**where))


def _elsewhere(case: Brief, spots: Sequence[Spot]) -> list[Effect]:
    if len(spots) != 1 or not case.grid or (spots[0].place or spots[0].grid) in (None, case.place, case.grid):
        return []
    return [_may_be(case, spots[0])]


def _may_be(case: Brief, spot: Spot, pin: Pin | None = None) -> Say:
    """Perhaps it is there, perhaps they only ran there: the case moves when they say so."""
    payload = {"number": case.number, **_where_is(spot, pin)}
    button = Button("danger_place", "button.danger_there", {"name": spot.name}, payload)
    return Say("reported.elsewhere" if spot.name else "reported.elsewhere_pin", {"name": spot.name}, (button,))


def _where(text: str, around: Surroundings, number: str = "") -> Say:
    """Which of several, or just where."""
    about, spots = {"number": number} if number else {}, around.spots(text)[: whereabouts.OFFERED]
    buttons = [
        Button("danger_place", "button.choose_place", {"name": spot.name}, {**_where_is(spot), **about})
        for spot in spots
    ]
    key = "ask.which_place" if len(spots) > 1 else "reported.where"
    return Say(key, buttons=(*buttons, Button("pin", "button.pin", payload=about)), number=number)


def _where_is(spot: Spot, pin: Pin | None = None) -> dict[str, Any]:
    """As `Where` wants it, and a button can keep it."""
    point = {"lon": pin.lon, "lat": pin.lat} if pin else {}
    return {"place": spot.place, "name": spot.name, "grid": spot.grid, **point}


def _kind(case: Brief) -> type[Words]:
    """Whoever asked, or has a line open, gets the answer there."""
    return Answer if case.status is Status.WAITING else RelayBack if case.relay else Urgent


def _same(draft: Draft, around: Surroundings, now: datetime) -> Brief | None:
    """What this resident reported a short while ago."""
    recent = (case for case in around.cases if case.danger and case.takes_words and case.at and now - case.at < SAME)
    return next((case for case in recent if not (draft.grid and case.grid and draft.grid != case.grid)), None)


def _brief(number: str, around: Surroundings) -> Brief | None:
    return next((case for case in around.cases if case.number == number), None)


ACTIONS: Mapping[str, Listener] = {"danger_place": move}
