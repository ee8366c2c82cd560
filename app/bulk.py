"""`python -m app bulk`: very many letters classified, held against their labels, or used to judge a model.

What is done lies in `OUT.parts` until all is done, and only then OUT appears. The same command goes on where one before
it ended, whatever ended it: the parts are kept as long as letters, model and act are the same.
"""

import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.bulk_cluster import able, cluster, processes, spread
from app.bulk_figures import as_json, evaluated, joined, summary
from app.bulk_part import Act, Job, judge, write
from app.errors import CannotGoOn
from classifiers import DataError, Model, PublicKey, letters, load
from classifiers.artefact import copy
from classifiers.letters import Span

PLAN, SHEET, SCRATCH = "plan.json", "letters.csv", "scratch"
OURS = re.compile(r"plan\.json|letters\.csv|scratch|model|ready|\..+|\d{6,}\.csv")
SUFFIXES = (".csv", ".jsonl", ".xlsx")


@dataclass(frozen=True, slots=True)
class Asked:
    """`workers` 0: in this process. `key`: the model must be signed by it; none for a folder somebody named."""

    act: Act
    file: Path
    out: Path
    model: Path
    key: PublicKey | None = None
    scheduler: str | None = None
    workers: int = 2
    rows: int = 2_000
    names: letters.Names = field(default_factory=letters.Names)
    encoding: str = "utf-8"
    sure: float = 0.0


def run(asked: Asked) -> dict[str, Any]:
    """Does all of it and tells in short what came out; `out` is written in one step at the end.

    DataError, ArtefactError, CannotGoOn, OSError when it cannot be done; `out` is then as it was.
    """
    _usable(asked)
    model = load(asked.model, asked.key)
    folder = asked.out.absolute().with_name(asked.out.name + ".parts")
    with _bar() as bar:
        looking = bar.add_task("reading", total=None)
        job = _begun(asked, model, folder)
        bar.remove_task(looking)
        left = [span for span in job.table.spans if not job.part(span).exists()]
        done = job.table.letters - sum(span.count for span in left)
        task = bar.add_task(asked.act.value, total=job.table.letters, completed=done)
        if done:
            print(f"going on: {done} of {job.table.letters} letters were done before", file=sys.stderr)
        for count in _judged(asked, job, left, folder) if left else ():
            bar.advance(task, count)
    told = _written(job, asked.out, model)
    shutil.rmtree(folder)
    return told


def _usable(asked: Asked) -> None:
    if asked.file.suffix.lower() not in SUFFIXES:
        raise DataError(f"{asked.file}: letters come as {', '.join(SUFFIXES)}")
    if asked.out.exists() and (asked.out.is_dir() or asked.out.samefile(asked.file)):
        raise DataError(f"{asked.out}: the results need a file of their own")
    if not asked.out.absolute().parent.is_dir():
        raise DataError(f"{asked.out.absolute().parent}: no such folder")


def _begun(asked: Asked, model: Model, folder: Path) -> Job:
    """The job with its folder: the one that a run for the same left behind, or a new one."""
    file, names, encoding = asked.file.absolute(), asked.names, asked.encoding
    foreign = [path.name for path in folder.glob("*") if not OURS.fullmatch(path.name)]
    if foreign:
        raise CannotGoOn(f"{folder}: is in the way, it holds {foreign[0]}; move it or name another output")
    folder.mkdir(exist_ok=True)
    if file.suffix.lower() == ".xlsx":
        file, encoding = folder / SHEET, "utf-8"
        letters.from_sheet(asked.file, file)
    try:
        table = letters.looked_through(file, names, asked.rows, encoding, labels=asked.act is not Act.CLASSIFY)
    except DataError:
        if not (folder / PLAN).exists():
            shutil.rmtree(folder)
        raise
    plan = json.dumps([asked.act, asked.sure, asked.rows, table.digest, encoding, astuple(names), model.version])
    if not (folder / PLAN).exists() or (folder / PLAN).read_text("utf-8") != plan:
        _anew(folder, asked.model, plan)
    return Job(asked.act, table, folder / "model", model.version, folder, asked.sure)


def _anew(folder: Path, model: Path, plan: str) -> None:
    """The plan goes first and comes last: parts without it are nobody's."""
    (folder / PLAN).unlink(missing_ok=True)
    for part in folder.glob("[0-9]*.csv"):
        part.unlink()
    copy(model, folder / "model")
    write(folder / PLAN, [plan.encode()])


def _judged(asked: Asked, job: Job, spans: Sequence[Span], folder: Path) -> Iterator[int]:
    """Letters done, as they are done."""
    if asked.scheduler is None and (asked.workers == 0 or len(spans) == 1):
        yield from (judge(job, span) for span in spans)
        return
    if asked.scheduler:
        with cluster(asked.scheduler) as client:
            able(client, job)
            yield from spread(client, job, spans)
        return
    with processes(asked.workers, folder / SCRATCH) as client:
        yield from spread(client, job, spans)


def _written(job: Job, out: Path, model: Model) -> dict[str, Any]:
    if job.act is Act.EVALUATE:
        figures = evaluated(job, job.table.spans, model.classes)
        write(out, [as_json(figures)])
        return {name: told for name, told in figures.items() if not isinstance(told, list)}
    told = Counter[str]()
    write(out, joined(job, job.table.spans, told))
    return summary(job, told)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
