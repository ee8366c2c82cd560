"""First stop of routing: where it is. From words, from a pin on the map, or from the code on the wall."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from models import Area, Place
from models.town import COMMUNITY, GRID, STREET
from routing import codes, spelling
from routing.codes import sign
from routing.names import Match, Names, Split
from routing.pins import Pins

__all__ = ["Found", "How", "PlaceIndex", "sign"]

LEVELS = {STREET: "street", COMMUNITY: "community", GRID: "grid"}
ROAD = "road"
SURE_OF_ROAD = 0.8  # a road runs through several grids; its row names one of them
SHORT = 3  # characters of an alias: 化工厂 may be another one


class How(StrEnum):
    """What a place or grid was known by."""

    NAME = "name"
    ADDRESS = "address"
    ALIAS = "alias"
    SHORT_ALIAS = "short_alias"
    PIN = "pin"


SURE = {How.NAME: 1.0, How.ADDRESS: 1.0, How.ALIAS: 0.9, How.SHORT_ALIAS: 0.7}


@dataclass(frozen=True)
class Found:
    """A place, or only the area that was named. `sure` is about this reading among others, 0 to 1."""

    place: str | None
    name: str
    kind: str  # the place's, or street, community, grid
    area: str  # the smallest area known: the grid of a place
    grid: str | None
    start: int = 0  # where it stands in the text
    end: int = 0
    sure: float = 1.0
    how: How = How.NAME


class PlaceIndex:
    """Every place and area of the town, made ready once. Build a new one when a row changes."""

    def __init__(self, places: Sequence[Place], areas: Sequence[Area]) -> None:
        self._areas = {area.code: area for area in areas}
        self._places = {place.code: place for place in places}
        self._by_capitals = {big: code for code in self._places if (big := code.upper()) != code}
        named = [area for area in areas if area.level in LEVELS]  # the city's own name says nothing about where in it
        self._named: list[Place | Area] = [*named, *places]  # by their number in `_names`
        shortened = (short for area in areas for short in (area.name, area.name[:-1]))
        outlines = {area.code: area.outline for area in areas if area.outline and area.level == GRID}
        with _nothing_is_garbage():
            self._names = Names(chain(_area_names(named), _names(places, len(named))), _bare(places), shortened)
            self._pins = Pins(outlines, places)

    def from_words(self, text: str) -> list[Found]:
        """Everything named in the text, places before roads before areas, the surest first.

        A name several places share gives each of them, unless the rest of the text tells which is meant.
        """
        matches = list(self._names.find(text))
        clear = {_area_of(self._named[match.named[0]]) for match in matches if len(match.named) == 1}
        found = [one for match in matches for one in self._readings(match, clear)]
        once = {(one.place, one.area): one for one in sorted(found, key=self._order, reverse=True)}
        return sorted(once.values(), key=self._order)

    def without_names(self, text: str) -> str:
        """What is said beside the names of places and areas: a comma stands for each."""
        parts, end = list[str](), 0
        for match in sorted(self._names.find(text), key=lambda one: one.start):
            if match.start >= end:
                parts.append(text[end : match.start])
                end = match.end
        return "，".join([*parts, text[end:]])

    def _readings(self, match: Match, clear: set[str]) -> list[Found]:
        """What a match can mean: only the readings nearest to what else the text is clear about."""
        named = [self._named[number] for number in match.named]
        near = [max((self._shared(_area_of(one), area) for area in clear), default=0) for one in named]
        kept = [one for one, shared in zip(named, near, strict=True) if shared == max(near)]
        return [_found(one, _how(one, match.said), match.start, match.end, len(kept)) for one in kept]

    def _shared(self, one: str, other: str) -> int:
        """How many levels two areas have in common, the city not counted."""
        first, second = (self._areas[code].path if code in self._areas else [] for code in (one, other))
        return sum(a == b for a, b in zip(first[1:], second[1:], strict=False))

    def _order(self, one: Found) -> tuple[int, float, int]:
        level = self._areas[one.area].level if one.area in self._areas else 0
        return (-9 if one.place and one.kind != ROAD else -8 if one.place else -level), -one.sure, one.start

    def from_pin(self, lon: float, lat: float, accuracy: float = 0.0) -> Found | None:
        """The grid a pin lies in (WGS-84, metres), with the nearest place when one is near; None outside the town."""
        at = self._pins.at(lon, lat, accuracy)
        if at is None:
            return None
        grid, code, sure = at
        if code is None:
            return Found(None, self._areas[grid].name, LEVELS[GRID], grid, grid, sure=sure, how=How.PIN)
        return replace(_found(self._places[code], How.NAME), sure=sure, how=How.PIN)

    def from_code(self, code: str, key: bytes) -> str | None:
        """The place's code when we signed it and still have the place."""
        place = codes.read(code, key)
        if not place:
            return None
        return place if place in self._places else self._by_capitals.get(place)


def _bare(places: Sequence[Place]) -> set[str]:
    """Aliases that say what it is, not which: 化工厂 of 澄溪化工厂, 一中, 镇政府. A place's own name never is."""
    bare = {alias for place in places for alias in place.aliases if _is_bare(alias, place)}
    return bare - {place.name for place in places}


def _is_bare(alias: str, place: Place) -> bool:
    if len(alias) < SHORT or place.name.endswith(alias) or alias[0] in "市镇村":
        return True
    return len(alias) == SHORT and place.kind != ROAD and alias[:2] != place.name[:2]


def _area_of(one: Place | Area) -> str:
    return one.code if isinstance(one, Area) else one.grid


def _found(one: Place | Area, how: How, start: int = 0, end: int = 0, among: int = 1) -> Found:
    """`among`: how many it may be."""
    if isinstance(one, Area):
        grid = one.code if one.level == GRID else None
        return Found(None, one.name, LEVELS[one.level], one.code, grid, start, end, 1.0 / among, how)
    sure = SURE[how] * (SURE_OF_ROAD if one.kind == ROAD else 1.0)
    return Found(one.code, one.name, one.kind, one.grid, one.grid, start, end, sure / among, how)


def _said(place: Place) -> dict[Split, How]:
    """Each way to name a place, once, with how it names it."""
    ways = {spelling.split(place.name): How.NAME}
    if (address := spelling.split(place.address))[1]:  # a road's name alone is the road
        ways.setdefault(address, How.ADDRESS)
    for alias in place.aliases:
        ways.setdefault(spelling.split(alias), How.SHORT_ALIAS if len(alias) <= SHORT else How.ALIAS)
    return ways


def _how(one: Place | Area, said: Split) -> How:
    """What of its own was said; another name of its estate with its number is as good as its name."""
    return How.NAME if isinstance(one, Area) else _said(one).get(said, How.NAME)


def _area_names(areas: Sequence[Area]) -> Iterator[tuple[Split, int]]:
    return ((spelling.split(area.name), number) for number, area in enumerate(areas))


def _names(places: Sequence[Place], first: int) -> Iterator[tuple[Split, int]]:
    """Whatever names a place; and a building by whatever its estate is also called."""
    also = _also(places)
    for place_number, place in enumerate(places, first):
        ways = _said(place)
        base, number = next(iter(ways))
        others = ((other, number) for other in also.get(base, ()) if number)
        for way in dict.fromkeys(chain(ways, others)):
            yield way, place_number


def _also(places: Iterable[Place]) -> dict[str, set[str]]:
    """All names of what has a name without a number, under each of them."""
    also: dict[str, set[str]] = {}
    for place in places:
        if place.aliases and not spelling.split(place.name)[1]:
            names = {"".join(spelling.split(name)) for name in (place.name, *place.aliases)}
            for name in names:
                also.setdefault(name, set()).update(names)
    return also


@contextmanager
def _nothing_is_garbage() -> Iterator[None]:
    """Millions of things that all stay: looking through them for garbage meanwhile takes as long as making them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
