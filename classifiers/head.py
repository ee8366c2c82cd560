"""Linear machines over ready columns. scikit-learn is imported inside `fit` only: the running program loads none."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from classifiers.features import Floats, Sparse
from classifiers.lookup import Ints

Floats64 = NDArray[np.float64]

MESSAGES, LETTERS = 0.35, 1.0
"""C of the support-vector machine, learned from messages and from letters. At 1 the first-day model loses two points on
titles and routes a fifth less; letters lose a point at .3 and at 3."""

TOLERANCE, ROUGHLY = 0.1, 0.5
"""Where the solver stops: ten times stricter moves no figure and costs half as much again. Machines that only judge
held-out messages, or give hints, stop earlier; their weights differ by about a hundredth."""

LIGHT, FEW = 0.65, 10_000
"""Share of columns, the lightest, whose weights are forgotten, in models of more than so many columns. Forgetting
three quarters moves no figure by more than chance."""

SHORT, LONG = 64, 256
"""Columns (about 12 and 40 words) up to which hints count in full, and from which they count SOFTLY."""

SOFTLY = 0.25


class Head:
    """One score per label. Learned: `classes_`, sorted; `coef_`, columns × classes; `intercept_`.

    A head taught with hints (prior.py) has a second set, `hint_coef_` and `hint_intercept_`, which counts in full in a
    short message and softly in a letter; otherwise these are None.
    """

    def __init__(self, seed: int = 1, strength: float = LETTERS, tolerance: float = TOLERANCE) -> None:
        self.seed, self.strength, self.tolerance = seed, strength, tolerance
        self.hint_coef_: Floats | None = None
        self.hint_intercept_: Floats | None = None

    def fit(
        self, rows: Sparse, width: int, labels: Sequence[str], weights: Floats64, hints: Floats | None = None
    ) -> Floats:
        """Learn from rows of `width` columns, with `hints` (rows × any) beside them; returns what each hint says for
        each class. A single label is allowed: there is then nothing to choose."""
        self.classes_ = sorted(set(labels))
        count = len(self.classes_)
        told = 0 if hints is None else hints.shape[1]
        if count == 1:
            self.coef_, self.intercept_ = np.zeros((width, 1), np.float32), np.zeros(1, np.float32)
            return np.zeros((told, 1), np.float32)
        coef, intercept = self._machine(rows, width, labels, weights, hints)
        coef, intercept = for_each(self.classes_, coef, intercept)
        self.coef_ = np.ascontiguousarray(coef[:, :width].T, dtype=np.float32)
        self.intercept_ = intercept.astype(np.float32)
        return np.asarray(coef[:, width:].T, dtype=np.float32)

    def _machine(
        self, rows: Sparse, width: int, labels: Sequence[str], weights: Floats64, hints: Floats | None
    ) -> tuple[Floats64, Floats64]:
        from scipy.sparse import csr_matrix, hstack
        from sklearn.svm import LinearSVC

        table = csr_matrix((rows.values, rows.columns, rows.starts), shape=(rows.count, width))
        if hints is not None:
            table = hstack([table, csr_matrix(hints)]).tocsr()
        machine = LinearSVC(C=self.strength, tol=self.tolerance, random_state=self.seed)
        machine.fit(table, labels, sample_weight=weights)
        return machine.coef_, machine.intercept_

    def lighten(self, idf: Floats) -> None:
        """Forget weights that decide nothing, all but the heaviest third of columns: a file shrinks to half."""
        for coef in (self.coef_, self.hint_coef_):
            if coef is not None and len(coef) > FEW:
                weight = np.abs(coef - coef.mean(axis=1, keepdims=True)).max(axis=1) * idf
                coef[weight < np.quantile(weight, LIGHT)] = 0

    @classmethod
    def restore(cls, coef: NDArray[Any], intercept: NDArray[Any], classes: list[str]) -> Self:
        """The head these belong to; ValueError when their shapes do not fit."""
        if coef.ndim != 2 or intercept.shape != (len(classes),) or coef.shape[1] != len(classes):
            raise ValueError("coef, intercept and classes differ in shape")
        self = cls()
        self.classes_, self.coef_, self.intercept_ = classes, coef, intercept
        return self

    def hinted(self, coef: NDArray[Any], intercept: NDArray[Any]) -> Self:
        """Take the second set as well; ValueError when its shape differs from the first."""
        if coef.shape != self.coef_.shape or intercept.shape != self.intercept_.shape:
            raise ValueError("hints and coef differ in shape")
        both, count = np.concatenate([self.coef_, coef], axis=1), coef.shape[1]
        self.coef_, self.hint_coef_ = both[:, :count], both[:, count:]
        self._both, self.hint_intercept_ = both, intercept
        return self

    def scores(self, rows: Sparse) -> Floats:
        """(texts × classes): signed distances, comparable within a text."""
        if self.hint_intercept_ is None:
            return self.intercept_ + product(rows, self.coef_)
        plain, hints = np.split(product(rows, self._both), 2, axis=1)
        return plain + self.intercept_ + heard(rows.lengths)[:, None] * (hints + self.hint_intercept_)

    def weights(self, columns: Ints) -> Floats:
        """(columns × classes): what these columns, all those of one text, count in it."""
        if self.hint_coef_ is None:
            return np.asarray(self.coef_[columns])
        return np.asarray(self.coef_[columns] + heard(np.array([len(columns)])) * self.hint_coef_[columns])


def for_each(classes: Sequence[str], coef: Floats64, intercept: Floats64) -> tuple[Floats64, Floats64]:
    """One row of weights a class: of two, scikit-learn keeps the second's only."""
    if len(classes) == 2:
        return np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    return coef, intercept


def product(rows: Sparse, coef: Floats) -> Floats:
    """rows · coef, without SciPy: the running program does not load it."""
    out = np.empty((rows.count, coef.shape[1]), dtype=np.float32)
    parts, starts = coef.take(rows.columns, axis=0), rows.starts.tolist()
    for i, (start, end) in enumerate(pairwise(starts)):
        np.dot(rows.values[start:end], parts[start:end], out=out[i])
    return out


def heard(lengths: Ints) -> Floats:
    """How much hints count in texts of so many columns: 1 for a short message, SOFTLY for a letter."""
    far = np.log(np.maximum(lengths, 1) / SHORT) / np.log(LONG / SHORT)
    return np.asarray(1 - (1 - SOFTLY) * np.clip(far, 0, 1), dtype=np.float32)
