"""Where it is: from words, a pin, the building they came by, or the places offered. Part of `complaint`; pure."""

from typing import Any

from bot.flows.heard import Heard
from bot.flows.state import Draft, Mode, State
from bot.flows.surroundings import Spot, Surroundings
from bot.messages import Button, Say

OFFERED = 4
SURE = 0.75  # below that the card asks whether it is the right place
CODE, CHOSEN = "code", "chosen"
ONE_LINE = 24  # characters; “丹桂苑 3 栋楼下的烧烤店门口” fits, a story does not


def take(draft: Draft, heard: Heard, around: Surroundings) -> None:
    if heard.pin:
        spot = around.pin(heard.pin)
        settle(draft, spot or Spot("", None, None))
        draft.lon, draft.lat = heard.pin.lon, heard.pin.lat
    elif heard.text:
        spots = around.spots(heard.text)
        if len(spots) == 1:
            settle(draft, spots[0])


def only_a_place(text: str, around: Surroundings) -> bool:
    """Nothing but the name of a place, or no more than one line of where it is."""
    names = "".join(spot.name for spot in around.spots(text))
    return len(text) <= max(ONE_LINE, len(names))


def settle(draft: Draft, spot: Spot) -> None:
    """An earlier pin is kept only where it lies in the same grid."""
    if spot.grid != draft.grid:
        draft.lon = draft.lat = None
    draft.place, draft.grid, draft.place_text, draft.placed = spot.place, spot.grid, spot.name, True
    draft.place_how, draft.place_sure = spot.how, spot.sure


def is_sure(draft: Draft) -> bool:
    return draft.place_sure >= SURE


def assume(state: State, draft: Draft, around: Surroundings) -> None:
    """Somebody who came by a building's code and names no other place means that building."""
    named_places = around.spots(draft.text) if draft.text else ()
    building = around.places.get(state.building or "")
    if not draft.placed and building and not named_places and state.mode is not Mode.WHERE:
        settle(draft, Spot(building.name, building.code, building.grid, CODE))


def ask(state: State, draft: Draft, around: Surroundings) -> Say:
    spots = around.spots(draft.place_text) or around.spots(draft.text)
    buttons = [_place_button(spot) for spot in spots[:OFFERED]]
    building = around.places.get(state.building or "")
    if building and building.code not in {spot.place for spot in spots}:
        buttons.append(_place_button(Spot(building.name, building.code, building.grid)))
    key = "ask.which_place" if len(spots) > 1 else "ask.where"
    return Say(key, buttons=(*buttons, Button("pin", "button.pin"), Button("no_place", "button.no_place")))


def ambiguous(state: State, draft: Draft, text: str, around: Surroundings) -> bool:
    """Several places go by these words: keep them, so that the next question offers them."""
    if len(around.spots(text)) < 2:
        return False
    draft.place_text = text[:200]
    return True


def _place_button(spot: Spot) -> Button:
    payload: dict[str, Any] = {"name": spot.name, "place": spot.place, "grid": spot.grid}
    return Button("choose_place", "button.choose_place", {"name": spot.name}, payload)
