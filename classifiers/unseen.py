"""Honest scores: every message scored by a model that learned from the others. Calibration and figures rest on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.calibrate import Temperature, folds
from classifiers.features import Floats, Ints
from classifiers.items import Items
from classifiers.linear import LEADS, LETTER, Linear
from classifiers.rows import Row, gold
from classifiers.words import segmenter, tokens

PAD = -1e3
"""The score of a class a fold did not know or a department does not have: no chance at all."""

Make = Callable[[], Linear]


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores (texts × classes) with each text's length in columns, its right class, and the row it comes from."""

    scores: Floats
    lengths: Ints
    right: Ints
    source: Ints

    @classmethod
    def joined(cls, parts: Sequence["Scored"]) -> "Scored":
        """All parts as one, narrower ones padded with classes that have no chance."""
        width = max(part.scores.shape[1] for part in parts)
        return cls(
            np.concatenate([_padded(part.scores, width) for part in parts]),
            np.concatenate([part.lengths for part in parts]),
            np.concatenate([part.right for part in parts]),
            np.concatenate([part.source for part in parts]),
        )

    @property
    def said(self) -> Ints:
        """The best class of each text."""
        return np.asarray(self.scores.argmax(axis=1))

    def temperature(self) -> Temperature:
        return Temperature.fit(self.scores, self.lengths, self.right)


def unseen(
    rows: Sequence[Row], make: Make, count: int, seed: int, step: Callable[[], None]
) -> tuple[Scored, Scored | None]:
    """Scores over all labels, in sorted order, and over the items of the right department (None without items).

    Each message is scored whole, a letter by its openings too, so confidence is learned for one-line messages. Rows
    that are not messages only teach. `step` is called after each of the `count` folds.
    """
    messages = gold(rows)
    support = [i for i, row in enumerate(rows) if not row.gold]
    labels, items = [], []
    for learn, test in folds([rows[i].label for i in messages], messages, count, seed):
        taught = [rows[messages[i]] for i in learn] + [rows[i] for i in support]
        model = make().fit([r.text for r in taught], [r.label for r in taught], [r.weight for r in taught])
        held = [messages[i] for i in test]
        labels.append(_labels(rows, held, model))
        items += _items(rows, held, model, item_heads(taught, model, seed))
        step()
    return Scored.joined(labels), Scored.joined(items) if items else None


def item_heads(rows: Sequence[Row], model: Linear, seed: int) -> Items:
    """One machine per department over the columns of the department model, from the rows that name their item."""
    named = [row for row in rows if row.item]
    table = model.rows([row.text for row in named])
    labels, items = [r.label for r in named], [r.item for r in named]
    weights = np.array([r.weight for r in named])
    return Items(seed).fit(table, model.features_.width, labels, items, weights)


def _labels(rows: Sequence[Row], held: Sequence[int], model: Linear) -> Scored:
    texts, source = _with_openings(rows, held, model)
    table = model.rows(texts)
    every = sorted({row.label for row in rows})
    scores = np.full((len(texts), len(every)), PAD, dtype=np.float32)
    scores[:, [every.index(label) for label in model.classes_]] = model.head_.scores(table)
    return Scored(scores, table.lengths, np.array([every.index(rows[i].label) for i in source]), np.array(source))


def _items(rows: Sequence[Row], held: Sequence[int], model: Linear, heads: Items) -> list[Scored]:
    """One part per department: its held-out messages whose item was learned."""
    out = []
    for label, names in heads.names.items():
        chosen = [i for i in held if rows[i].label == label and rows[i].item in names]
        if chosen:
            table = model.rows([rows[i].text for i in chosen])
            right = np.array([names.index(rows[i].item) for i in chosen])
            out.append(Scored(heads.scores(table, label), table.lengths, right, np.array(chosen)))
    return out


def _with_openings(rows: Sequence[Row], held: Sequence[int], model: Linear) -> tuple[list[str], list[int]]:
    cut = segmenter(model.segmenter)
    texts, source = [rows[i].text for i in held], list(held)
    for i in held:
        words = tokens(rows[i].text, cut)
        if len(words) > LETTER:
            texts += ["".join(words[:n]) for n in LEADS]
            source += [i] * len(LEADS)
    return texts, source


def _padded(scores: Floats, width: int) -> Floats:
    return np.pad(scores, ((0, 0), (0, width - scores.shape[1])), constant_values=PAD)
