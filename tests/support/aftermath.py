"""Looking at a program from behind: its database, whether it is quiet, what is left of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from app.database import start_server, stop_server

WAITING = """
SELECT (SELECT count(*) FROM notifications WHERE delivered_at IS NULL AND failed_at IS NULL)
     + (SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'deliver' AND status IN ('todo', 'doing'))
"""


@contextmanager
def database(data_dir: Path) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the program's own database, whether it runs or not."""
    server = start_server(data_dir)
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            yield connection
    finally:
        stop_server(server)


def wait_until_quiet(data_dir: Path, seconds: float = 90) -> None:
    """Every notice is delivered or given up, and no delivery is left in the queue."""
    deadline = time.monotonic() + seconds
    with database(data_dir) as connection:
        while left := connection.execute(WAITING).fetchone()[0]:  # type: ignore[index]
            assert time.monotonic() < deadline, f"{left} deliveries still wait after {seconds} s"
            time.sleep(0.3)


def servers(data_dir: Path) -> list[int]:
    """Processes of PostgreSQL in this folder; each has the data as its working folder."""
    found = list[int]()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(data_dir.resolve() / "postgres"):
                found.append(process.pid)
    return found
