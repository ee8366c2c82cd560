"""One span of letters judged: what each worker of `bulk` does, on whichever machine. Knows no engine and no database.

A part is written beside its name and takes it in one step: a worker that is killed leaves none, and another does it.
"""

import csv
import io
import os
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from cases.export import inert
from classifiers import ArtefactError, DataError, Model, Prediction, load
from classifiers.letters import Letter, Span, Table

_loading = threading.Lock()


class Act(StrEnum):
    CLASSIFY = "classify"
    RELABEL = "relabel"
    EVALUATE = "evaluate"


@dataclass(frozen=True, slots=True)
class Job:
    """Everything by path, so that nothing but a few numbers goes over the network. `sure`: told from there on."""

    act: Act
    table: Table
    model: Path
    version: str
    parts: Path
    sure: float = 0.0

    def part(self, span: Span) -> Path:
        return self.parts / f"{span.number:06}.csv"


COLUMNS: Mapping[Act, Sequence[str]] = {
    Act.CLASSIFY: ("row", "id", "label", "confidence", "item", "item_confidence", "action"),
    Act.RELABEL: ("row", "id", "given", "label", "confidence", "item", "action", "text"),
    Act.EVALUATE: ("given", "label", "confidence", "rank", "action"),
}


def ready(job: Job) -> None:
    """Whether this process can do any of it: DataError or OSError says why not."""
    _model(job.model, job.version)
    with job.table.path.open("rb"):
        write(job.parts / "ready", [b""])


def judge(job: Job, span: Span) -> int:
    """Writes the span's part, unless it is there; tells how many letters it holds."""
    part = job.part(span)
    if not part.exists():
        letters = job.table.read(span)
        said = _model(job.model, job.version).predict_many([letter.text for letter in letters])
        rows = ROWS[job.act](job, zip(letters, said, strict=True))
        write(part, [written(rows)])
    return span.count


def write(path: Path, pieces: Iterable[bytes]) -> None:
    """Beside it first, on the disk, then in its place. Two who write the same part do not meet."""
    beside = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.{threading.get_ident()}")
    try:
        with beside.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def written(rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


@cache
def _loaded(folder: Path, version: str) -> Model:
    try:
        model = load(folder)
    except ArtefactError as error:
        raise DataError(f"{folder}: {error}") from None  # of one argument, so that it comes through
    if model.version != version:
        raise DataError(f"{folder}: holds {model.version}, not {version}")
    model.predict("。")  # dictionary and tables are read with the first text
    return model


def _model(folder: Path, version: str) -> Model:
    """Once a process, however many threads a worker has."""
    with _loading:
        return _loaded(folder, version)


Judged = Iterable[tuple[Letter, Prediction]]


def _classified(_: Job, judged: Judged) -> Iterable[Sequence[object]]:
    for letter, said in judged:
        yield (
            letter.row, inert(letter.id), inert(said.label), f"{said.confidence:.4f}",
            inert(said.item or ""), f"{said.item_confidence:.4f}", said.action,
        )  # fmt: skip


def _relabelled(job: Job, judged: Judged) -> Iterable[Sequence[object]]:
    """Those that change sides, with their text: somebody reads them."""
    for letter, said in judged:
        if letter.label and said.label != letter.label and said.confidence >= job.sure:
            yield (
                letter.row, inert(letter.id), inert(letter.label), inert(said.label), f"{said.confidence:.4f}",
                inert(said.item or ""), said.action, inert(letter.text),
            )  # fmt: skip


def _evaluated(_: Job, judged: Judged) -> Iterable[Sequence[object]]:
    """`rank`: the place of the right label, from 1; 0 for one that the model does not know."""
    for letter, said in judged:
        if letter.label:
            places = [label for label, _ in said.ranking]
            rank = places.index(letter.label) + 1 if letter.label in places else 0
            yield letter.label, said.label, said.confidence, rank, said.action


ROWS: Mapping[Act, Callable[[Job, Judged], Iterable[Sequence[object]]]] = {
    Act.CLASSIFY: _classified,
    Act.RELABEL: _relabelled,
    Act.EVALUATE: _evaluated,
}
