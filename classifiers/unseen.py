"""Honest scores: every message scored by a model that learned from the others. Calibration and figures rest on them.

All folds share one vocabulary, which knows no labels: only the machines are learned anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.calibrate import Bools, Temperature, folds
from classifiers.features import Floats
from classifiers.head import ROUGHLY, Floats64
from classifiers.items import Items
from classifiers.lookup import Ints
from classifiers.material import Material
from classifiers.rows import gold
from classifiers.views import Kind

OPENING = 0.4
"""What a letter's opening counts when confidence is learned: most of what comes is a whole message."""

PAD = -1e3
"""The score of a class a fold did not know or a department does not have: no chance at all."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores (texts × classes) with each text's length in columns, its right class, whether it stands whole, and what
    it counts: what is seldom meant counts little here as well, and so does an opening."""

    scores: Floats
    lengths: Ints
    right: Ints
    whole: Bools
    weights: Floats64

    @classmethod
    def joined(cls, parts: Sequence["Scored"]) -> "Scored":
        """All parts as one, narrower ones padded with classes that have no chance."""
        width = max(part.scores.shape[1] for part in parts)
        return cls(
            np.concatenate([_padded(part.scores, width) for part in parts]),
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("lengths", "right", "whole", "weights")
            ),
        )

    @property
    def said(self) -> Ints:
        """The best class of each text."""
        return np.asarray(self.scores.argmax(axis=1))

    @property
    def good(self) -> Bools:
        """Where the best class is the right one."""
        return np.asarray(self.said == self.right)

    def temperature(self) -> Temperature:
        return Temperature.fit(self.scores, self.lengths, self.right, self.weights)


def unseen(material: Material, count: int, seed: int, step: Callable[[], None]) -> tuple[Scored, Scored | None]:
    """Scores over all labels, in sorted order, and over the items of the right department (None without items).

    Each message is scored whole, a letter by its openings too, so confidence is learned for one-line messages. Rows
    that are not messages only teach. `step` is called after each of the `count` folds.
    """
    rows = material.rows
    messages = gold(rows)
    support = [i for i, row in enumerate(rows) if not row.gold]
    labels, items = [], []
    for learn, test in folds([rows[i].label for i in messages], messages, count, seed):
        taught = np.array([*(messages[i] for i in learn), *support])
        held = np.array([messages[i] for i in test])
        labels.append(_labels(material, held, taught, seed))
        items += _items(material, held, material.items(taught, seed))
        step()
    return Scored.joined(labels), Scored.joined(items) if items else None


def _labels(material: Material, held: Ints, taught: Ints, seed: int) -> Scored:
    head = material.head(taught, seed, ROUGHLY)
    every = sorted({row.label for row in material.rows})
    seen = material.views_of(held, (Kind.WHOLE, Kind.LEAD))
    table, source = material.table.take(seen), material.views.source[seen]
    scores = np.full((len(seen), len(every)), PAD, dtype=np.float32)
    scores[:, [every.index(label) for label in head.classes_]] = head.scores(table)
    right = np.array([every.index(material.rows[i].label) for i in source])
    whole = material.views.kind[seen] == Kind.WHOLE
    counted = np.array([material.rows[i].weight for i in source]) * np.where(whole, 1, OPENING)
    return Scored(scores, table.lengths, right, whole, counted)


def _items(material: Material, held: Ints, heads: Items) -> list[Scored]:
    """One part per department: its held-out messages whose item was learned."""
    rows, out = material.rows, []
    for label, names in heads.names.items():
        chosen = np.array([i for i in held if rows[i].label == label and rows[i].item in names], dtype=np.int64)
        if len(chosen):
            table = material.table.take(chosen)  # whole rows come first, so a row's number is its view's
            right = np.array([names.index(rows[i].item) for i in chosen])
            whole = np.ones(len(chosen), dtype=bool)
            out.append(Scored(heads.scores(table, label), table.lengths, right, whole, material.weights[chosen]))
    return out


def _padded(scores: Floats, width: int) -> Floats:
    return np.pad(scores, ((0, 0), (0, width - scores.shape[1])), constant_values=PAD)
