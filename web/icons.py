"""Draws the icons of the installed page from the leaf of `favicon.svg`: python -m web.icons

Kept in the repository; drawn anew only when the leaf changes.
"""

import re
from itertools import pairwise

from PIL import Image, ImageDraw

from web.assets import STATIC

OWN = STATIC / "own"
PAPER, LEAF = "#fbfaf7", "#b3402a"
UNITS = 32  # the leaf's own square
FINE = 4  # drawn larger, then made smaller: smooth edges
STEPS = 24
SIZES = {"192": (192, 0.84), "512": (512, 0.84), "maskable-512": (512, 0.62)}  # a mask may cut the outer tenth

Point = tuple[float, float]


def curves(path: str) -> list[list[Point]]:
    """The closed shapes of a path of M, Q and Z, as points."""
    shapes = []
    for shape in filter(None, path.split("M")):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", shape)]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        line = [points[0]]
        for control, end in zip(points[1::2], points[2::2], strict=True):
            line += [_between(line[-1], control, end, step / STEPS) for step in range(1, STEPS + 1)]
        shapes.append(line)
    return shapes


def _between(start: Point, control: Point, end: Point, t: float) -> Point:
    a, b, c = (1 - t) ** 2, 2 * (1 - t) * t, t * t
    return a * start[0] + b * control[0] + c * end[0], a * start[1] + b * control[1] + c * end[1]


def draw(size: int, share: float) -> Image.Image:
    whole = size * FINE
    scale = whole * share / UNITS
    shift = whole * (1 - share) / 2

    def at(points: list[Point]) -> list[Point]:
        return [(x * scale + shift, y * scale + shift) for x, y in points]

    picture = Image.new("RGB", (whole, whole), PAPER)
    pen = ImageDraw.Draw(picture)
    leaf = (OWN / "favicon.svg").read_text("utf-8")
    blades = max(re.findall(r' d="([^"]+)"', leaf), key=len)
    for shape in curves(blades):
        pen.polygon(at(shape), fill=LEAF)
    stalk = at([_between((16, 19), (16, 25), (18, 28.5), step / STEPS) for step in range(STEPS + 1)])
    for start, end in pairwise(stalk):
        pen.line((start, end), fill=LEAF, width=round(1.8 * scale))
    return picture.resize((size, size), Image.Resampling.LANCZOS).quantize(64)


if __name__ == "__main__":
    for name, (size, share) in SIZES.items():
        draw(size, share).save(OWN / "icons" / f"{name}.png", optimize=True)
