"""One PostgreSQL for the test run, and a fresh copy of a template database for every test that asks.

The server lies in memory where there is room, else in var/tests. It and its templates stay between runs; a template's
name carries a hash of all it was made from, so nothing stale is ever copied. Runs at the same time share the server:
the last to leave stops it.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from app.database import Server
from app.server import url_of

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "var" / "tests"
MEMORY, ROOM = Path("/dev/shm"), 3 * 2**30
# Nothing here outlives the machine, so nothing waits for the disk; kill tests start a server of their own.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
SCHEMA = ("models", "migrations")
LOADING = ("data", "town", "tests/support/town.py")
MADE_FROM = {"empty": SCHEMA, "town": (*SCHEMA, *LOADING)}


def server_folder() -> Path:
    """A checkout's own: copying and dropping hundreds of databases is most of what a disk would do for the tests."""
    folder = MEMORY / f"fengqiao-tests-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"
    return folder if folder.exists() or in_memory() else FOLDER


def in_memory() -> Path | None:
    """Where files lie in memory, if there is room: a killed process loses nothing that lies there."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


def fingerprint(parts: Iterable[str]) -> str:
    """Of these files and folders of the project."""
    digest = hashlib.sha256()
    for part in parts:
        top = ROOT / part
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def ensure_template(server: Server, kind: str, fill: Callable[[str], None]) -> str:
    """The template's name; made first if no run has made it yet. `fill` gets the address of an empty database."""
    name = f"template_{kind}_{fingerprint(MADE_FROM[kind])}"
    with alone("templates"), admin(server) as connection:
        known = {row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
        if name in known:
            return name
        draft = f"draft_{name}"
        drop(connection, draft)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
        fill(url_of(server.folder, draft))
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name))
        )
        for old in known:
            if old.startswith(f"template_{kind}_"):
                with suppress(psycopg.errors.ObjectInUse):
                    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(old)))
    return name


@contextmanager
def copy(server: Server, template: str) -> Iterator[str]:
    """A database of one's own, gone afterwards."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with admin(server) as connection:
        # measured: 0.04 s by FILE_COPY, 0.09 s by WAL_LOG, 0.01 s to drop
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        connection.execute(made.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield url_of(server.folder, name)
        finally:
            drop(connection, name)


def sweep(server: Server) -> None:
    """Drop what killed runs left behind."""
    with admin(server) as connection:
        for (name,) in connection.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'test\_%'").fetchall():
            try:
                os.kill(int(name.split("_")[1]), 0)
            except ProcessLookupError:
                drop(connection, name)


@contextmanager
def admin(server: Server) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url_of(server.folder, "postgres"), autocommit=True) as connection:
        yield connection


def drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Made by one worker or run, used by all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{what}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


_numbers = iter(range(1, 1_000_000))
