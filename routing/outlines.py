"""The ground of every area: a grid's outline as it is, of all above the grids together. Read once for a town."""

from collections.abc import Iterable, Mapping

import shapely  # type: ignore[import-untyped]  # it ships no types

from models import Area
from models.town import GRID, SPECIAL

Ring = list[tuple[float, float]]


class Outlines:
    """Neighbours are simplified together, so that they still share their borders."""

    def __init__(self, areas: Iterable[Area], tolerance: float = 0.0002) -> None:
        """`tolerance` in degrees; that is about twenty metres."""
        known = [one for one in areas if one.active]
        grids = [one for one in known if one.level == GRID and one.outline]
        shapes = shapely.coverage_simplify([shapely.geometry.shape(one.outline) for one in grids], tolerance)
        self._grids = dict(zip((one.code for one in grids), shapes, strict=True))
        inside: dict[str, list[shapely.Geometry]] = {}
        for one in grids:
            for code in one.path:
                inside.setdefault(code, []).append(self._grids[one.code])
        self._whole = {code: _joined(some) for code, some in inside.items()}
        for one in known:
            if one.level == SPECIAL and one.outline:
                self._whole[one.code] = shapely.simplify(shapely.geometry.shape(one.outline), tolerance)

    def rings(self, code: str) -> list[Ring]:
        """Outer borders and holes, as longitude and latitude; none for an area without ground."""
        shape = self._whole.get(code)
        parts = [] if shape is None else shapely.get_parts(shape)
        rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
        return [[(float(lon), float(lat)) for lon, lat in ring.coords] for ring in rings]

    def bounds(self, code: str) -> tuple[float, float, float, float] | None:
        """West, south, east, north."""
        shape = self._whole.get(code)
        if shape is None:
            return None
        west, south, east, north = map(float, shape.bounds)
        return west, south, east, north

    def middle(self, code: str) -> tuple[float, float] | None:
        """A point inside, as far from its borders as there is room."""
        shape = self._whole.get(code)
        if shape is None:
            return None
        largest = max(shapely.get_parts(shape), key=lambda part: part.area)
        point = shapely.maximum_inscribed_circle(largest, tolerance=0.0003).coords[0]
        return float(point[0]), float(point[1])


def _joined(shapes: list[shapely.Geometry]) -> shapely.Geometry:
    """Without the slivers that borders drawn a hair apart leave."""
    return shapely.union_all(shapes, grid_size=1e-6)


def overlay(areas: Mapping[str, Area]) -> list[str]:
    """Codes of the special grids, which lie over the others."""
    return sorted(code for code, one in areas.items() if one.level == SPECIAL and one.outline)
