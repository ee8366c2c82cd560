"""The learning commands of `python -m app`: train a model, classify lines. Each returns its exit code."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, TypedDict, cast

from rich.console import Console
from rich.progress import Progress

from classifiers import (
    ArtefactError,
    DataError,
    Model,
    Prediction,
    SigningKey,
    firstday,
    load,
    read_csv,
    save,
    train,
)
from classifiers.outofcore import train_from_file

USAGE = 2
"""Exit code when the command was given something it cannot use."""

LINE_LIMIT = 1_000_000
PIECE = 262_144
"""Bytes of one line kept at most, and read at once."""

LARGE = 25_000_000
"""Bytes of a CSV that is trained out of core: in memory its 25,000 letters would take some two gigabytes."""

_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps makes a new one each time


def train_command(
    data: Path | None,
    out: Path,
    segmenter: str = "rjieba",
    seed: int = 1,
    key: SigningKey | None = None,
    out_of_core: bool = False,
) -> int:
    """Train on a CSV (text, label, perhaps item), or on the first-day corpus without one; write the model into `out`.

    With a key it is signed, as it must be where a program is to serve it. A CSV of more than LARGE bytes, or any with
    `out_of_core`, is read a piece at a time and never held in memory.

    Exit code 0, or USAGE after one line on stderr saying what is wrong with the data or the folder.
    """
    try:
        streamed = data is not None and (out_of_core or data.stat().st_size > LARGE)
        model = _trained(data, segmenter, seed, streamed)
        save(model, out, key)
    except (DataError, OSError) as error:
        print(error, file=sys.stderr)
        return USAGE
    print(_summary(model), file=sys.stderr)
    return 0


def first_day_model(path: Path, key: SigningKey | None = None) -> Model:
    """The model in the folder `path`; when none is there, the first-day model is trained into it. Signed, with a key.

    ArtefactError when something stands there that cannot be used: it is never overwritten.
    """
    try:
        return load(path, key.public if key else None)
    except ArtefactError as error:
        if error.reason != "missing":
            raise
    model = _trained(None)
    save(model, path, key)
    return model


def classify_command(
    model: Path,
    source: BufferedReader | None = None,
    sink: IO[bytes] | None = None,
    key: SigningKey | None = None,
) -> int:
    """JSON lines {"id", "text"} in; out the same id with label, confidence, ranking, item, action and version.

    What has arrived is answered together and at once, so a pipe is fast, a person sees each answer, and memory stays
    flat. A bad line is told on stderr as {"error", "line"} and passed over; the exit code is then 1. USAGE when the
    model cannot be used. With a key it must be signed by it: a folder somebody named is taken as it is.
    """
    try:
        ready = first_day_model(model, key)
    except (ArtefactError, DataError, OSError) as error:
        print(f"{model}: {error}", file=sys.stderr)
        return USAGE
    reader, writer = source or _stdin(), sink or sys.stdout.buffer
    bad = 0
    for lines in _arrived(reader):
        asked = list(_asked(lines))
        bad += len([line for line in lines if line[1].strip()]) - len(asked)
        for line in _answers(ready, asked):
            writer.write(line)
        writer.flush()
    return 1 if bad else 0


def _trained(data: Path | None, segmenter: str = "rjieba", seed: int = 1, streamed: bool = False) -> Model:
    """From a file, with hints from our corpus unless it is streamed, or from the corpus alone."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(data.name if data else "our corpus")
        how: _How = {
            "seed": seed,
            "segmenter": segmenter,
            "created_at": datetime.now(UTC),
            "progress": lambda done, of: bar.update(task, completed=done, total=of),
        }
        if data and streamed:
            return train_from_file(data, **how)
        corpus = firstday.rows()
        return train(read_csv(data), corpus=corpus, **how) if data else train(corpus, proven=0, **how)


class _How(TypedDict):
    """What every training is told."""

    seed: int
    segmenter: str
    created_at: datetime
    progress: Callable[[int, int], None]


def _summary(model: Model) -> str:
    return json.dumps({"version": model.version} | dict(model.facts["metrics"]))


def _stdin() -> BufferedReader:
    return cast(BufferedReader, sys.stdin.buffer)


def _arrived(source: BufferedReader) -> Iterator[list[tuple[int, bytes]]]:
    """The numbered lines of each piece as it comes in; a line longer than LINE_LIMIT is cut."""
    _widen(source)
    rest, number = b"", 0
    while piece := source.read1(PIECE):
        *whole, rest = (rest + piece).split(b"\n")
        rest = rest[:LINE_LIMIT]
        yield list(enumerate(whole, number + 1))
        number += len(whole)
    if rest:
        yield [(number + 1, rest)]


def _widen(source: BufferedReader) -> None:
    """Let a pipe hold a whole piece: a quarter of that is usual. Where this cannot be done, pieces are smaller."""
    with suppress(ImportError, AttributeError, OSError):  # no such system call, no such pipe
        import fcntl

        fcntl.fcntl(source.fileno(), fcntl.F_SETPIPE_SZ, PIECE)


def _asked(lines: list[tuple[int, bytes]]) -> Iterator[tuple[Any, str]]:
    """(id, text) of every good line; a bad one is told on stderr."""
    for number, line in lines:
        if not line.strip():
            continue
        try:
            if len(line) >= LINE_LIMIT:
                raise ValueError(f"a line holds at most {LINE_LIMIT} bytes")
            asked = json.loads(line)
            if not isinstance(asked, dict) or not isinstance(asked.get("text"), str):
                raise ValueError("a line must be an object with a text")
            yield asked.get("id"), asked["text"]
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error), "line": number}), file=sys.stderr)


def _answers(model: Model, asked: list[tuple[Any, str]]) -> Iterator[bytes]:
    said = model.predict_many([text for _, text in asked])
    for (key, _), prediction in zip(asked, said, strict=True):
        yield _json({"id": key} | _plain(prediction)).encode("utf-8", "replace") + b"\n"


def _plain(prediction: Prediction) -> dict[str, Any]:
    """The prediction's fields; dataclasses.asdict would copy every pair of the ranking."""
    return {name: getattr(prediction, name) for name in Prediction.__slots__}
