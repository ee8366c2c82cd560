"""Third stop of a text: one score per label, from a linear support-vector machine learned on words and characters."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from classifiers.features import BATCH, Features, Floats, Sparse
from classifiers.head import MESSAGES, Head
from classifiers.pieces import Pieces, Tokens
from classifiers.rows import DataError
from classifiers.views import Kind, Views, views
from classifiers.words import segmenter, tokens


class Linear:
    """Words 1–2 and characters 1–3, TF-IDF, one machine per label. Learned: `features_` and `head_`."""

    def __init__(
        self,
        seed: int = 1,
        segmenter: str = "rjieba",
        least: tuple[int, int] = (1, 2),
        strength: float = MESSAGES,
    ) -> None:
        self.segmenter = segmenter
        self.features_ = Features(*least)
        self.head_ = Head(seed, strength)

    @property
    def classes_(self) -> list[str]:
        return self.head_.classes_

    def documents(self, texts: Sequence[str]) -> list[Tokens]:
        """The texts as words, cut the way this classifier was taught."""
        cut = segmenter(self.segmenter)
        return [tokens(text, cut) for text in texts]

    def fit(self, texts: Sequence[str], labels: Sequence[str], weights: Sequence[float] | None = None) -> Self:
        """Learn labels from messages, each by all its views; DataError when no word is usable."""
        seen = views(self.documents(texts), range(len(texts)), self.head_.seed)
        table = self.columns(seen)
        counted = np.ones(len(texts)) if weights is None else np.asarray(weights)
        self.head_.fit(table, self.features_.width, [labels[i] for i in seen.source], counted[seen.source] * seen.share)
        return self

    def columns(self, seen: Views) -> Sparse:
        """Learn the vocabulary from these views and give them as columns; openings would only count words twice."""
        self.features_.fit([words for words, kind in zip(seen.documents, seen.kind, strict=True) if kind != Kind.LEAD])
        table = self.features_.transform(seen.documents)
        if not table.lengths[seen.kind == Kind.WHOLE].any():  # names of places in front are no words of the texts
            raise DataError("no word stands often enough in the texts to learn from")
        return table

    def rows(self, texts: Sequence[str]) -> Sparse:
        """The columns of each text; as those of its words, and much faster."""
        cut = segmenter(self.segmenter)
        starts = range(0, max(1, len(texts)), BATCH)
        return Sparse.stacked([self.features_.columns(Pieces.cut(texts[s : s + BATCH], cut)) for s in starts])

    def decision_function(self, texts: Sequence[str]) -> Floats:
        """(texts × classes), in the order of `classes_`."""
        return self.head_.scores(self.rows(texts))

    def predict(self, texts: Sequence[str]) -> list[str]:
        return [self.classes_[i] for i in self.decision_function(texts).argmax(axis=1)]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything learned, as plain arrays for the artefact."""
        out = self.features_.arrays() | {"coef": self.head_.coef_, "intercept": self.head_.intercept_}
        if self.head_.hint_coef_ is not None and self.head_.hint_intercept_ is not None:
            out |= {"hint_coef": self.head_.hint_coef_, "hint_intercept": self.head_.hint_intercept_}
        return out

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], classes: list[str], segmenter: str) -> Self:
        """The classifier whose `arrays()` these were; ValueError when they do not fit together."""
        self = cls(segmenter=segmenter)
        self.features_.restore(arrays)
        self.head_ = Head.restore(arrays["coef"], arrays["intercept"], classes)
        if "hint_coef" in arrays:
            self.head_.hinted(arrays["hint_coef"], arrays["hint_intercept"])
        if self.head_.coef_.shape[0] != self.features_.width:
            raise ValueError("coef and vocabulary differ in width")
        return self
