"""What is told when all parts are there: the parts in order as one file, or the figures of an evaluation."""

import csv
import io
import json
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from sys import intern
from typing import Any

import numpy as np

from app.bulk_part import COLUMNS, Act, Job, written
from classifiers import measure
from classifiers.compared import PRECISIONS
from classifiers.letters import BOM, Span


def joined(job: Job, spans: Sequence[Span], told: Counter[str]) -> Iterator[bytes]:
    """The file piece by piece; `told` counts its rows, and by action."""
    yield BOM + written([COLUMNS[job.act]])
    action = COLUMNS[job.act].index("action")
    for span in spans:
        part = job.part(span).read_bytes()
        for row in csv.reader(io.StringIO(part.decode(), newline="")):
            told["rows"] += 1
            told[row[action]] += 1
        yield part


def evaluated(job: Job, spans: Sequence[Span], classes: Sequence[str]) -> dict[str, Any]:
    """The figures a training tells of itself, over these letters, and where they go wrong.

    Takes some forty bytes a letter: what is right, what was said, how sure.
    """
    right, said, actions = list[str](), list[str](), list[str]()
    sure, ranks = array("d"), array("i")
    for span in spans:
        with job.part(span).open(newline="", encoding="utf-8") as part:
            for given, label, confident, rank, action in csv.reader(part):
                right.append(intern(given))
                said.append(intern(label))
                actions.append(intern(action))
                sure.append(float(confident))
                ranks.append(int(rank))
    confidence, places = np.array(sure), np.array(ranks)
    good, done = places == 1, np.array(actions)
    routed = done == "route"
    figures = {
        "accuracy": float(good.mean()),
        "macro_f1": measure.macro_f1(right, said),
        "top3": float(((places > 0) & (places <= 3)).mean()),
        "ece": measure.calibration_error(good, confidence),
        **{f"coverage_{p:.0%}".rstrip("%"): measure.coverage(good, confidence, p) for p in PRECISIONS},
        "routed": float(routed.mean()),
        "routed_precision": float(good[routed].mean()) if routed.any() else 0.0,
        "held": float((done == "hold").mean()),
    }
    unknown = Counter(label for label in right if label not in set(classes))
    return {
        "version": job.version,
        "letters": job.table.letters,
        "labelled": len(right),
        "unknown_labels": dict(unknown.most_common()),
        **{name: round(value, 4) for name, value in figures.items()},
        "departments": [
            {"label": label, "n": n, "precision": round(precision, 4), "recall": round(recall, 4)}
            for label, (precision, recall, n) in measure.per_label(right, said).items()
        ],
        "confusion": [[*pair, n] for pair, n in measure.confusion(right, said).items()],
        "curve": [[round(value, 4) for value in one] for one in measure.reliability(good, confidence)],
    }


def as_json(figures: dict[str, Any]) -> bytes:
    return json.dumps(figures, ensure_ascii=False, indent=1).encode() + b"\n"


def summary(job: Job, told: Counter[str]) -> dict[str, Any]:
    """Of a file that was joined."""
    letters = {"version": job.version, "letters": job.table.letters}
    if job.act is Act.RELABEL:
        return letters | {"labelled": job.table.labelled, "changed": told["rows"]}
    return letters | {action: told[action] for action in ("route", "ask", "hold")}
