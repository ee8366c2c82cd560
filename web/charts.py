"""Charts as SVG, drawn by the server: words in them can be read aloud, printed and checked; no script, no library.

`_charts.html` turns these into pages, each with its table. Sizes are units of the picture, which scales as a whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

Value = float | None  # None: nothing was measured there, which is not zero


@dataclass(frozen=True)
class Line:
    name: str
    values: Sequence[Value]
    kind: str = ""  # "", "second" or "guide"
    paths: Sequence[str] = ()  # SVG paths, one for each stretch without a gap
    dots: Sequence[tuple[float, float, int]] = ()  # x, y and which value


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class LineChart:
    """`left` … `bottom` are where the plot lies in a picture of `width` × `height`."""

    labels: Sequence[str]
    lines: Sequence[Line]
    unit: str
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    across: Sequence[Tick]
    up: Sequence[Tick]


MOST_LABELS = 7


def lines(
    labels: Sequence[str], series: Mapping[str, Sequence[Value]], *, kinds: Mapping[str, str] | None = None,
    unit: str = "", low: Value = None, high: Value = None, width: float = 640, height: float = 220,
) -> LineChart:  # fmt: skip
    """Lines over the same labels. `unit` is written after each number; "%" takes shares of 1. Gaps stay gaps."""
    scale = 100 if unit == "%" else 1
    known = [value * scale for values in series.values() for value in values if value is not None]
    bottom_value, top_value, step = _range(known, low, high)
    left, right, top, bottom = 44.0, width - 8.0, 10.0, height - 26.0
    x = [left + (right - left) * (n / max(len(labels) - 1, 1)) for n in range(len(labels))]

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - bottom_value) / (top_value - bottom_value)

    drawn = []
    for name, values in series.items():
        points = [None if v is None else (round(x[n], 1), round(y(v * scale), 1)) for n, v in enumerate(values)]
        dots = [(*point, n) for n, point in enumerate(points) if point]
        drawn.append(Line(name, values, (kinds or {}).get(name, ""), stretches(points), dots))
    every = max(1, ceil(len(labels) / MOST_LABELS))
    across = [Tick(round(x[n], 1), label) for n, label in enumerate(labels) if n % every == 0]
    steps = round((top_value - bottom_value) / step)
    up = [Tick(round(y(bottom_value + n * step), 1), _number(bottom_value + n * step) + unit) for n in range(steps + 1)]
    return LineChart(labels, drawn, unit, width, height, left, right, top, bottom, across, up)


def stretches(points: Sequence[tuple[float, float] | None]) -> list[str]:
    paths: list[str] = []
    open_ = False
    for point in points:
        if point is None:
            open_ = False
        elif open_:
            paths[-1] += f"L{point[0]} {point[1]}"
        else:
            paths.append(f"M{point[0]} {point[1]}")
            open_ = True
    return paths


def _range(known: Sequence[float], low: Value, high: Value) -> tuple[float, float, float]:
    """From a round number below to one above, in about four steps of 1, 2 or 5 times a power of ten."""
    least = low if low is not None else min([0.0, *known])
    most = high if high is not None else max([least + 1, *known])
    rough = (most - least) / 4
    power = 10 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    return floor(least / step) * step, ceil(most / step - 1e-9) * step, step


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value - round(value)) < 1e-9 else f"{value:g}"


def said(value: Value, unit: str = "") -> str:
    """A value in a table or a tip: a dash where there is none."""
    if value is None:
        return "–"
    return f"{value * 100:.1f}%" if unit == "%" else _number(round(value, 2)) + unit
