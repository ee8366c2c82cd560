"""Third stop of a text: one score per label, from a linear support-vector machine learned on words and characters.

scikit-learn is imported inside `fit` only: the running program never loads it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from classifiers.features import Features, Floats, Sparse, Tokens
from classifiers.rows import DataError
from classifiers.words import segmenter, tokens

Floats64 = NDArray[np.float64]

LEADS = (6, 12)
"""Words of the openings learned beside each whole text: letters then teach a model that reads one-line messages."""

LETTER = 40
"""Words from which a text is a letter that has an opening; half a chat message is no message."""

LEAD_WEIGHT = 0.2
"""What an opening counts beside a whole text. At 1 titles gain nothing more and letters lose a point."""


class Head:
    """One linear machine over ready columns. Learned: `classes_`, sorted; `coef_`, columns × classes; `intercept_`."""

    def __init__(self, seed: int = 1, strength: float = 1.0) -> None:
        self.seed = seed
        self.strength = strength

    def fit(self, rows: Sparse, width: int, labels: Sequence[str], weights: Floats64 | None = None) -> Self:
        """Learn from rows of `width` columns. A single label is allowed: there is then nothing to choose."""
        self.classes_ = sorted(set(labels))
        count = len(self.classes_)
        if count == 1:
            self.coef_ = np.zeros((width, 1), dtype=np.float32)
            self.intercept_ = np.zeros(1, dtype=np.float32)
            return self
        from scipy.sparse import csr_matrix
        from sklearn.svm import LinearSVC

        table = csr_matrix((rows.values, rows.columns, rows.starts), shape=(len(labels), width))
        machine = LinearSVC(C=self.strength, random_state=self.seed).fit(table, labels, sample_weight=weights)
        coef, intercept = machine.coef_, machine.intercept_
        if count == 2:  # scikit-learn keeps one row for two classes
            coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
        self.coef_ = np.ascontiguousarray(coef.T, dtype=np.float32)
        self.intercept_ = intercept.astype(np.float32)
        return self

    @classmethod
    def restore(cls, coef: NDArray[Any], intercept: NDArray[Any], classes: list[str]) -> Self:
        """The head these belong to; ValueError when their shapes do not fit."""
        if coef.ndim != 2 or intercept.shape != (len(classes),) or coef.shape[1] != len(classes):
            raise ValueError("coef, intercept and classes differ in shape")
        self = cls()
        self.classes_, self.coef_, self.intercept_ = classes, coef, intercept
        return self

    def scores(self, rows: Sparse) -> Floats:
        """(texts × classes): signed distances, comparable within a text."""
        out = np.tile(self.intercept_, (rows.count, 1))
        for i, (a, b) in enumerate(zip(rows.starts[:-1], rows.starts[1:], strict=True)):
            out[i] += rows.values[a:b] @ self.coef_[rows.columns[a:b]]
        return out


class Linear:
    """Words 1–2 and characters 1–3, TF-IDF, one machine per label. Learned: `features_` and `head_`."""

    def __init__(self, seed: int = 1, segmenter: str = "rjieba", least: tuple[int, int] = (1, 1)) -> None:
        """`least`: in how many texts a word or word pair, and a run of characters, must stand to become a column."""
        self.seed = seed
        self.segmenter = segmenter
        self.features_ = Features(*least)
        self.head_ = Head(seed)

    @property
    def classes_(self) -> list[str]:
        return self.head_.classes_

    def documents(self, texts: Sequence[str]) -> list[Tokens]:
        """The texts as words, cut the way this classifier was taught."""
        cut = segmenter(self.segmenter)
        return [tokens(text, cut) for text in texts]

    def fit(self, texts: Sequence[str], labels: Sequence[str], weights: Sequence[float] | None = None) -> Self:
        """Learn labels from texts, letters by their lighter openings too; DataError when no word is usable."""
        documents = self.documents(texts)
        self.features_.fit(documents)
        if not self.features_.width:
            raise DataError("no word stands often enough in the texts to learn from")
        rows, source, share = with_leads(documents)
        weighed = np.asarray(weights if weights is not None else np.ones(len(texts)))[source] * share
        self.head_.fit(self.features_.transform(rows), self.features_.width, [labels[i] for i in source], weighed)
        return self

    def rows(self, texts: Sequence[str]) -> Sparse:
        return self.features_.transform(self.documents(texts))

    def decision_function(self, texts: Sequence[str]) -> Floats:
        """(texts × classes), in the order of `classes_`."""
        return self.head_.scores(self.rows(texts))

    def predict(self, texts: Sequence[str]) -> list[str]:
        return [self.classes_[i] for i in self.decision_function(texts).argmax(axis=1)]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything learned, as plain arrays for the artefact."""
        return self.features_.arrays() | {"coef": self.head_.coef_, "intercept": self.head_.intercept_}

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], classes: list[str], segmenter: str) -> Self:
        """The classifier whose `arrays()` these were; ValueError when they do not fit together."""
        self = cls(segmenter=segmenter)
        self.features_.restore(arrays)
        self.head_ = Head.restore(arrays["coef"], arrays["intercept"], classes)
        if self.head_.coef_.shape[0] != self.features_.width:
            raise ValueError("coef and vocabulary differ in width")
        return self


def with_leads(documents: Sequence[Tokens]) -> tuple[list[Tokens], list[int], Floats64]:
    """The documents followed by their openings, the document each comes from, and what each counts."""
    out, source = list(documents), list(range(len(documents)))
    letters = [i for i, words in enumerate(documents) if len(words) > LETTER]
    for n in LEADS:
        out += [documents[i][:n] for i in letters]
        source += letters
    share = np.full(len(out), LEAD_WEIGHT)
    share[: len(documents)] = 1
    return out, source, share
