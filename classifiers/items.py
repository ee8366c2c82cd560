"""Fifth stop of a text: which item (事项) of the department it was given to. One small machine per department."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from classifiers.calibrate import Temperature
from classifiers.features import Floats, Sparse
from classifiers.linear import Floats64, Head


class Items:
    """Shares the columns of the department model. Learned: `heads_` by department, `temperature_` for all of them."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.heads_: dict[str, Head] = {}
        self.temperature_ = Temperature()

    def fit(self, rows: Sparse, width: int, labels: Sequence[str], items: Sequence[str], weights: Floats64) -> Self:
        """Learn from rows that name their item; departments whose rows name none get no head."""
        for label in sorted(set(labels)):
            chosen = [i for i, item in enumerate(items) if item and labels[i] == label]
            if chosen:
                names = [items[i] for i in chosen]
                self.heads_[label] = Head(self.seed).fit(rows.take(chosen), width, names, weights[chosen])
        return self

    def best(self, rows: Sparse, label: str) -> list[tuple[str, float] | None]:
        """For each row the likeliest item of this department with its probability, or None without a head."""
        head = self.heads_.get(label)
        if head is None:
            return [None] * rows.count
        chances = self.temperature_.probabilities(head.scores(rows), rows.lengths)
        return [(head.classes_[int(c.argmax())], float(c.max())) for c in chances]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All heads side by side, departments and items in order; `names` says where one ends."""
        heads = self.heads_.values()
        if not self.heads_:
            return {}
        return {
            "item_coef": np.hstack([head.coef_ for head in heads]),
            "item_intercept": np.concatenate([head.intercept_ for head in heads]),
        }

    @property
    def names(self) -> dict[str, list[str]]:
        """The items of each department that has any, in the order of the arrays."""
        return {label: head.classes_ for label, head in self.heads_.items()}

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], names: Mapping[str, list[str]], warm: Temperature) -> Self:
        """The items whose `arrays()` these were; ValueError when they do not fit `names`."""
        self, start = cls(), 0
        self.temperature_ = warm
        for label, items in names.items():
            span = slice(start, start + len(items))
            self.heads_[label] = Head.restore(arrays["item_coef"][:, span], arrays["item_intercept"][span], items)
            start = span.stop
        return self

    def scores(self, rows: Sparse, label: str) -> Floats:
        """(rows × items of this department), for calibration."""
        return self.heads_[label].scores(rows)
