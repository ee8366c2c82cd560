"""Fourth stop of a text: scores become probabilities, and a probability becomes route, ask or hold.

Everything here is learned from scores of texts the scoring model had not seen (out of fold).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from classifiers.features import Floats
from classifiers.lookup import Ints
from classifiers.measure import at_least

Action = Literal["route", "ask", "hold"]
Bools = NDArray[np.bool_]

ROUTE_PRECISION = 0.95
"""What is sent to a desk without a question must be right this often, at the lower bound of what was seen."""

UNPROVEN = 0.97
"""The confidence from which texts are routed while only our own corpus has taught. Residents write otherwise than we,
and of our texts, written to be hard, none could be routed: so sureness itself decides, and more of it is asked."""

ASK_TOP3 = 0.90
"""Three buttons are worth a question when the right one is among them this often; below, a person looks first."""

SEEN_LENGTH = 0.95
"""Share of the texts no longer than the length up to which confidence follows length."""

SHARPEST = 10.0
"""Logarithm of the sharpest softmax: where nothing was mistaken, the sharper the better, without end."""

NEVER = 1.01
"""A threshold no probability reaches."""


def folds(labels: Sequence[str], groups: Sequence[int], count: int, seed: int) -> Iterator[tuple[list[int], list[int]]]:
    """(learn, test) row numbers, `count` times; labels spread evenly, rows of one group always on the same side."""
    first = dict(zip(reversed(groups), reversed(labels), strict=True))
    names = sorted(first)
    shuffled = [names[i] for i in np.random.default_rng(seed).permutation(len(names))]
    fold = {group: n % count for n, group in enumerate(sorted(shuffled, key=lambda g: first[g]))}
    for k in range(count):
        learn = [i for i, group in enumerate(groups) if fold[group] != k]
        yield learn, [i for i, group in enumerate(groups) if fold[group] == k]


@dataclass(frozen=True, slots=True)
class Temperature:
    """Softmax whose sharpness grows or falls with the length of the text: exp(level + slope · log(1 + columns)).

    Texts longer than `longest` columns count as that long: nothing was learned about them.
    """

    level: float = 1.0
    slope: float = 0.0
    longest: int = 1_000

    @classmethod
    def fit(cls, scores: Floats, lengths: Ints, right: Ints, weights: NDArray[np.float64]) -> "Temperature":
        """The two numbers under which the right classes (column numbers) are least surprising."""
        from scipy.optimize import minimize

        longest = int(np.quantile(lengths, SEEN_LENGTH))

        def surprise(x: NDArray[np.float64]) -> float:
            chance = cls(float(x[0]), float(x[1]), longest).probabilities(scores, lengths)
            told = np.log(np.maximum(chance[np.arange(len(right)), right], 1e-12))
            return float(-(weights * told).sum() / weights.sum())

        found = minimize(surprise, np.array([1.0, 0.0]), method="Nelder-Mead")
        return cls(round(float(found.x[0]), 6), round(float(found.x[1]), 6), longest)

    def probabilities(self, scores: Floats, lengths: Ints) -> NDArray[np.float64]:
        """(texts × classes), each row summing to one."""
        level = self.level + self.slope * np.log1p(np.minimum(lengths, self.longest))
        sharp = np.exp(np.clip(level, -SHARPEST, SHARPEST))[:, None] * scores.astype(np.float64)
        powers = np.exp(sharp - sharp.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True)
class Sureness:
    """How likely the best label is right: logistic in its lead over the second, its score, and the length of the text.

    The lead ranks better than a softmax's best probability does: at 98% precision 81% of letters can be routed by it
    instead of 79%. Texts longer than `longest` columns count as that long.
    """

    level: float = 0.0
    lead: float = 1.0
    score: float = 0.0
    length: float = 0.0
    lead_by_length: float = 0.0
    longest: int = 1_000

    @classmethod
    def fit(cls, scores: Floats, lengths: Ints, right: Bools, weights: NDArray[np.float64]) -> "Sureness":
        """Learned from scores of texts the model had not seen, and whether its best label was right."""
        from sklearn.linear_model import LogisticRegression

        longest = int(np.quantile(lengths, SEEN_LENGTH))
        if right.all() or not right.any() or scores.shape[1] < 2:  # nothing to tell apart
            return cls(level=float(np.log((right.sum() + 1) / ((~right).sum() + 1))), lead=0.0, longest=longest)
        told = _told(scores, lengths, longest)
        spread = told.std(axis=0) + 1e-9
        machine = LogisticRegression(C=1.0, max_iter=1_000).fit(told / spread, right, sample_weight=weights)
        lead, score, length, both = (round(float(x), 6) for x in machine.coef_[0] / spread)
        return cls(round(float(machine.intercept_[0]), 6), lead, score, length, both, longest)

    def of(self, scores: Floats, lengths: Ints) -> NDArray[np.float64]:
        """One probability per text, 0…1."""
        if scores.shape[1] < 2:
            return np.ones(len(scores))
        weights = np.array([self.lead, self.score, self.length, self.lead_by_length])
        return np.asarray(1 / (1 + np.exp(-(self.level + _told(scores, lengths, self.longest) @ weights))))


def _told(scores: Floats, lengths: Ints, longest: int) -> NDArray[np.float64]:
    """(texts × 4): lead, best score, log length, lead times log length."""
    best = np.partition(scores, -2, axis=1)[:, -2:].astype(np.float64)
    lead, length = best[:, 1] - best[:, 0], np.log1p(np.minimum(lengths, longest))
    return np.stack([lead, best[:, 1], length, lead * length], axis=1)


def ranked(chances: NDArray[np.float64], sure: NDArray[np.float64]) -> NDArray[np.float64]:
    """(texts × labels): the best label as likely as it is `sure`, the others sharing the rest as they did.

    Never less likely than the second; rows still sum to one.
    """
    best = chances.argmax(axis=1)
    rows = np.arange(len(chances))
    rest = chances.copy()
    rest[rows, best] = 0
    total = rest.sum(axis=1, keepdims=True)
    rest = np.divide(rest, total, out=np.zeros_like(rest), where=total > 0)
    second = rest.max(axis=1, initial=0)
    top = np.where(total[:, 0] > 0, np.maximum(sure, second / (1 + second)), 1.0)
    out = rest * (1 - top)[:, None]
    out[rows, best] = top
    return np.asarray(out)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Both together: how likely each label is, the best one by its sureness."""

    temperature: Temperature = Temperature()
    sureness: Sureness = Sureness()

    def probabilities(self, scores: Floats, lengths: Ints) -> NDArray[np.float64]:
        """(texts × classes), each row summing to one."""
        return ranked(self.temperature.probabilities(scores, lengths), self.sureness.of(scores, lengths))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which confidence a text is routed by itself, and from which the resident is asked."""

    route: float = NEVER
    ask: float = NEVER

    @classmethod
    def choose(
        cls,
        sure: NDArray[np.float64],
        right: Bools,
        among_three: Bools,
        weights: NDArray[np.float64],
        *,
        proven: bool = True,
        precision: float = ROUTE_PRECISION,
    ) -> "Thresholds":
        """The lowest that keep the precision, or UNPROVEN, and below it ASK_TOP3; texts count by their weights."""
        order = np.argsort(-sure, kind="stable")
        counted = weights[order]
        routed = _longest(right[order], counted, precision) if proven else int((sure >= UNPROVEN).sum())
        asked = routed + _longest(among_three[order][routed:], counted[routed:], ASK_TOP3)
        route = UNPROVEN if not proven else float(sure[order[routed - 1]]) if routed else NEVER
        return cls(_up(route), min(_up(route), _up(float(sure[order[asked - 1]])) if asked else NEVER))

    def action(self, confidence: float) -> Action:
        if confidence >= self.route:
            return "route"
        return "ask" if confidence >= self.ask else "hold"


def _longest(good: Bools, weights: NDArray[np.float64], share: float) -> int:
    """How many of the surest can be taken with at least `share` of their weight good, at the lower bound."""
    seen = np.cumsum(weights)
    enough = np.flatnonzero(at_least(np.cumsum(weights * good), seen) >= share)
    return int(enough[-1]) + 1 if len(enough) else 0


def _up(value: float) -> float:
    """Four digits, never lower than what was seen."""
    return min(NEVER, float(np.ceil(value * 10_000) / 10_000))
