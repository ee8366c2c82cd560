"""Where a pin on the map becomes a grid, and perhaps a place: point in polygon, on a plane of metres."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely  # type: ignore[import-untyped]  # it ships no types

from models import Place

NEAR = 60.0  # metres: about a building's length, and what a telephone knows of itself in a street
METRES = 111_320.0  # a degree of latitude


class Pins:
    """Grid outlines and places, both WGS-84. A town is small enough to be flat: within 50 km the error is below 1%."""

    def __init__(self, outlines: Mapping[str, dict[str, Any]], places: Sequence[Place]) -> None:
        """`outlines`: grid → GeoJSON geometry."""
        self._grids, self._places = list(outlines), places
        shapes = np.array([shapely.geometry.shape(outline) for outline in outlines.values()], dtype=object)
        at = np.fromiter((degrees for one in places for degrees in (one.lon, one.lat)), float, 2 * len(places))
        points = shapely.points(at.reshape(-1, 2))
        somewhere = [*shapes, *points[:1]]
        low, high = shapely.total_bounds(somewhere)[1::2] if somewhere else (0.0, 0.0)
        self._east = METRES * math.cos(math.radians((low + high) / 2))
        self._outlines = shapely.STRtree(shapely.make_valid(self._flat(shapes)))
        self._points = shapely.STRtree(self._flat(points))

    def _flat(self, shape: Any) -> Any:
        scale = np.array([self._east, METRES])
        return shapely.transform(shape, lambda degrees: degrees * scale)

    def at(self, lon: float, lat: float, accuracy: float) -> tuple[str, str | None, float] | None:
        """(grid, nearest place of that grid or None, how sure of the grid); None outside the town or for no pin."""
        if not all(map(math.isfinite, (lon, lat))) or not (abs(lon) <= 180 and abs(lat) <= 90):
            return None
        around = max(accuracy, 0.0) if math.isfinite(accuracy) else 0.0
        pin = self._flat(shapely.Point(lon, lat))
        found = self._grid(pin, around)
        return (found[0], self._place(pin, found[0], around), found[1]) if found else None

    def _grid(self, pin: shapely.Geometry, around: float) -> tuple[str, float] | None:
        """The outline it lies in, less sure the nearer the border; just outside the town, the nearest within NEAR."""
        inside: Sequence[int] = self._outlines.query(pin, predicate="intersects")
        for index in inside:
            border = self._outlines.geometries[index].boundary.distance(pin)
            return self._grids[index], 1.0 if border >= around else 0.5 + 0.5 * border / around
        beside = self._outlines.query_nearest(pin, max_distance=max(NEAR, 0.1), all_matches=False)
        return (self._grids[beside[0]], 0.5) if len(beside) else None

    def _place(self, pin: shapely.Geometry, grid: str, around: float) -> str | None:
        """A pin that does not know where it is within NEAR names no place."""
        if around > NEAR:
            return None
        close = self._points.query(pin, predicate="dwithin", distance=NEAR)
        own = [index for index in close if self._places[index].grid == grid]
        nearest = min(own, key=lambda index: (self._points.geometries[index].distance(pin), index), default=None)
        return None if nearest is None else self._places[nearest].code
