"""Spans handed to workers by Dask: processes of this machine, or a cluster of one's own. Only here Dask is imported.

A worker that is lost takes nothing with it: Dask gives what it held to another one, and a process of this machine is
started anew.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from app.bulk_part import Job, judge, ready
from app.errors import CannotGoOn
from classifiers import DataError
from classifiers.letters import Span

if TYPE_CHECKING:
    from distributed import Client

LOSSES = 10
"""Workers that may die over one span before it is taken for the reason."""

ANSWER, WORKERS = 3, 15
"""Seconds for a scheduler to answer, and to have a worker."""

OWN: Mapping[str, Any] = {
    "distributed.scheduler.allowed-failures": LOSSES,
    # memory given back after every few arrays is asked for again with the next: half as much CPU again
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.http.routes": [],  # nobody is to look in
    "distributed.worker.http.routes": [],
}
QUIET = ("distributed", "tornado", "asyncio")
"""Loggers, with all below them, which Dask gives levels of their own. A killed worker is no news: it is made good."""


@contextmanager
def processes(count: int, scratch: Path) -> Iterator["Client"]:
    """So many processes of this machine, which nobody but us can speak to (TLS with keys of this run)."""
    with ExitStack() as stack:
        dask, distributed = _dask()
        stack.enter_context(dask.config.set(OWN))
        cluster = stack.enter_context(
            distributed.LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                security=True,
                dashboard_address="127.0.0.1:0",
                local_directory=str(scratch),
                silence_logs=logging.CRITICAL,
            )
        )
        yield stack.enter_context(distributed.Client(cluster, set_as_default=False))


@contextmanager
def cluster(address: str) -> Iterator["Client"]:
    """A scheduler somebody runs. Keys for tls:// come from Dask's own settings. CannotGoOn when it is of no use."""
    with ExitStack() as stack:
        _, distributed = _dask()
        try:
            client = stack.enter_context(distributed.Client(address, timeout=ANSWER, set_as_default=False))
        except (OSError, ValueError, TypeError) as error:
            raise CannotGoOn(f"{address}: no scheduler answers ({_first_line(error)})") from error
        try:
            client.wait_for_workers(1, timeout=WORKERS)
        except TimeoutError as error:
            raise CannotGoOn(f"{address}: the scheduler has no worker") from error
        yield client


def able(client: "Client", job: Job) -> None:
    """Whether the workers of a cluster can do it: one that cannot even read a task would be waited for without end."""
    _, distributed = _dask()
    for error in client.run(ready, job, on_error="return").values():
        if isinstance(error, Exception) and not isinstance(error, distributed.comm.CommClosedError):
            raise _in_words(error, job.table.spans[0]) from error


def spread(client: "Client", job: Job, spans: Sequence[Span]) -> Iterator[int]:
    """How many letters are done, as parts come in, in whatever order."""
    _, distributed = _dask()
    run = uuid4().hex
    by_key = {f"bulk-{run}-{span.number}": span for span in spans}
    futures = client.map(judge, [job] * len(spans), spans, key=list(by_key), pure=False)
    waiting = distributed.as_completed(futures, loop=client.loop)
    futures.clear()  # the client keeps nothing of what is done
    for future in waiting:
        span = by_key[future.key]
        try:
            yield future.result()
        except (Exception, distributed.CancelledError) as error:
            raise _in_words(error, span) from error


def _in_words(error: BaseException, span: Span) -> Exception:
    """What a person can mend; anything else stays as it is."""
    _, distributed = _dask()
    where = f"letters {span.row} to {span.row + span.count - 1}"
    if lacking := re.search(r"No module named '[\w.]+'", f"{error} {error.__cause__}"):  # it comes in several wraps
        return CannotGoOn(f"scheduler and workers need this program, started in its folder ({lacking[0]})")
    if isinstance(error, distributed.KilledWorker):
        return CannotGoOn(f"{where}: worker after worker died over them")
    if isinstance(error, distributed.CancelledError):
        return CannotGoOn("the scheduler is gone; the same command goes on where this one ended")
    if isinstance(error, OSError):
        return CannotGoOn(f"{where}: {error}; every worker needs the same folders under the same names")
    if isinstance(error, DataError) or not isinstance(error, Exception):
        return CannotGoOn(f"{where}: {error}")
    return error


def _dask() -> tuple[Any, Any]:
    try:
        import dask
        import distributed
    except ModuleNotFoundError as error:
        raise CannotGoOn("several processes need Dask: `make bulk` installs it; --workers 0 does without") from error
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(QUIET):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    return dask, distributed


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
