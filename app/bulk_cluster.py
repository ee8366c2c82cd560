"""Spans handed to workers by Dask: processes of this machine, or a cluster of one's own. Only here Dask is imported.

A worker that is lost takes nothing with it: Dask gives what it held to another one, and a process of this machine is
started anew.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from app.bulk_part import Job, judge
from app.errors import CannotGoOn
from classifiers import ArtefactError, DataError
from classifiers.letters import Span

if TYPE_CHECKING:
    from distributed import Client

LOSSES = 10
"""Workers that may die over one span before it is taken for the reason."""

ANSWER, WORKERS = 3, 15
"""Seconds for a scheduler to answer, and to have a worker."""

OWN = {
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
        where = f"letters {span.row} to {span.row + span.count - 1}"
        try:
            yield future.result()
        except distributed.KilledWorker as error:
            raise CannotGoOn(f"{where}: {LOSSES} workers died over them") from error
        except ModuleNotFoundError as error:
            raise CannotGoOn(f"the workers do not have this program ({error}); start them in its folder") from error
        except (ArtefactError, DataError, OSError) as error:
            raise CannotGoOn(f"{where}: {error}; every worker needs the same folders under the same names") from error


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
