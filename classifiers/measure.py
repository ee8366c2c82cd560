"""How good a model is, in plain figures. Pure functions over what was right, what was said and how sure it was."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 100
"""Resamples drawn together: with 12,500 texts they take 5 MB."""


def accuracy(gold: Sequence[str], said: Sequence[str]) -> float:
    """Share of texts given the right label, 0…1."""
    return sum(g == s for g, s in zip(gold, said, strict=True)) / max(1, len(gold))


def macro_f1(gold: Sequence[str], said: Sequence[str]) -> float:
    """Mean over the gold labels of F1, so that a small department counts as much as a large one."""
    right = Counter(g for g, s in zip(gold, said, strict=True) if g == s)
    owed, given = Counter(gold), Counter(said)
    return sum(2 * right[c] / (owed[c] + given[c]) for c in owed) / max(1, len(owed))


def top(gold: Sequence[str], rankings: Sequence[Sequence[str]], depth: int = 3) -> float:
    """Share of texts whose right label is among the first `depth`."""
    return sum(g in ranking[:depth] for g, ranking in zip(gold, rankings, strict=True)) / max(1, len(gold))


def coverage(right: NDArray[np.bool_], sure: NDArray[np.floating], precision: float) -> float:
    """The largest share of texts, surest first, among which `precision` are right."""
    ordered = right[np.argsort(-sure, kind="stable")]
    running = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    reached = np.flatnonzero(running >= precision)
    return float(reached[-1] + 1) / len(right) if len(reached) else 0.0


def calibration_error(right: NDArray[np.bool_], sure: NDArray[np.floating], bins: int = 15) -> float:
    """Expected calibration error: how far confidence and truth lie apart, averaged over equal bins of confidence."""
    bucket = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    gap = np.bincount(bucket, weights=sure - right, minlength=bins)
    return float(np.abs(gap).sum() / max(1, len(right)))


def confusion(gold: Sequence[str], said: Sequence[str]) -> dict[tuple[str, str], int]:
    """How often each (right, said) pair occurs, most frequent first."""
    return dict(Counter(zip(gold, said, strict=True)).most_common())


def at_least(
    right: NDArray[np.floating] | float, seen: NDArray[np.floating] | float, z: float = 1.645
) -> NDArray[np.float64]:
    """Wilson's lower bound of a share: with 95% confidence the true one is no lower (z = 1.645, one side).

    Of one pair of counts or of many; 0 where nothing was seen.
    """
    n = np.maximum(seen, 1e-9)
    share, extra = right / n, z * z / n
    spread = z * np.sqrt(share * (1 - share) / n + extra / (4 * n))
    return np.asarray((share + extra / 2 - spread) / (1 + extra))


def per_label(gold: Sequence[str], said: Sequence[str]) -> dict[str, tuple[float, float, int]]:
    """(precision, recall, texts) of every gold label; precision is 0 for one that was never said."""
    right = Counter(g for g, s in zip(gold, said, strict=True) if g == s)
    owed, given = Counter(gold), Counter(said)
    return {label: (right[label] / max(1, given[label]), right[label] / n, n) for label, n in sorted(owed.items())}


def reliability(
    right: NDArray[np.bool_], sure: NDArray[np.floating], bins: int = 10
) -> list[tuple[float, int, float, float]]:
    """The calibration curve, without empty bins: (from which confidence, texts, mean confidence, share right)."""
    bucket = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    seen = np.bincount(bucket, minlength=bins)
    told = np.bincount(bucket, weights=sure, minlength=bins)
    true = np.bincount(bucket, weights=right, minlength=bins)
    return [(b / bins, int(seen[b]), told[b] / seen[b], true[b] / seen[b]) for b in range(bins) if seen[b]]


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better the new one is (0.01: one point): as seen, and the bounds that 90% of the resamples lie between.

    Below `lower` are 5% of them, so it answers “how much worse might it be”.
    """

    lower: float
    seen: float
    upper: float


def bootstrap(
    gold: Sequence[str], old: Sequence[str], new: Sequence[str], *, resamples: int = 1_000, seed: int = 1
) -> dict[str, Difference]:
    """Paired bootstrap of the difference in accuracy and in macro-F1: the same texts are drawn for both."""
    if not gold:
        return dict.fromkeys(("accuracy", "macro_f1"), Difference(0.0, 0.0, 0.0))
    labels = sorted(set(gold))
    right, before, after = (_indicators(said, labels) for said in (gold, old, new))
    draw = np.random.default_rng(seed)
    seen = _figures(np.ones((1, len(gold)), dtype=np.float32), right, before, after)
    parts = []
    for start in range(0, resamples, AT_ONCE):
        count = min(AT_ONCE, resamples - start)
        drawn = draw.integers(0, len(gold), (count, len(gold)))
        times = np.stack([np.bincount(one, minlength=len(gold)) for one in drawn]).astype(np.float32)
        parts.append(_figures(times, right, before, after))
    found = np.concatenate(parts)
    bounds = np.quantile(found, (0.05, 0.95), axis=0)
    names = ("accuracy", "macro_f1")
    return {
        name: Difference(float(bounds[0, i]), float(seen[0, i]), float(bounds[1, i])) for i, name in enumerate(names)
    }


def _indicators(said: Sequence[str], labels: Sequence[str]) -> NDArray[np.float32]:
    """(texts × labels): 1 where a text was given the label."""
    return np.array([[one == label for label in labels] for one in said], dtype=np.float32)


def _figures(
    times: NDArray[np.float32], right: NDArray[np.float32], old: NDArray[np.float32], new: NDArray[np.float32]
) -> NDArray[np.float64]:
    """(resamples × 2): new less old, in accuracy and macro-F1, each text counted as often as it was drawn."""
    owed, total = times @ right, times.sum(axis=1)
    both = []
    for said in (old, new):
        hits, given = times @ (right * said), times @ said
        f1 = np.where(owed > 0, 2 * hits / np.maximum(owed + given, 1), 0).sum(axis=1) / (owed > 0).sum(axis=1)
        both.append(np.stack([hits.sum(axis=1) / total, f1], axis=1))
    return np.asarray(both[1] - both[0], dtype=np.float64)
