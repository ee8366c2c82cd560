"""Where a model comes from: labelled rows in, a measured and calibrated model out. Runs in a process of its own."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from classifiers import head, measure
from classifiers.artefact import identified
from classifiers.calibrate import (
    Bools,
    Calibration,
    Sureness,
    Temperature,
    Thresholds,
)
from classifiers.items import Items
from classifiers.linear import Linear
from classifiers.material import Material
from classifiers.model import Model
from classifiers.rows import Row, checked, digest, gold
from classifiers.unseen import Scored, unseen

MANY = 3_000
"""Messages from which three folds show as much as five, and rare columns are not worth their room: of our corpus they
are half, and hold half a point on titles."""

LETTERS = 150
"""Characters of a message, on average, from which messages are letters."""

PROVEN = 1_000
"""Messages residents really wrote from which a threshold is trusted as it was measured."""

Progress = Callable[[int, int], None]
"""Told (steps done, steps in all)."""


def train(
    rows: Sequence[Row],
    *,
    seed: int = 1,
    segmenter: str = "rjieba",
    corpus: Sequence[Row] = (),
    proven: int | None = None,
    created_at: datetime | None = None,
    progress: Progress = lambda done, of: None,
) -> Model:
    """Score every message unseen, calibrate and choose thresholds on that, then fit on all rows.

    `corpus` are rows with other labels that give hints (prior.py). `proven` is how many of the messages residents
    wrote; None: all. The same rows and seed give the same model, byte for byte; `created_at` is the only fact that may
    differ. DataError when fewer than two labels have messages; KeyError for an unknown segmenter.
    """
    rows = checked(list(rows), "training data")
    messages = len(gold(rows))
    count = 3 if messages > MANY else 5
    steps = iter(range(1, count + 3))

    def step() -> None:
        progress(next(steps), count + 2)

    classifier = maker(rows, seed=seed, segmenter=segmenter)()
    material = Material.of(classifier, rows, corpus, seed)
    step()
    labels, items = unseen(material, count, seed, step)
    every = np.arange(len(rows))
    classifier.head_, heads = material.head(every, seed), material.items(every, seed)
    classifier.head_.lighten(classifier.features_.idf_)
    facts = {
        "segmenter": segmenter,
        "seed": seed,
        "created_at": created_at.isoformat() if created_at else None,
        "training": {"sha256": digest([*rows, *corpus]), "rows": len(rows), "messages": messages, "folds": count},
    }
    step()
    return finished(classifier, heads, labels, items, facts, proven)


def maker(rows: Sequence[Row], *, seed: int = 1, segmenter: str = "rjieba") -> Callable[[], Linear]:
    """Makes classifiers, not taught yet, that suit so many rows of such length."""
    lengths = [len(rows[i].text) for i in gold(rows)]
    letters = sum(lengths) / len(lengths) > LETTERS
    strength = head.LETTERS if letters else head.MESSAGES
    rare = least(len(lengths))
    return lambda: Linear(seed=seed, segmenter=segmenter, least=rare, strength=strength)


def least(messages: int) -> tuple[int, int]:
    """In how many of so many messages a run of words stands, and one of characters, to be worth a column."""
    return (1, 1) if messages <= MANY else (2, 3)


def finished(
    classifier: Linear,
    heads: Items,
    labels: Scored,
    items: Scored | None,
    facts: Mapping[str, Any],
    proven: int | None = None,
) -> Model:
    """The model of machines that learned, calibrated and measured by scores of messages they had not seen."""
    heads.temperature_ = items.temperature() if items else Temperature()
    calibration = _calibration(labels)
    thresholds = _thresholds(labels, calibration, proven)
    metrics = _metrics(labels, items, calibration, thresholds)
    return identified(Model(classifier, calibration, thresholds, heads, {**facts, "metrics": metrics}))


def _calibration(labels: Scored) -> Calibration:
    sureness = Sureness.fit(labels.scores, labels.lengths, labels.good, labels.weights)
    return Calibration(labels.temperature(), sureness)


def _thresholds(labels: Scored, calibration: Calibration, proven: int | None) -> Thresholds:
    """Chosen on whole messages and openings alike: the shares a desk will see lie between the two."""
    sure = calibration.probabilities(labels.scores, labels.lengths).max(axis=1)
    enough = proven is None or proven >= PROVEN
    return Thresholds.choose(sure, labels.good, _among_three(labels), labels.weights, proven=enough)


def _among_three(labels: Scored) -> Bools:
    best = np.argsort(-labels.scores, axis=1)[:, :3]
    return np.asarray((best == labels.right[:, None]).any(axis=1))


def _metrics(
    labels: Scored, items: Scored | None, calibration: Calibration, thresholds: Thresholds
) -> dict[str, float]:
    """Figures over whole messages no model had seen. What real messages reach is in docs/classifier.md."""
    whole = labels.whole
    sure = calibration.probabilities(labels.scores, labels.lengths).max(axis=1)[whole]
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
