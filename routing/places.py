"""First stop of routing: where it is. From words, from a pin on the map, or from the code on the wall."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from models import Area, Place
from routing import codes, spelling
from routing.codes import sign
from routing.names import Match, Names
from routing.pins import Pins

__all__ = ["Found", "PlaceIndex", "sign"]

LEVELS = {1: "street", 2: "community", 3: "grid"}
ROAD = "road"
SURE_OF_ROAD = 0.8  # a road runs through several grids; its row names one of them
SURE_OF_ALIAS, SURE_OF_SHORT, SHORT = 0.9, 0.7, 3  # 化工厂 may be another one


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


class PlaceIndex:
    """Every place and area of the town, made ready once. Build a new one when a row changes."""

    def __init__(self, places: Sequence[Place], areas: Sequence[Area]) -> None:
        self._areas = {area.code: area for area in areas}
        self._places = {place.code: place for place in places}
        self._by_capitals = {place.code.upper(): place.code for place in places}
        names = [*self._area_names(), *_place_names(places)]
        self._names = Names(names, _bare(places), (short for area in areas for short in (area.name, area.name[:-1])))
        outlines = {area.code: area.outline for area in areas if area.outline}
        points = {place.code: (place.lon, place.lat) for place in places}
        self._pins = Pins(outlines, points, {place.code: place.grid for place in places})

    def _area_names(self) -> Iterator[tuple[str, Found]]:
        """The city's own name says nothing about where in it."""
        for area in self._areas.values():
            if area.level in LEVELS:
                grid = area.code if area.level == max(LEVELS) else None
                yield area.name, Found(None, area.name, LEVELS[area.level], area.code, grid)

    def from_words(self, text: str) -> list[Found]:
        """Everything named in the text, places before roads before areas, the surest first.

        A name several places share gives each of them, unless the rest of the text tells which is meant.
        """
        matches = list(self._names.find(text))
        clear = {match.named[0].area for match in matches if len(match.named) == 1}
        found = [one for match in matches for one in self._readings(match, clear)]
        once = {(one.place, one.area): one for one in sorted(found, key=self._order, reverse=True)}
        return sorted(once.values(), key=self._order)

    def _readings(self, match: Match[Found], clear: set[str]) -> list[Found]:
        """What a match can mean: only the readings nearest to what else the text is clear about."""
        near = [max((self._shared(one.area, area) for area in clear), default=0) for one in match.named]
        kept = [one for one, shared in zip(match.named, near, strict=True) if shared == max(near)]
        return [replace(one, start=match.start, end=match.end, sure=one.sure / len(kept)) for one in kept]

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
            return Found(None, self._areas[grid].name, LEVELS[3], grid, grid, sure=sure)
        return replace(_as_found(self._places[code]), sure=sure)

    def from_code(self, code: str, key: bytes) -> str | None:
        """The place's code when we signed it and still have the place."""
        place = codes.read(code, key)
        return self._by_capitals.get(place) if place else None


def _bare(places: Sequence[Place]) -> set[str]:
    """Aliases that say what it is, not which: 化工厂 of 澄溪化工厂, 一中, 镇政府. A place's own name never is."""
    bare = {alias for place in places for alias in place.aliases if _is_bare(alias, place)}
    return bare - {place.name for place in places}


def _is_bare(alias: str, place: Place) -> bool:
    if len(alias) < SHORT or place.name.endswith(alias) or alias[0] in "市镇村":
        return True
    return len(alias) == SHORT and place.kind != ROAD and alias[:2] != place.name[:2]


def _as_found(place: Place) -> Found:
    return Found(place.code, place.name, place.kind, place.grid, place.grid)


def _place_names(places: Sequence[Place]) -> Iterator[tuple[str, Found]]:
    """Names, addresses with a number, aliases; and a building by whatever its estate is also called."""
    also: dict[str, set[str]] = {}
    for place in places:
        names = {spelling.canonical(name) for name in (place.name, *place.aliases)}
        for name in names:
            also.setdefault(name, set()).update(names)
    for place in places:
        base, number = spelling.numbered(spelling.plain(place.name)) or ("", "")
        names = {other + number for other in also.get(base, ()) if number}
        for name, sure in _spellings(place, names).items():
            yield name, replace(_as_found(place), sure=sure)


def _spellings(place: Place, others: Iterable[str]) -> dict[str, float]:
    """Each way to name a place, once, with how sure it makes us."""
    sure = SURE_OF_ROAD if place.kind == ROAD else 1.0
    names = dict.fromkeys([spelling.canonical(place.name), *others], sure)
    if spelling.numbered(spelling.plain(place.address)):
        names.setdefault(spelling.canonical(place.address), sure)
    for alias in place.aliases:
        names.setdefault(spelling.canonical(alias), sure * (SURE_OF_SHORT if len(alias) <= SHORT else SURE_OF_ALIAS))
    return names
