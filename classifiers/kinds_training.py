"""Where the small model of kinds comes from: learned from its own corpus, measured on departments it has not seen.

python -m classifiers.kinds_training      # writes classifiers/kinds.npz and tells the figures
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers import measure
from classifiers.kinds import FILE, KINDS, Example, Kinds, examples, packed, runs, weighed

STRENGTH = 10.0
"""C of the logistic regression. 3 and 30 give the same within a point."""

LEAST = 2
"""Departments in which a run has to stand: what stands in one alone says what a message is about. 1 gains a point, and
five times the size."""

PRECISION = 0.90
"""How often a named kind must be right, at the lower bound of what was seen; else the kind is unknown."""

FOLDS = 5


def fit(taught: Sequence[Example], sharp: float = 1.0, sure: float = 0.0) -> Kinds:
    """Learn from the examples; scores count `sharp` times, and `sure` is taken as given."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    counted = [runs(example.text) for example in taught]
    columns, idf = _columns(taught, counted)
    rows = [weighed(counts, columns, idf) for counts in counted]
    starts = np.concatenate([[0], np.cumsum([len(places) for places, _ in rows])])
    values, places = np.concatenate([v for _, v in rows]), np.concatenate([p for p, _ in rows])
    table = csr_matrix((values, places, starts), shape=(len(rows), len(columns)))
    right = [KINDS.index(example.kind) for example in taught]
    machine = LogisticRegression(C=STRENGTH, max_iter=1_000).fit(table, right)
    coef, intercept = (sharp * machine.coef_).astype(np.float32), (sharp * machine.intercept_).astype(np.float32)
    return Kinds(columns, idf, coef, intercept, sure, digest(taught))


def _columns(taught: Sequence[Example], counted: Sequence[Counter[str]]) -> tuple[dict[str, int], NDArray[np.float32]]:
    """The runs that at least LEAST departments use, with their weight."""
    where: dict[str, set[str]] = {}
    for example, counts in zip(taught, counted, strict=True):
        for run in counts:
            where.setdefault(run, set()).add(example.department)
    columns = {run: i for i, run in enumerate(sorted(run for run, said in where.items() if len(said) >= LEAST))}
    often = Counter(run for counts in counted for run in counts)
    idf = [np.log((1 + len(taught)) / (1 + often[run])) + 1 for run in columns]
    return columns, np.array(idf, dtype=np.float32)


def unseen(taught: Sequence[Example], seed: int = 1) -> NDArray[np.float64]:
    """(examples × KINDS): chances from a model that knew no message about the same department."""
    departments = sorted({example.department for example in taught})
    order = np.random.default_rng(seed).permutation(len(departments))
    fold = {departments[i]: n % FOLDS for n, i in enumerate(order)}
    chances = np.zeros((len(taught), len(KINDS)))
    for k in range(FOLDS):
        model = fit([example for example in taught if fold[example.department] != k])
        for i, example in enumerate(taught):
            if fold[example.department] == k:
                chances[i] = model.chances(example.text)
    return chances


def sharpness(taught: Sequence[Example], chances: NDArray[np.float64]) -> float:
    """How many times the scores have to count for the right kinds to be least surprising."""
    from scipy.optimize import minimize_scalar

    right = np.array([KINDS.index(example.kind) for example in taught])

    def surprise(sharp: float) -> float:
        return float(-np.log(sharpened(chances, sharp)[np.arange(len(right)), right]).mean())

    return round(float(minimize_scalar(surprise, bounds=(0.5, 10), method="bounded").x), 2)


def sharpened(chances: NDArray[np.float64], sharp: float) -> NDArray[np.float64]:
    powers = chances**sharp
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def judged(taught: Sequence[Example], chances: NDArray[np.float64]) -> tuple[float, dict[str, float]]:
    """From which chance a kind is named, and the figures."""
    gold = [example.kind for example in taught]
    said = [KINDS[i] for i in chances.argmax(axis=1)]
    right, sure = np.array([g == s for g, s in zip(gold, said, strict=True)]), chances.max(axis=1)
    least = _threshold(right, sure)
    named = sure >= least
    figures = {
        "examples": len(taught),
        "accuracy": measure.accuracy(gold, said),
        "macro_f1": measure.macro_f1(gold, said),
        "ece": measure.calibration_error(right, sure),
        "sure": least,
        "named": float(named.mean()),
        "named_right": float(right[named].mean()) if named.any() else 0.0,
    }
    figures |= {f"recall_{kind}": recall for kind, (_, recall, _) in measure.per_label(gold, said).items()}
    return least, {name: round(value, 4) for name, value in figures.items()}


def _threshold(right: NDArray[np.bool_], sure: NDArray[np.float64]) -> float:
    """The lowest chance from which PRECISION is reached, in whole hundredths."""
    for least in np.arange(100) / 100:
        named = sure >= least
        if measure.at_least(int(right[named].sum()), int(named.sum())) >= PRECISION:
            return float(least)
    return 1.01


def digest(taught: Sequence[Example]) -> str:
    """Two models with the same digest learned from the same messages."""
    return hashlib.sha256(json.dumps([astuple(example) for example in taught]).encode()).hexdigest()


def main() -> None:
    taught = examples()
    chances = unseen(taught)
    sharp = sharpness(taught, chances)
    sure, figures = judged(taught, sharpened(chances, sharp))
    Path(__file__).with_name(FILE).write_bytes(packed(fit(taught, sharp, sure)))
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
