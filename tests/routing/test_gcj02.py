"""GCJ-02: known pairs of points, and there and back again."""

from math import cos, hypot, radians

import pytest

from routing.gcj02 import to_gcj02, to_wgs84

METRES = 111_320.0
KNOWN = [  # WGS-84, and the same points as Chinese maps show them
    ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    ((121.473701, 31.230416), (121.47822, 31.22847)),
    ((104.06, 30.67), (104.062506, 30.667572)),
]


def apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    """In metres."""
    return hypot((one[0] - other[0]) * METRES * cos(radians(one[1])), (one[1] - other[1]) * METRES)


@pytest.mark.parametrize(("true", "shown"), KNOWN)
def test_known_points(true: tuple[float, float], shown: tuple[float, float]) -> None:
    print(to_gcj02(*true))
    assert apart(to_gcj02(*true), shown) < 3
    assert 100 < apart(true, shown) < 900


def test_back_again_to_a_centimetre_all_over_the_country() -> None:
    points = [(lon + 0.123456, lat + 0.654321) for lon in range(74, 135, 3) for lat in range(18, 53, 3)]
    assert max(apart(to_wgs84(*to_gcj02(*point)), point) for point in points) < 0.01


def test_nothing_is_shifted_abroad() -> None:
    assert to_gcj02(2.3522, 48.8566) == to_wgs84(2.3522, 48.8566) == (2.3522, 48.8566)
