"""What the first-day corpus says, as hints for a model that learns other labels from a customer's letters.

The corpus knows how people chat and has other departments than the customer. So a machine of its departments is learned
first, in the customer's columns, and its scores stand beside the columns of every row: the customer's model learns
what each department of ours means for each label of theirs. Both are linear, so the result is one more set of weights.
"""

from collections.abc import Sequence

import numpy as np

from classifiers.features import Features, Floats, Sparse
from classifiers.head import MESSAGES, ROUGHLY, Head, heard
from classifiers.pieces import Tokens
from classifiers.rows import Row, gold
from classifiers.views import views

LOUDNESS = 0.2
"""What a hint counts beside a column. From .15 to .6 titles differ by half a point; letters lose one from .3 on."""


class Prior:
    """Learned: `head_`, over the departments of the corpus."""

    def __init__(self, seed: int = 1) -> None:
        self.head_ = Head(seed, MESSAGES, ROUGHLY)

    def fit(self, features: Features, documents: Sequence[Tokens], rows: Sequence[Row]) -> "Prior":
        """From the corpus `rows`, whose words are `documents`, in the columns of somebody else's features."""
        seen = views(documents, gold(rows), self.head_.seed)
        weights = seen.share * np.array([row.weight for row in rows])[seen.source]
        labels = [rows[i].label for i in seen.source]
        self.head_.fit(features.transform(seen.documents), features.width, labels, weights)
        return self

    def hints(self, rows: Sparse) -> Floats:
        """(rows × departments), as loud as the text is short."""
        return np.asarray(LOUDNESS * heard(rows.lengths)[:, None] * (self.head_.scores(rows) + 1))

    def folded(self, head: Head, meaning: Floats) -> Head:
        """The head with hints turned into weights of its columns; `meaning` (departments × classes) is from its fit."""
        coef = (LOUDNESS * self.head_.coef_) @ meaning
        return head.hinted(coef.astype(np.float32), LOUDNESS * (self.head_.intercept_ + 1) @ meaning)
