"""How good a model is, in plain figures. Pure functions over what was right, what was said and how sure it was."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


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


def at_least(right: int, seen: int, z: float = 1.645) -> float:
    """Wilson's lower bound of a share: with 95% confidence the true one is no lower (z = 1.645, one side)."""
    if not seen:
        return 0.0
    share, extra = right / seen, z * z / seen
    spread = z * float(np.sqrt(share * (1 - share) / seen + extra / (4 * seen)))
    return (share + extra / 2 - spread) / (1 + extra)
