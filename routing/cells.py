"""The map in squares of some 200 metres, so that what lies near a point is found by an index. Pure."""

import math

WIDE, HIGH = 0.0034, 0.002  # degrees: at least 200 m each way up to 53° north, the town that lies farthest
ROW = 1 << 20
METRES = 111_320.0  # a degree of latitude


def cell(lon: float, lat: float) -> int:
    """The square a point lies in; WGS-84 degrees."""
    return math.floor(lat / HIGH) * ROW + math.floor(lon / WIDE)


def near(lon: float, lat: float) -> list[int]:
    """Its square and the eight around: everything within 200 m lies in one of them."""
    here = cell(lon, lat)
    return [here + up * ROW + right for up in (-1, 0, 1) for right in (-1, 0, 1)]


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Between two points (lon, lat) of one town, as if the earth were flat."""
    east = (one[0] - other[0]) * math.cos(math.radians(one[1]))
    return METRES * math.hypot(east, one[1] - other[1])
