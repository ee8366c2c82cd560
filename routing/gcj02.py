"""Maps sold in China shift every point by a few hundred metres (GCJ-02, 火星坐标); ours are true (WGS-84).

The published approximation of the shift, and its inverse by repeated correction, good to a centimetre.
"""

from math import cos, pi, sin, sqrt

_A, _EE = 6378245.0, 0.00669342162296594323  # Krasovsky's ellipsoid
_ENOUGH, _MOST = 1e-9, 12  # degrees: a tenth of a millimetre


def to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Outside the mainland nothing is shifted."""
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lon, lat
    x, y, phi = lon - 105.0, lat - 35.0, lat / 180.0 * pi
    magic = 1 - _EE * sin(phi) ** 2
    north = _shift_north(x, y) * 180.0 / (_A * (1 - _EE) / (magic * sqrt(magic)) * pi)
    east = _shift_east(x, y) * 180.0 / (_A / sqrt(magic) * cos(phi) * pi)
    return lon + east, lat + north


def to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    """The point that `to_gcj02` puts there."""
    true_lon, true_lat = lon, lat
    for _ in range(_MOST):
        there_lon, there_lat = to_gcj02(true_lon, true_lat)
        off_lon, off_lat = there_lon - lon, there_lat - lat
        true_lon, true_lat = true_lon - off_lon, true_lat - off_lat
        if abs(off_lon) < _ENOUGH and abs(off_lat) < _ENOUGH:
            break
    return true_lon, true_lat


def _shift_north(x: float, y: float) -> float:
    """Metres."""
    metres = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    metres += (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    metres += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    return metres + (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0


def _shift_east(x: float, y: float) -> float:
    metres = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    metres += (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    metres += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    return metres + (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
