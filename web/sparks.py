"""Small multiples: a line without axes, all of a row to one scale, the last value as a dot."""

from collections.abc import Sequence
from dataclasses import dataclass

from web.charts import Value, stretches

WIDTH, HEIGHT, EDGE = 120.0, 32.0, 3.0


@dataclass(frozen=True)
class Spark:
    paths: Sequence[str]
    last: tuple[float, float] | None
    width: float = WIDTH
    height: float = HEIGHT


def spark(values: Sequence[Value], low: float = 0.0, high: float = 1.0, width: float = WIDTH) -> Spark:
    """Values within `low` and `high`; None is a gap."""
    step = (width - 2 * EDGE) / max(len(values) - 1, 1)
    span = (high - low) or 1.0

    def y(value: float) -> float:
        return round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - low) / span, 1)

    points = [None if value is None else (round(EDGE + n * step, 1), y(value)) for n, value in enumerate(values)]
    known = [point for point in points if point]
    return Spark(stretches(points), known[-1] if known else None, width)
