"""Figures for everybody: nothing under FEWEST is told, and nothing from which it could be worked out. Pure.

A part that is hidden alone is the whole minus all other parts; so others are hidden with it. Which ones is told by
their place in the list and never by how large they are, else their size would tell about the hidden one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

FEWEST = 5


@dataclass(frozen=True)
class Told:
    """A share as whole percents: `at_least` or `at_most` where the rest of it is a few."""

    percent: int
    how: str = "about"  # about, at_least, at_most


def count(value: int) -> int | None:
    """None: too few to tell."""
    return value if value >= FEWEST else None


def parts(values: Sequence[int]) -> list[int | None]:
    """Parts of a whole that is told as well, in their lasting order; None for those that are not told.

    What is hidden adds up to something everybody can work out, so more is hidden until that says nothing of any one.
    """
    hidden = {n for n, value in enumerate(values) if value < FEWEST}
    while hidden and len(hidden) < len(values) and not _safe([values[n] for n in hidden]):
        hidden.add(_next(hidden, len(values)))
    return [None if n in hidden else value for n, value in enumerate(values)]


def _safe(hidden: Sequence[int]) -> bool:
    """Whether each may be anything from nothing to FEWEST - 1, by their sum: with all others as small, or with others
    that are large and were hidden beside it."""
    most, total = FEWEST - 1, sum(hidden)
    return len(hidden) > 1 and (most <= total <= most * (len(hidden) - 1) or total >= FEWEST * len(hidden))


def _next(hidden: set[int], many: int) -> int:
    """The first one after a hidden one, round the end."""
    return next(n % many for one in sorted(hidden) for n in range(one + 1, one + many) if n % many not in hidden)


def share(part: int, whole: int) -> Told | None:
    """Of how many it is a share is never told; None where it is one of a few."""
    if whole < FEWEST:
        return None
    few = (FEWEST - 1) / whole
    if whole - part < FEWEST:
        return Told(floor(100 * (1 - few)), "at_least")
    if part < FEWEST:
        return Told(ceil(100 * few), "at_most")
    return Told(round(100 * part / whole))
