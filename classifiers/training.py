"""Where a model comes from: labelled rows in, a measured and calibrated model out. Runs in a process of its own."""

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from classifiers import measure
from classifiers.artefact import identified
from classifiers.calibrate import Bools, Temperature, Thresholds
from classifiers.features import Ints
from classifiers.linear import Linear
from classifiers.model import CLASSIFIERS, Model
from classifiers.rows import Row, checked, digest, gold
from classifiers.unseen import Scored, item_heads, unseen

MANY = 3_000
"""Messages from which three folds show as much as five, and columns seen only once or twice are not worth keeping."""

Progress = Callable[[int, int], None]
"""Told (steps done, steps in all)."""


def train(
    rows: Sequence[Row],
    *,
    seed: int = 1,
    segmenter: str = "rjieba",
    classifier: str = "linear",
    created_at: datetime | None = None,
    progress: Progress = lambda done, of: None,
) -> Model:
    """Score every message unseen, calibrate and choose thresholds on that, then fit on all rows.

    The same rows and seed give the same model, byte for byte; `created_at` is the only fact that may differ.
    DataError when fewer than two labels have messages; KeyError for an unknown segmenter or classifier.
    """
    rows = checked(list(rows), "training data")
    messages = len(gold(rows))
    count = 3 if messages > MANY else 5
    steps = iter(range(1, count + 2))

    def step() -> None:
        progress(next(steps), count + 1)

    make = maker(rows, seed=seed, segmenter=segmenter, classifier=classifier)
    labels, items = unseen(rows, make, count, seed, step)
    final = make().fit([r.text for r in rows], [r.label for r in rows], [r.weight for r in rows])
    heads = item_heads(rows, final, seed)
    heads.temperature_ = items.temperature() if items else Temperature()
    warm = labels.temperature()
    thresholds = _thresholds(labels, warm)
    facts = {
        "classifier": classifier,
        "segmenter": segmenter,
        "seed": seed,
        "created_at": created_at.isoformat() if created_at else None,
        "training": {"sha256": digest(rows), "rows": len(rows), "messages": messages, "folds": count},
        "metrics": _metrics(labels, items, warm, thresholds),
    }
    step()
    return identified(Model(final, warm, thresholds, heads, facts))


def maker(
    rows: Sequence[Row], *, seed: int = 1, segmenter: str = "rjieba", classifier: str = "linear"
) -> Callable[[], Linear]:
    """Makes the classifiers, not taught yet, that suit so many rows."""
    least = (2, 3) if len(gold(rows)) > MANY else (1, 1)
    return lambda: CLASSIFIERS[classifier](seed=seed, segmenter=segmenter, least=least)


def _thresholds(labels: Scored, warm: Temperature) -> Thresholds:
    """Chosen on whole messages and openings alike: the shares a desk will see lie between the two."""
    chances = warm.probabilities(labels.scores, labels.lengths)
    return Thresholds.choose(chances.max(axis=1), labels.said == labels.right, _among_three(labels))


def _among_three(labels: Scored) -> Bools:
    best = np.argsort(-labels.scores, axis=1)[:, :3]
    return np.asarray((best == labels.right[:, None]).any(axis=1))


def _metrics(labels: Scored, items: Scored | None, warm: Temperature, thresholds: Thresholds) -> dict[str, float]:
    """Figures over whole messages no model had seen. What real messages reach is in docs/classifier.md."""
    whole = _first_of_each(labels)
    sure = warm.probabilities(labels.scores, labels.lengths).max(axis=1)[whole]
    right, said = labels.right[whole], labels.said[whole]
    good, routed = said == right, sure >= thresholds.route
    figures = {
        "accuracy": float(good.mean()),
        "macro_f1": measure.macro_f1(right.astype(str).tolist(), said.astype(str).tolist()),
        "top3": float(_among_three(labels)[whole].mean()),
        "ece": measure.calibration_error(good, sure),
        "coverage_95": measure.coverage(good, sure, 0.95),
        "routed": float(routed.mean()),
        "routed_precision": float(good[routed].mean()) if routed.any() else 0.0,
        "held": float((sure < thresholds.ask).mean()),
        "item_accuracy": float((items.said == items.right).mean()) if items else 0.0,
    }
    return {name: round(value, 4) for name, value in figures.items()}


def _first_of_each(labels: Scored) -> Ints:
    """Where each message stands whole: its openings come after it."""
    return np.unique(labels.source, return_index=True)[1]
