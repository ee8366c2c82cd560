"""Maps as SVG, drawn by the server from the town's own outlines: no tiles, nothing from outside, words are text.

North is up. Over a county metres are true enough without a library that projects: a degree of longitude is as long as
the latitude's cosine says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians

from routing.outlines import Outlines, Ring

WIDTH, HEIGHT, MARGIN = 960.0, 760.0, 14.0

Point = tuple[float, float]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """What of the ground is in the picture: `at` gives units of a picture of `width` × `height`."""

    west: float
    north: float
    east_scale: float
    north_scale: float
    width: float
    height: float

    def at(self, lon: float, lat: float) -> Point:
        return round((lon - self.west) * self.east_scale, 1), round((self.north - lat) * self.north_scale, 1)

    def path(self, rings: Sequence[Ring]) -> str:
        """An SVG path; moves are relative, which is a third shorter."""
        return "".join(_closed([self.at(lon, lat) for lon, lat in ring]) for ring in rings)

    def sees(self, bounds: Bounds) -> bool:
        left, bottom = self.at(bounds[0], bounds[1])
        right, top = self.at(bounds[2], bounds[3])
        return right > 0 and left < self.width and bottom > 0 and top < self.height


def frame(bounds: Bounds) -> Frame:
    """All of it, as large as it goes; a picture as wide as what it shows."""
    west, south, east, north = bounds
    shrink = cos(radians((south + north) / 2))
    wide, high = max((east - west) * shrink, 1e-6), max(north - south, 1e-6)
    scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
    edge = MARGIN / scale
    width, height = round(wide * scale + 2 * MARGIN), round(high * scale + 2 * MARGIN)
    return Frame(west - edge / shrink, north + edge, scale * shrink, scale, width, height)


@lru_cache(maxsize=8192)
def outline(outlines: Outlines, into: Frame, code: str) -> str:
    """The path of an area, empty where nothing of it is in the picture."""
    bounds = outlines.bounds(code)
    return into.path(outlines.rings(code)) if bounds and into.sees(bounds) else ""


@lru_cache(maxsize=8192)
def middle(outlines: Outlines, into: Frame, code: str) -> Point | None:
    """Where its name goes."""
    point = outlines.middle(code)
    return into.at(*point) if point else None


def _closed(points: Sequence[Point]) -> str:
    """From tenths of a unit, so that rounding does not add up along the way."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points[:-1]]
    x, y = tenths[0]
    told = [f"M{_short(x)} {_short(y)}l"]
    for next_x, next_y in tenths[1:]:
        if (next_x, next_y) != (x, y):
            told.append(f"{_short(next_x - x)} {_short(next_y - y)} ")
            x, y = next_x, next_y
    return "".join(told).rstrip() + "z"


def _short(tenths: int) -> str:
    return f"{tenths / 10:g}"
