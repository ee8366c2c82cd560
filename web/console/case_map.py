"""A small map of where a case lies: its grid, the grids beside it, the point. Drawn as SVG, from nothing but the town.

North is up; metres are true enough for a few kilometres, so no library projects anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians

from cases.book import Book
from cases.joining import point
from models import Area, Case
from models.town import GRID

WIDTH, HEIGHT = 320.0, 220.0
ROOM, LEAST = 1.2, 500.0  # around the grid; metres across at least
METRES = 111_320.0  # of a degree of latitude
FOOT = 30.0  # the ruler's
RULERS = (2000, 1000, 500, 200, 100)

Point = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """A grid as a path; `label` is where its name stands, None where there is no room."""

    name: str
    path: str
    own: bool
    label: Point | None


@dataclass(frozen=True)
class Map:
    shapes: Sequence[Shape]
    point: Point | None
    ruler: int  # metres
    ruler_length: float
    width: float = WIDTH
    height: float = HEIGHT


@dataclass(frozen=True)
class _Window:
    """What the map shows: its middle, and how many metres a unit of the picture is."""

    lon: float
    lat: float
    scale: float

    def at(self, lon: float, lat: float) -> Point:
        east = (lon - self.lon) * METRES * cos(radians(self.lat))
        north = (lat - self.lat) * METRES
        return round(WIDTH / 2 + east / self.scale, 1), round(HEIGHT / 2 - north / self.scale, 1)


def of(book: Book, case: Case) -> Map | None:
    """None where neither point nor grid is known."""
    here, grid = point(book, case.place, case.lon, case.lat), book.areas.get(case.grid or "")
    ring = _ring(grid) if grid else []
    if here is None and not ring:
        return None
    window = _window(ring, here)
    shapes = [*_shapes(book, window, case.grid)]
    ruler = next((r for r in RULERS if r / window.scale <= WIDTH / 3), RULERS[-1])
    at = window.at(*here) if here else None
    return Map(sorted(shapes, key=lambda one: one.own), at, ruler, round(ruler / window.scale, 1))


def _window(ring: Sequence[Point], here: Point | None) -> _Window:
    """All of the grid, or the surroundings of the point."""
    some = [*ring, *([here] if here else [])]
    lons, lats = [lon for lon, _ in some], [lat for _, lat in some]
    lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    wide = (max(lons) - min(lons)) * METRES * cos(radians(lat)) * ROOM
    high = (max(lats) - min(lats)) * METRES * ROOM
    return _Window(lon, lat, max(wide / WIDTH, high / HEIGHT, LEAST / WIDTH))


def _shapes(book: Book, window: _Window, own: str | None) -> Iterator[Shape]:
    for area in book.areas.values():
        if area.level != GRID or not (ring := [window.at(*at) for at in _ring(area)]):
            continue
        xs, ys = [x for x, _ in ring], [y for _, y in ring]
        if max(xs) < 0 or min(xs) > WIDTH or max(ys) < 0 or min(ys) > HEIGHT:
            continue
        path = "M" + "L".join(f"{x} {y}" for x, y in ring) + "Z"
        yield Shape(area.name, path, area.code == own, _middle(xs, ys))


def _middle(xs: Sequence[float], ys: Sequence[float]) -> Point | None:
    """Of what of it is in the picture."""
    left, right, top, bottom = max(min(xs), 0), min(max(xs), WIDTH), max(min(ys), 0), min(max(ys), HEIGHT)
    roomy = right - left > WIDTH / 3 and bottom - top > HEIGHT / 6
    return (round((left + right) / 2, 1), round(min((top + bottom) / 2, HEIGHT - FOOT), 1)) if roomy else None


def _ring(area: Area) -> list[Point]:
    """Its outer border; of several parts the first."""
    if not area.outline:
        return []
    rings = area.outline["coordinates"]
    outer = rings[0] if area.outline["type"] == "Polygon" else rings[0][0]
    return [(float(at[0]), float(at[1])) for at in outer]
