"""Special grids (专属网格, 格中格) laid over the three levels: rangers', couriers', a park's. Which a point lies in."""

from collections.abc import Iterable, Mapping

import shapely  # type: ignore[import-untyped]  # it ships no types

from models import Area
from models.town import GRID, SPECIAL


class SpecialGrids:
    """All of the town's, with the grids they cover whole: where no point is known, at least those are."""

    def __init__(self, areas: Iterable[Area]) -> None:
        outlined = [(area, shapely.geometry.shape(area.outline)) for area in areas if area.outline]
        mine = sorted(((shape.area, area.code, shape) for area, shape in outlined if area.level == SPECIAL))
        self._codes = [code for _, code, _ in mine]  # the smallest first
        self._shapes = [shape for _, _, shape in mine]
        self._whole = {
            area.code: self._over(shape.buffer(-1e-6)) for area, shape in outlined if area.level == GRID and mine
        }

    def at(self, lon: float | None, lat: float | None, grid: str | None) -> tuple[str, ...]:
        """Those a point lies in; without a point, those its grid lies in with all its ground."""
        if lon is None or lat is None:
            return self._whole.get(grid or "", ())
        return self._over(shapely.Point(lon, lat))

    def _over(self, shape: shapely.Geometry) -> tuple[str, ...]:
        return tuple(code for code, own in zip(self._codes, self._shapes, strict=True) if own.covers(shape))


def overlapping(areas: Iterable[Area]) -> Mapping[str | None, frozenset[str | None]]:
    """Each special grid with those it has ground in common with, itself among them."""
    mine = {one.code: shapely.geometry.shape(one.outline) for one in areas if one.outline and one.level == SPECIAL}
    return {code: frozenset(other for other in mine if mine[other].intersects(mine[code])) for code in mine}
