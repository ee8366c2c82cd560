"""Red, yellow, blue (红黄蓝预警) and the safety index (平安指数): one day of an area beside its own weeks before. Pure.

Counts are small, so nothing is compared as a raw ratio. What an area may expect on a day is a Gamma–Poisson estimate:
its own days before, drawn towards its neighbours' as far as these are alike; days differ more than chance, and how much
more is estimated too. The formulas stand in docs/warnings.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from models.hot import Colour

Floats = NDArray[np.float64]

HISTORY = 56
"""Days before that are looked at: eight of each weekday."""

WEEK = 7
FEWEST = 4
"""Neighbours from which a prior of their own is fitted; fewer take the whole town's."""

STRONG = 0.1
"""Exceedance probability from which a kind counts as evidence."""

LIMITS = ((Colour.RED, 4.0, 3), (Colour.YELLOW, 3.0, 2), (Colour.BLUE, 2.0, 2))
"""Colour, evidence from which (powers of ten), and how many events of those kinds there must be at least."""


class Kind(StrEnum):
    """What is counted, by area and day."""

    OVERDUE = "overdue"
    REOPENED = "reopened"
    HOT = "hot"  # cases of open hot issues
    DANGER = "danger"
    REPEAT = "repeat"  # cases of residents who had filed in the same grid within 30 days
    DISSATISFIED = "dissatisfied"
    UNSIGNED = "unsigned"


KINDS = tuple(Kind)
WEIGHTS = {
    Kind.OVERDUE: 2.0, Kind.REOPENED: 3.0, Kind.HOT: 2.0, Kind.DANGER: 5.0,
    Kind.REPEAT: 1.0, Kind.DISSATISFIED: 2.0, Kind.UNSIGNED: 1.0,
}  # fmt: skip
"""What one event weighs in the index."""

HALVES = 10.0
"""So much weight in a grid and week halves the index."""


@dataclass(frozen=True)
class Reason:
    kind: Kind
    seen: int
    expected: float
    evidence: float  # minus the power of ten of the probability to see so many or more


@dataclass(frozen=True)
class Verdict:
    colour: Colour
    index: float
    reasons: Sequence[Reason]  # the strongest first


def judge(counts: Floats, parents: Sequence[str], grids: Sequence[int]) -> list[Verdict]:
    """One verdict for each area of one level.

    counts: areas × KINDS × (HISTORY + 1) days, the last of which is judged; parents: of which area each is a part;
    grids: how many it has.
    """
    seen, before = counts[:, :, -1], counts[:, :, :-1]
    expected = np.empty(seen.shape)
    chance = np.empty(seen.shape)
    for k in range(len(KINDS)):
        mean, spread = _predicted(before[:, k], parents, np.asarray(grids, float))
        expected[:, k], chance[:, k] = mean, exceeding(seen[:, k], mean, spread)
    index = safety(counts[:, :, -WEEK:].sum(axis=2), np.asarray(grids, float))
    return [_verdict(seen[i], expected[i], chance[i], float(index[i])) for i in range(len(seen))]


def safety(week: Floats, grids: Floats) -> Floats:
    """100 without an event; halved by every HALVES of weight that a grid has in a week."""
    weight = week @ np.array([WEIGHTS[kind] for kind in KINDS])
    return np.asarray(100.0 * 0.5 ** (weight / np.maximum(grids, 1.0) / HALVES))


def _predicted(before: Floats, parents: Sequence[str], grids: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of one day, from all days before (areas × days)."""
    sums, days = before.sum(axis=1), before.shape[1]
    mean, spread = np.empty(len(sums)), np.empty(len(sums))
    town = _prior(sums, grids, days)
    groups = np.asarray(parents)
    for parent in dict.fromkeys(parents):
        mine = groups == parent
        shape, rate = _prior(sums[mine], grids[mine], days) if mine.sum() >= FEWEST else town
        shapes = shape + sums[mine]
        mean[mine] = grids[mine] * shapes / (rate + grids[mine] * days)
        spread[mine] = mean[mine] ** 2 / shapes
    return mean, mean + spread + _unrest(before) * mean**2


def _prior(sums: Floats, grids: Floats, days: int) -> tuple[float, float]:
    """Shape and rate (in grid days) of the Gamma distribution of areas' daily counts a grid, by moments.

    Half an event is added: where nobody ever had one, none is not certain.
    """
    exposed = grids * days
    mean = (sums.sum() + 0.5) / exposed.sum()
    over = float((exposed * (sums / exposed - mean) ** 2).sum() / exposed.sum()) - mean * len(sums) / exposed.sum()
    shape = mean**2 / over if over > 0.0 else 50.0
    shape = min(max(shape, 0.5), 50.0)
    return shape, shape / mean


def _unrest(before: Floats) -> float:
    """How much days differ beyond chance: the square of their coefficient of variation, over all areas together.

    A storm of the past would widen it for weeks; each day is cut where one in a thousand lies.
    """
    means = before.mean(axis=1, keepdims=True)
    cut = np.minimum(before, means + 4.0 * np.sqrt(means) + 1.0)
    return float(max(0.0, ((cut - means) ** 2 - cut).sum()) / max((means**2).sum() * before.shape[1], 1e-9))


def exceeding(seen: Floats, mean: Floats, spread: Floats) -> Floats:
    """P(X ≥ seen) of the negative binomial with this mean and variance; Poisson where they are the same."""
    size = mean**2 / np.maximum(spread - mean, 1e-9 * mean)
    share = size / (size + mean)
    term = np.exp(-size * np.log1p(mean / size))
    below, term_at = np.zeros(len(seen)), term.copy()
    for k in range(int(seen.max(initial=0))):
        below += np.where(k < seen, term, 0.0)
        term = term * (1.0 - share) * (size + k) / (k + 1)
        term_at = np.where(seen == k + 1, term, term_at)
    chance, far = 1.0 - below, below >= 0.999
    chance[far] = _tail(seen[far], term_at[far], size[far], share[far])
    return np.asarray(chance)


def _tail(seen: Floats, term_at: Floats, size: Floats, share: Floats) -> Floats:
    """Summed upwards: far out, one minus what lies below is all rounding."""
    total, term, k = term_at.copy(), term_at.copy(), seen.copy()
    for _ in range(200):
        term = term * (1.0 - share) * (size + k) / (k + 1)
        total += term
        k = k + 1
    return np.clip(total, 1e-12, 1.0)


def _verdict(seen: Floats, expected: Floats, chance: Floats, index: float) -> Verdict:
    reasons = [
        Reason(kind, int(seen[k]), round(float(expected[k]), 2), round(-float(np.log10(max(chance[k], 1e-12))), 2))
        for k, kind in enumerate(KINDS)
        if seen[k] and chance[k] <= STRONG
    ]
    reasons.sort(key=lambda one: -one.evidence)
    evidence, events = sum(one.evidence for one in reasons), sum(one.seen for one in reasons)
    colour = next((c for c, limit, least in LIMITS if evidence >= limit and events >= least), Colour.GREEN)
    return Verdict(colour, round(index, 1), reasons)
