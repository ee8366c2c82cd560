"""A finished model: text in, department, item, confidence and action out. Made by training, kept by artefact."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from classifiers.calibrate import Action, Calibration, Thresholds
from classifiers.explain import contributions, strongest
from classifiers.features import Sparse
from classifiers.items import Items
from classifiers.linear import Linear


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says about one text. `ranking` holds every department, likeliest first, adding up to one."""

    label: str
    confidence: float
    ranking: list[tuple[str, float]]
    item: str | None
    item_confidence: float
    action: Action
    version: str


@dataclass(frozen=True)
class Model:
    """A classifier with its calibration, thresholds and item heads. `facts` is what the manifest tells about it."""

    classifier: Linear
    calibration: Calibration
    thresholds: Thresholds
    items: Items
    facts: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""

    @property
    def classes(self) -> list[str]:
        return self.classifier.classes_

    def predict(self, text: str) -> Prediction:
        return self.predict_many([text])[0]

    def predict_many(self, texts: Sequence[str]) -> list[Prediction]:
        """One prediction per text, in order. A text with nothing the model knows is held, whatever its score."""
        if not texts:
            return []
        rows = self.classifier.rows(texts)
        scores = self.classifier.head_.scores(rows)
        chances = self.calibration.probabilities(scores, rows.lengths)
        order = (-scores).argsort(axis=1, kind="stable")  # of chances the first two may be equal
        labels = np.array(self.classes, dtype=object)[order].tolist()
        shares = chances.round(6)[np.arange(len(order))[:, None], order].tolist()
        rankings = [list(zip(*both, strict=True)) for both in zip(labels, shares, strict=True)]
        items = self._items(rows, [ranked[0] for ranked in labels])
        return list(map(self._one, rankings, items, rows.lengths.tolist()))

    def why(self, text: str, label: str, count: int = 8) -> list[tuple[str, float]]:
        """The words that spoke for (+) and against (−) this label, heaviest first; KeyError for an unknown label."""
        rows = self.classifier.rows([text])
        return strongest(contributions(self.classifier.features_, self.classifier.head_, rows, label), count)

    def novelty(self, text: str) -> float:
        """Share of a text's words the model has never seen, 0…1: the language drifted, or somebody talks of new things.

        0 for a text without a word.
        """
        words = [word for word in self.classifier.documents([text])[0] if word]
        return round(sum(word not in self._words for word in words) / max(1, len(words)), 6)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(self.classifier.features_.words_)

    def _items(self, rows: Sparse, labels: list[str]) -> list[tuple[str, float] | None]:
        found: list[tuple[str, float] | None] = [None] * len(labels)
        by_label: dict[str, list[int]] = defaultdict(list)
        for i, label in enumerate(labels):
            by_label[label].append(i)
        for label, numbers in by_label.items():
            mine = rows if len(numbers) == rows.count else rows.take(numbers)
            for i, item in zip(numbers, self.items.best(mine, label), strict=True):
                found[i] = item
        return found

    def _one(self, ranking: list[tuple[str, float]], item: tuple[str, float] | None, known: int) -> Prediction:
        label, confidence = ranking[0]
        name, chance = item or (None, 0.0)
        action = self.thresholds.action(confidence) if known else "hold"
        return Prediction(label, confidence, ranking, name, round(chance, 6), action, self.version)
