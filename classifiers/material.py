"""What one training learns from, made ready once: rows cut into words, seen in all views, turned into columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.features import Floats, Sparse
from classifiers.head import TOLERANCE, Floats64, Head
from classifiers.items import Items
from classifiers.linear import Linear
from classifiers.lookup import Ints
from classifiers.prior import Prior
from classifiers.rows import Row, gold
from classifiers.views import Kind, Views, views


@dataclass(frozen=True, slots=True)
class Material:
    """`table` holds one line of columns per view; the first views are the whole rows, in order."""

    rows: Sequence[Row]
    views: Views
    table: Sparse
    width: int
    weights: Floats64
    strength: float
    prior: Prior | None
    hints: Floats | None

    @classmethod
    def of(cls, classifier: Linear, rows: Sequence[Row], corpus: Sequence[Row], seed: int) -> "Material":
        """Teaches the classifier its vocabulary. `corpus` gives hints where it is not part of the rows itself."""
        seen = views(classifier.documents([row.text for row in rows]), gold(rows), seed)
        table = classifier.columns(seen)
        weights = seen.share * np.array([row.weight for row in rows])[seen.source]
        prior = hints = None
        if corpus:
            words = classifier.documents([row.text for row in corpus])
            prior = Prior(seed).fit(classifier.features_, words, corpus)
            hints = prior.hints(table)
        strength = classifier.head_.strength
        return cls(rows, seen, table, classifier.features_.width, weights, strength, prior, hints)

    def views_of(self, numbers: Ints, kinds: Iterable[Kind] = Kind) -> Ints:
        """Which views show one of these rows in one of these ways."""
        wanted = np.isin(self.views.source, numbers) & np.isin(self.views.kind, list(kinds))
        return np.flatnonzero(wanted)

    def head(self, taught: Ints, seed: int, tolerance: float = TOLERANCE) -> Head:
        """The machine over labels that these rows teach, by all their views."""
        chosen = self.views_of(taught)
        labels = [self.rows[i].label for i in self.views.source[chosen]]
        hints = None if self.hints is None else self.hints[chosen]
        head = Head(seed, self.strength, tolerance)
        meaning = head.fit(self.table.take(chosen), self.width, labels, self.weights[chosen], hints)
        return head if self.prior is None else self.prior.folded(head, meaning)

    def items(self, taught: Ints, seed: int) -> Items:
        """The machines over items that these rows teach, whole, where they name one."""
        named = np.array([i for i in taught if self.rows[i].item], dtype=np.int64)
        labels, items = [self.rows[i].label for i in named], [self.rows[i].item for i in named]
        return Items(seed).fit(self.table.take(named), labels, items, self.weights[named])
