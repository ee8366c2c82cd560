"""Figures of two models side by side, for the gate, the command line and a page. Texts never, references only.

Wherever two values stand together, the first is the old model's.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from classifiers import measure
from classifiers.beside import Held, Said
from classifiers.model import Model

PRECISIONS = (0.95, 0.98)
SHOWN = 100
"""References kept of each side: enough to look at, and a report stays small."""

TIMED = 1_000
"""Texts over which speed is taken: about a tenth of a second."""


def reference(text: str) -> str:
    """How a report names a message of our own corpus."""
    return "text:" + hashlib.sha256(text.encode()).hexdigest()[:16]


def figures(held: Held) -> dict[str, Any]:
    """What the gate looks at, over the messages both were taught: as `report["beside"]`."""
    right, old, new = _columns(held, both=True)
    taught, old_lessons, new_lessons = _columns(held, both=False)
    difference = measure.bootstrap(right, old, new)
    return {
        "messages": len(right),
        "accuracy": _pair(measure.accuracy, right, old, new),
        "macro_f1": _pair(measure.macro_f1, right, old, new),
        "only_old": sum(r == b != a for r, b, a in zip(right, old, new, strict=True)),
        "only_new": sum(r == a != b for r, b, a in zip(right, old, new, strict=True)),
        "difference": {name: [round(value, 5) for value in astuple(found)] for name, found in difference.items()},
        "departments": departments(right, old, new),
        "lessons": len(taught),
        "lessons_accuracy": _pair(measure.accuracy, taught, old_lessons, new_lessons),
    }


def departments(right: Sequence[str], old: Sequence[str], new: Sequence[str]) -> list[dict[str, Any]]:
    """Of each: texts, precision and recall, and how many only the one or only the other got right."""
    before, after = measure.per_label(right, old), measure.per_label(right, new)
    lost, won = dict.fromkeys(before, 0), dict.fromkeys(before, 0)
    for label, b, a in zip(right, old, new, strict=True):
        lost[label] += b == label != a
        won[label] += a == label != b
    return [
        {
            "label": label,
            "n": n,
            "precision": [round(precision, 4), round(after[label][0], 4)],
            "recall": [round(recall, 4), round(after[label][1], 4)],
            "only_old": lost[label],
            "only_new": won[label],
        }
        for label, (precision, recall, n) in before.items()
    ]


def comparison(held: Held, references: Sequence[str]) -> dict[str, Any]:
    """All else worth seeing, over the messages judged: as `report["comparison"]`. References are of all messages."""
    right = [row.label for row in held.messages]
    names = [references[i] for i in held.numbers]
    sides = list(zip(names, right, held.old.labels, held.new.labels, strict=True))
    return {
        "confusion": [_confusion(right, said.labels) for said in (held.old, held.new)],
        "calibration": [_calibration(right, said) for said in (held.old, held.new)],
        "coverage": {
            str(precision): [_coverage(right, said, precision) for said in (held.old, held.new)]
            for precision in PRECISIONS
        },
        "lost": [list(one) for one in sides if one[1] == one[2] != one[3]][:SHOWN],
        "gained": [list(one) for one in sides if one[1] == one[3] != one[2]][:SHOWN],
        "changed": sum(b != a for _, _, b, a in sides),
    }


def cost(model: Model, folder: Path, texts: Sequence[str]) -> dict[str, int]:
    """Texts judged in a second of one core, bytes on disk and of the arrays in memory."""
    some = list(texts[:TIMED])
    start = time.process_time()
    model.predict_many(some)
    spent = time.process_time() - start
    arrays = model.classifier.arrays() | model.items.arrays()
    return {
        "texts_per_second": round(len(some) / spent) if spent > 0 else 0,
        "disk": sum(path.stat().st_size for path in folder.glob("*") if path.is_file()),
        "memory": sum(array.nbytes for array in arrays.values()),
    }


def _columns(held: Held, *, both: bool) -> tuple[list[str], list[str], list[str]]:
    """Right labels, what the old one said, what the new one said."""
    chosen = [i for i, known in enumerate(held.both) if known is both]
    right = [held.messages[i].label for i in chosen]
    return right, [held.old.labels[i] for i in chosen], [held.new.labels[i] for i in chosen]


def _pair(figure: Any, right: Sequence[str], old: Sequence[str], new: Sequence[str]) -> list[float]:
    return [round(figure(right, old), 4), round(figure(right, new), 4)]


def _confusion(right: Sequence[str], said: Sequence[str]) -> list[list[Any]]:
    """[right, said, texts], the most frequent first; pairs that never occur are left out."""
    return [[*pair, n] for pair, n in measure.confusion(right, said).items()]


def _calibration(right: Sequence[str], said: Said) -> dict[str, Any]:
    good = np.array([r == s for r, s in zip(right, said.labels, strict=True)], dtype=bool)
    curve = [[round(value, 4) for value in one] for one in measure.reliability(good, said.sure)]
    return {"ece": round(measure.calibration_error(good, said.sure), 4), "curve": curve}


def _coverage(right: Sequence[str], said: Said, precision: float) -> float:
    good = np.array([r == s for r, s in zip(right, said.labels, strict=True)], dtype=bool)
    return round(measure.coverage(good, said.sure, precision), 4) if len(good) else 0.0
