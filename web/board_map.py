"""The dashboard's map: what lies inside an area, coloured as the last day was judged, and where each part leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from bot.texts import say
from cases import board
from cases.board import Count, Dot, Standing
from cases.book import Book
from models import Area, AreaDay, Place
from models.town import COMMUNITY, GRID
from routing.outlines import overlay
from routing.places import ROAD
from web import maps
from web.maps import Bounds, Frame, Point

ROOM = 0.0006  # degrees around the outermost places, about sixty metres
GRIDS_MOST = 400  # in one picture; more are specks, and hundreds of kilobytes
CORNER = (28.0, 34.0)  # where a grid that fills the picture says its colour
NAME_WIDE, NAME_HIGH = 13.0, 30.0  # units of the picture a character of a name takes, and a line with its point


@dataclass(frozen=True)
class Ground:
    """A grid as a coloured shape; `letter` says the colour where it stands."""

    path: str
    colour: str
    inside: bool
    letter: str = ""
    at: Point | None = None


@dataclass(frozen=True)
class Part:
    """What one may go into: an area, or a building as a point."""

    code: str
    name: str
    said: str  # the same with its figures, for who cannot see it
    to: str
    count: Count
    path: str = ""
    at: Point | None = None
    colour: str = ""
    letter: str = ""
    index: int | None = None
    reasons: Sequence[str] = ()
    here: bool = False
    named: bool = True


@dataclass(frozen=True)
class Map:
    frame: Frame
    ground: Sequence[Ground]
    parts: Sequence[Part]
    border: str
    special: Sequence[tuple[str, str, Point | None]]
    dots: Sequence[tuple[float, float, str]]
    counts: Mapping[str, int] = field(default_factory=dict)  # grids of each colour


@dataclass(frozen=True)
class Atlas:
    """Draws for one reader. `base`: the page's own address."""

    book: Book
    locale: str
    base: str
    standing: Standing
    colours: Mapping[str, AreaDay]
    reasons: Any  # AreaDay → words

    def say(self, key: str, **args: object) -> str:
        return say(key, self.locale, **args)

    def href(self, **asked: str) -> str:
        given = {name: value for name, value in asked.items() if value}
        return f"{self.base}?{urlencode(given)}" if given else self.base

    def map(self, area: str, place: str | None, dots: Sequence[Dot], special: bool) -> Map | None:
        """None for a town without outlines."""
        bounds = self._bounds(area)
        if bounds is None:
            return None
        frame = maps.frame(bounds)
        over = overlay(self.book.areas) if special else []
        lines = [
            (self.book.area_name(one), maps.outline(self.book.outlines, frame, one), self._mid(frame, one))
            for one in over
        ]
        return Map(
            frame,
            self._grounds(frame, area),
            self.parts(frame, area, place, special),
            maps.outline(self.book.outlines, frame, area),
            [line for line in lines if line[1]],
            [(*frame.at(dot.lon, dot.lat), dot.number) for dot in dots if dot.lon is not None and dot.lat is not None],
            self._counts(area),
        )

    def _grounds(self, frame: Frame, area: str) -> list[Ground]:
        """What lies around below what lies inside. Of very many grids only those that have a colour."""
        grids = [one for one in self.book.areas.values() if one.level == GRID]
        many = sum(area in one.path for one in grids) > GRIDS_MOST
        if many:
            grids = [one for one in grids if self._colour(one.code)]
        drawn = [one for grid in grids if (one := self._ground(frame, grid, area))]
        whole = [Ground(maps.outline(self.book.outlines, frame, area), "", True)] if many else []
        return [*whole, *sorted(drawn, key=lambda one: one.inside)]

    def _ground(self, frame: Frame, grid: Area, area: str) -> Ground | None:
        path = maps.outline(self.book.outlines, frame, grid.code)
        if not path:
            return None
        inside = area in grid.path
        colour = self._colour(grid.code) if inside else ""
        at = CORNER if self.book.areas[area].level == GRID else self._mid(frame, grid.code)
        lettered = bool(colour) and self.book.areas[area].level != COMMUNITY  # there each bears it beside its name
        return Ground(path, colour, inside, *((self._letter(colour), at) if lettered else ()))

    def parts(self, frame: Frame | None, area: str, place: str | None, special: bool) -> list[Part]:
        """Areas below it, or the places of a grid."""
        more = {"special": "1" if special else ""}
        if self.book.areas[area].level == GRID:
            return self._places(frame, area, place, more)
        parts = []
        for one in board.children(self.book, area):
            count, day = self.standing.areas.get(one.code, Count()), self.colours.get(one.code)
            colour, index = self._colour(one.code), round(day.index) if day else None
            name = one.name.removeprefix(self.book.area_name(area))
            path = maps.outline(self.book.outlines, frame, one.code) if frame else ""
            at = self._mid(frame, one.code) if frame else None
            said = self._said(one.name, count, colour, index)
            to = self.href(area=one.code, **more)
            letter, why = self._letter(colour), self.reasons(day)
            parts.append(Part(one.code, name, said, to, count, path, at, colour, letter, index, why))
        busiest: list[Part] = sorted(parts, key=lambda one: -one.count.open)
        named = _named(busiest, {one.code: one.at for one in parts if one.at})
        return [replace(one, named=one.code in named) for one in parts]

    def _bounds(self, area: str) -> Bounds | None:
        """Of a grid only where its places are: most of one out of town is fields."""
        whole = self.book.outlines.bounds(area)
        spots = [(one.lon, one.lat) for one in self._at(area)] if self.book.areas[area].level == GRID else []
        if whole is None or len(spots) < 2:
            return whole
        lons, lats = [lon for lon, _ in spots], [lat for _, lat in spots]
        west, south, east, north = min(lons), min(lats), max(lons), max(lats)
        east_room, north_room = max(ROOM, (east - west) * 0.15), max(ROOM, (north - south) * 0.15)
        return west - east_room, south - north_room, east + east_room, north + north_room

    def _at(self, grid: str) -> list[Place]:
        mine = [one for one in self.book.places.values() if one.grid == grid and self._is_shown(one)]
        return sorted(mine, key=lambda one: (-self._count(one).open, one.code))

    def _places(self, frame: Frame | None, grid: str, place: str | None, more: Mapping[str, str]) -> list[Part]:
        mine = self._at(grid)
        points = {one.code: frame.at(one.lon, one.lat) for one in mine} if frame else {}
        named = _named([one for one in mine if self._count(one).open or one.code == place], points)
        return [
            Part(
                one.code, one.name, self._said(one.name, self._count(one), "", None), self.href(place=one.code, **more),
                self._count(one), at=points.get(one.code), here=one.code == place, named=one.code in named,
            )
            for one in mine
        ]  # fmt: skip

    def _is_shown(self, place: Place) -> bool:
        return (place.active and place.kind != ROAD) or bool(self._count(place).open)

    def _count(self, place: Place) -> Count:
        return self.standing.places.get(place.code, Count())

    def _said(self, name: str, count: Count, colour: str, index: int | None) -> str:
        told = [self.say("console.board.part", name=name, n=count.open, late=count.overdue)]
        told += [self.say(f"console.board.colour.{colour}")] if colour else []
        told += [self.say("console.board.index_is", n=index)] if index is not None else []
        return self.say("word.and").join(told)

    def _colour(self, area: str) -> str:
        day = self.colours.get(area)
        return str(day.colour) if day and day.colour in board.SEVERE else ""

    def _letter(self, colour: str) -> str:
        return self.say(f"paper.colour.{colour}") if colour else ""

    def _counts(self, area: str) -> dict[str, int]:
        inside = [self._colour(grid) for grid in board.grids(self.book, area)]
        return {str(colour): inside.count(str(colour)) for colour in board.SEVERE}

    def _mid(self, frame: Frame, area: str) -> Point | None:
        return maps.middle(self.book.outlines, frame, area)


def _named(places: Sequence[Place | Part], points: Mapping[str, Point]) -> set[str]:
    """Those whose names have room beside the names before them."""
    kept: list[tuple[float, float, float]] = []
    named = set()
    for one in places:
        if one.code in points:
            x, y, half = *points[one.code], len(one.name) * NAME_WIDE / 2
            if all(abs(x - x_2) > half + half_2 or abs(y - y_2) > NAME_HIGH for x_2, y_2, half_2 in kept):
                kept.append((x, y, half))
                named.add(one.code)
    return named
