"""Control charts: what is usual, and from where on it is not, drawn from what was seen. Pure.

The p′-chart is D. B. Laney's, “Improved Control Charts for Attributes”, Quality Engineering 14 (2002): limits of a
share widened by how much more the weeks differ than chance alone explains. On large weeks an ordinary p-chart rings
all the time, for no week is a sample of one steady share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import fmean

SIGMAS = 3.0
RANGE = 1.128
"""Mean range of two draws of a normal distribution, in its standard deviations (d₂)."""


@dataclass(frozen=True)
class Limits:
    centre: float
    lower: float
    upper: float

    def excludes(self, value: float) -> bool:
        return not self.lower <= value <= self.upper


def laney(counts: Sequence[int], sizes: Sequence[int], size: int) -> Limits:
    """For a share among `size`, from `counts` of `sizes` in their order; within 0…1.

    The centre has half a case more on both sides, so that what never happened yet has a width too. Weeks that differ
    less than chance explains do not narrow the limits: that little is known from few of them.
    """
    centre = (sum(counts) + 0.5) / (sum(sizes) + 1)
    scores = [(count / n - centre) / _spread(centre, n) for count, n in zip(counts, sizes, strict=True)]
    wider = max(1.0, _sigma(scores))
    reach = SIGMAS * _spread(centre, size) * wider
    return Limits(centre, max(0.0, centre - reach), min(1.0, centre + reach))


def individuals(values: Sequence[float]) -> Limits:
    """For a mean, from those before it: three sigmas of the moving range."""
    centre, reach = fmean(values), SIGMAS * _sigma(values)
    return Limits(centre, centre - reach, centre + reach)


def _spread(share: float, size: int) -> float:
    return sqrt(share * (1 - share) / size)


def _sigma(values: Sequence[float]) -> float:
    """From neighbours, so that one step in level does not hide itself."""
    return fmean(abs(b - a) for a, b in pairwise(values)) / RANGE
