"""The process that trains: a request on stdin, lines of progress and at last the report on stdout, the model on disk.

`python -m app.learning_child`, started by `app/learning.py`. The request is one JSON line (`Request`); texts of
residents come and go by these pipes only and are never a file. Whoever asked keeps stdin open: when it closes they are
gone, and so is this process. Lines out: {"fraction", "stage"}, {"error": a Failure}, or {"found": the report}.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cases.learning import Failure, Stage
from classifiers import ArtefactError, DataError, Model, PublicKey, Row, SigningKey, load, save, train
from classifiers.alike import distinct
from classifiers.beside import FOLDS, agreement, beside, canaries
from classifiers.compared import comparison, cost, figures, reference
from classifiers.linear import Linear
from classifiers.poison import Lesson, heavy
from classifiers.training import maker

PARTS = {Stage.LEARNING: (0.02, 0.65), Stage.COMPARING: (0.65, 0.97), Stage.KEEPING: (0.97, 1.0)}
"""Where each stage begins and ends in the whole."""


@dataclass(frozen=True)
class Request:
    """The corpus as (text, label, item, weight, gold); those learned before as (text, label, item).

    Lessons as (text, label, item, case, resident): who it was is a number of this request and leads to nobody.

    `old` is the folder of the model in use, `out` that of the new one, which `key` signs; it comes by the pipe because
    others can see a command line and an environment. `by` is who asked.
    """

    corpus: list[list[Any]]
    lessons: list[list[Any]]
    before: list[list[str]]
    recent: list[str]
    old: str | None
    out: str
    key: str
    by: str | None = None

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


def request(rows: Sequence[Row], **given: Any) -> Request:
    return Request(corpus=[list(astuple(row)) for row in rows], **given)


def main() -> None:
    asked = Request(**json.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_end_with_them, daemon=True).start()
    os.nice(10)  # people who wait for an answer come first
    try:
        _tell({"found": learn(asked, _progress)})
    except (DataError, OSError) as error:
        print(f"training: {error}", file=sys.stderr)
        _tell({"error": Failure.DATA if isinstance(error, DataError) else Failure.DISK})


def learn(asked: Request, progress: Callable[[float, Stage], None]) -> dict[str, Any]:
    """Train, compare, keep; the report as `cases.learning.finished` takes it."""
    corpus = [Row(*row) for row in asked.corpus]
    known = [row.text for row in corpus if row.gold]
    lessons = [asked.lessons[i] for i in distinct([lesson[0] for lesson in asked.lessons], known)]
    rows = [*corpus, *map(_row, lessons)]
    steps = _within(Stage.LEARNING, progress)
    model = train(rows, proven=len(lessons), created_at=datetime.now(UTC), progress=steps)
    key = SigningKey(asked.key)
    old = _usable(asked.old, key.public)
    before = [*corpus, *map(_row, asked.before)]
    done = iter(range(1, FOLDS + 1))
    compared = _within(Stage.COMPARING, progress)
    warm = ((old or model).calibration, model.calibration)
    held = beside(before, rows, lambda: compared(next(done), FOLDS), warm=warm)
    references = [*map(reference, known), *(lesson[3] for lesson in lessons)]
    found = {
        "fingerprint": model.version,
        "figures": dict(model.facts["metrics"]),
        "cases": [lesson[3] for lesson in lessons],
        "learned": {"messages": model.facts["training"]["messages"], "lessons": len(lessons)},
        "alike": len(asked.lessons) - len(lessons),
        "beside": figures(held),
        "comparison": comparison(held, references),
        "agreement": agreement(old, model, asked.recent) if old else None,
        "canaries": canaries(old, model, corpus),
        "poison": _poison(old.classifier if old else _taught(before), model.classifier, lessons, corpus),
    }
    progress(PARTS[Stage.KEEPING][0], Stage.KEEPING)
    save(model, Path(asked.out), key, by=asked.by)
    sides = [(old, asked.old), (model, asked.out)]
    found["cost"] = [cost(side, Path(folder), known) if side and folder else None for side, folder in sides]
    return found


def _poison(old: Linear, new: Linear, lessons: Sequence[list[Any]], corpus: Sequence[Row]) -> list[dict[str, Any]]:
    taught = [Lesson(text, label, resident) for text, label, _, _, resident in lessons]
    return [word.told() for word in heavy(old, new, taught, [row for row in corpus if row.gold])]


def _taught(rows: Sequence[Row]) -> Linear:
    """As the model in use was, when that one cannot be loaded: what is new is new beside something."""
    return maker(rows)().fit([r.text for r in rows], [r.label for r in rows], [r.weight for r in rows])


def _row(lesson: Sequence[Any]) -> Row:
    text, label, item, *_ = lesson
    return Row(text, label, item)


def _within(stage: Stage, progress: Callable[[float, Stage], None]) -> Callable[[int, int], None]:
    """Steps of a stage as parts of the whole."""
    start, end = PARTS[stage]
    progress(start, stage)
    return lambda done, of: progress(start + (end - start) * done / of, stage)


def _usable(path: str | None, key: PublicKey) -> Model | None:
    with suppress(ArtefactError):
        return load(Path(path), key) if path else None
    return None


def _progress(fraction: float, stage: Stage) -> None:
    _tell({"fraction": round(fraction, 3), "stage": stage})


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    sys.stdout.buffer.flush()


def _end_with_them() -> None:
    """Whoever asked is gone, even if killed: nobody would read what comes of this."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
