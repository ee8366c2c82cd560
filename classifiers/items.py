"""Fifth stop of a text: which item (事项) of the department it was given to. One small machine per department."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from classifiers.calibrate import Temperature
from classifiers.features import Floats, Sparse
from classifiers.head import Floats64, Head
from classifiers.lookup import Ints


class Items:
    """Reads the columns of the department model, each machine only those that its department's messages have.

    Learned: `heads_` and `columns_` by department, `temperature_` for all of them.
    """

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.heads_: dict[str, Head] = {}
        self.columns_: dict[str, Ints] = {}
        self.temperature_ = Temperature()

    def fit(self, rows: Sparse, labels: Sequence[str], items: Sequence[str], weights: Floats64) -> Self:
        """Learn from rows that name their item; departments whose rows name none get no head."""
        for label in sorted(set(labels)):
            chosen = [i for i, own in enumerate(labels) if own == label]
            mine = rows.take(chosen)
            self.columns_[label] = np.unique(mine.columns)
            self.heads_[label] = head = Head(self.seed)
            width, names = len(self.columns_[label]), [items[i] for i in chosen]
            head.fit(mine.only(self.columns_[label]), width, names, weights[chosen])
        return self

    def best(self, rows: Sparse, label: str) -> list[tuple[str, float] | None]:
        """For each row the likeliest item of this department with its probability, or None without a head."""
        head = self.heads_.get(label)
        if head is None:
            return [None] * rows.count
        chances = self.temperature_.probabilities(self.scores(rows, label), rows.lengths)
        return [(head.classes_[int(c.argmax())], float(c.max())) for c in chances]

    def scores(self, rows: Sparse, label: str) -> Floats:
        """(rows × items of this department)."""
        return self.heads_[label].scores(rows.only(self.columns_[label]))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All heads one after another, departments and items in order; `names` and `item_counts` say where one ends."""
        if not self.heads_:
            return {}
        heads = self.heads_.values()
        return {
            "item_columns": np.concatenate([columns.astype(np.int32) for columns in self.columns_.values()]),
            "item_counts": np.array([len(columns) for columns in self.columns_.values()]),
            "item_coef": np.concatenate([head.coef_.ravel() for head in heads]),
            "item_intercept": np.concatenate([head.intercept_ for head in heads]),
        }

    @property
    def names(self) -> dict[str, list[str]]:
        """The items of each department that has any, in the order of the arrays."""
        return {label: head.classes_ for label, head in self.heads_.items()}

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], names: Mapping[str, list[str]], warm: Temperature) -> Self:
        """The items whose `arrays()` these were; ValueError when they do not fit `names`."""
        self = cls()
        self.temperature_ = warm
        if not names:
            return self
        columns, weights, levels = arrays["item_columns"], arrays["item_coef"], arrays["item_intercept"]
        for (label, items), count in zip(names.items(), arrays["item_counts"].tolist(), strict=True):
            mine, columns = np.split(columns, [count])
            coef, weights = np.split(weights, [count * len(items)])
            intercept, levels = np.split(levels, [len(items)])
            self.columns_[label] = mine.astype(np.int64)
            self.heads_[label] = Head.restore(coef.reshape(count, len(items)), intercept, items)
        return self
