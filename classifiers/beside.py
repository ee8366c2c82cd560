"""A new model beside the one in use: on messages neither had seen, on recent texts, and on messages of danger.

Scores of a finished model on what it learned from say nothing. So both are learned again, fold by fold, from what each
was taught but the fold, and asked about the fold. `classifiers/compared.py` makes figures of what they said.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifiers.calibrate import Calibration, folds
from classifiers.danger import canaries as told_dangers
from classifiers.danger import danger
from classifiers.head import Floats64
from classifiers.model import Model
from classifiers.rows import Row, gold
from classifiers.training import maker

FOLDS = 3

JUDGED = 4_000
"""Messages from which no further fold is learned: on 4,000 the bound of the difference is 0.2 points wider than on
12,000, and each fold costs two trainings.
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What one model said of each message it had not seen, and how sure it was."""

    labels: list[str]
    sure: Floats64


@dataclass(frozen=True, slots=True)
class Held:
    """Both models' words on messages held out of both. `both`: the old one was taught such a message too.

    The others are lessons only the new one was taught, right by their own labels: whoever gives wrong ones gains there,
    so they never make up for what was lost.
    """

    messages: list[Row]
    numbers: list[int]  # which of the new one's messages they are
    both: list[bool]
    old: Said
    new: Said


def beside(
    old: Sequence[Row],
    new: Sequence[Row],
    step: Callable[[], None],
    *,
    seed: int = 1,
    warm: tuple[Calibration, Calibration] = (Calibration(), Calibration()),
) -> Held:
    """What models taught `old` and `new` say about the messages of `new`, each held out of both. Told after each fold.

    The folds are the same for both, so what differs comes from the rows and not from the draw. `warm` are the finished
    models' calibrations, the old one's first.
    """
    messages = [new[i] for i in gold(new)]
    numbers, said = list[int](), (list[Said](), list[Said]())
    for _, test in folds([row.label for row in messages], range(len(messages)), FOLDS, seed):
        if len(numbers) < JUDGED:
            held = [messages[i] for i in test]
            after = _say(new, held, seed, warm[1])
            before = after if list(old) == list(new) else _say(old, held, seed, warm[0])
            numbers += test
            said[0].append(before)
            said[1].append(after)
        step()
    known = {row.text for row in old}
    judged = [messages[i] for i in numbers]
    return Held(judged, numbers, [row.text in known for row in judged], *map(_joined, said))


def _joined(parts: Sequence[Said]) -> Said:
    labels = [label for part in parts for label in part.labels]
    return Said(labels, np.concatenate([part.sure for part in parts]))


def agreement(old: Model, new: Model, texts: Sequence[str]) -> dict[str, Any] | None:
    """{"cases", "share" of texts to which both give the same label, "routed": the share routed by (old, new)}.

    None without any text.
    """
    if not texts:
        return None
    before, after = old.predict_many(texts), new.predict_many(texts)
    same = sum(b.label == a.label for b, a in zip(before, after, strict=True)) / len(texts)
    routed = [round(sum(p.action == "route" for p in said) / len(texts), 4) for said in (before, after)]
    return {"cases": len(texts), "share": round(same, 4), "routed": routed}


def canaries(old: Model | None, new: Model, rows: Sequence[Row]) -> dict[str, Any]:
    """What must never get lost. {"words", "told"}: canaries of the list of words, and how many were told as their kind.

    {"count", "recall"}: of the messages of danger in our own corpus whose department the old model has among its three
    best, the share of which the new one still has. The words themselves no training can change; a program can.
    """
    kinds = told_dangers()
    told = sum(found is not None and found.kind == kind for kind, found in ((k, danger(text)) for k, text in kinds))
    telling = [row for row in rows if row.gold and danger(row.text)]
    known = [row for row, sure in zip(telling, _among_three(old, telling), strict=True) if sure]
    recall = round(sum(_among_three(new, known)) / len(known), 4) if known else 1.0
    return {"words": len(kinds), "told": told, "count": len(known), "recall": recall}


def _say(taught: Sequence[Row], held: Sequence[Row], seed: int, warm: Calibration) -> Said:
    texts = {row.text for row in held}
    rows = [row for row in taught if not (row.gold and row.text in texts)]
    model = maker(rows, seed=seed)().fit([r.text for r in rows], [r.label for r in rows], [r.weight for r in rows])
    table = model.rows([row.text for row in held])
    chances = warm.probabilities(model.head_.scores(table), table.lengths)
    return Said([model.classes_[i] for i in chances.argmax(axis=1)], chances.max(axis=1))


def _among_three(model: Model | None, rows: Sequence[Row]) -> list[bool]:
    """Without a model nothing is excused: all of them count."""
    if model is None:
        return [True] * len(rows)
    said = model.predict_many([row.text for row in rows])
    return [row.label in {label for label, _ in p.ranking[:3]} for row, p in zip(rows, said, strict=True)]
