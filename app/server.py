"""Our own PostgreSQL, from the wheel, in the data folder: started, joined, stopped with its last user.

We drive the wheel's binaries ourselves. Its Python half never forgets the process ids of killed programs (so the
server would outlive every later stop), takes any process with the old number for a running server, gives up after
ten seconds of crash recovery, and opens the folders above for reading. See docs/adr/0001.
"""

import fcntl
import hashlib
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from app.wheel import ServerRefused, hand_over, identity, last_lines, run_program

DATABASE = "fengqiao"
START_SECONDS = 120  # recovery after a crash included
STOP_SECONDS = 6
SOCKET_PATH_MAX = 100  # of a Unix socket, its file name included

# Measured for a small machine: about 60 MB beside what the connections need. synchronous_commit stays on: a case
# that was acknowledged must survive a power cut. Our log holds no statements and no values: they are personal data.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "512MB",
    "io_method": "sync",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "2",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "idle_in_transaction_session_timeout": "60s",
}


@dataclass(frozen=True)
class Server:
    """A server this process uses. `_users` is held under a shared lock until `stop_server`, or until we die."""

    folder: Path  # PostgreSQL's data
    url: str
    settings: Mapping[str, str]
    _users: IO[str]

    def answers(self) -> bool:
        return _connects(self.folder)

    def lives(self) -> bool:
        """Its process is there; whether it answers is another question."""
        return _postmaster(self.folder) is not None

    def revive(self) -> None:
        """Start it again if it is gone: somebody killed the server and not the program."""
        with _alone(self.folder):
            _ensure_running(self.folder, self.settings)


def start_server(data_dir: Path, settings: Mapping[str, str] | None = None) -> Server:
    """Start the server in `data_dir`/postgres, or join the one a killed program left behind."""
    folder = data_dir.resolve() / "postgres"
    folder.parent.mkdir(parents=True, exist_ok=True)
    chosen = {**SETTINGS, **(settings or {})}
    with _alone(folder):
        if not (folder / "PG_VERSION").exists():
            _create(folder)
        _ensure_running(folder, chosen)
        users = _users_file(folder).open("a")
        fcntl.flock(users, fcntl.LOCK_SH)
    return Server(folder, url_of(folder, DATABASE), chosen, users)


def stop_server(server: Server) -> bool:
    """Leave the server; the last to leave stops it. True if it was stopped."""
    with _alone(server.folder):
        server._users.close()
        with _users_file(server.folder).open("a") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            _stop(server.folder)
            if (sockets := _socket_folder(server.folder)) != server.folder:
                shutil.rmtree(sockets, ignore_errors=True)
            return True


def url_of(folder: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(_socket_folder(folder)), safe='/')}"


def _users_file(folder: Path) -> Path:
    return folder.with_name("postgres.users")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Starting and stopping is done by one process at a time; the lock dies with its holder."""
    with folder.with_name("postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _create(folder: Path) -> None:
    """A new cluster, made aside and renamed: a program killed meanwhile leaves no half-made one."""
    aside = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=folder.parent))
    hand_over(aside)
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
    run_program("initdb", aside, ["-U", "postgres", "--auth=trust", *locale])
    aside.rename(folder)


def _ensure_running(folder: Path, settings: Mapping[str, str]) -> None:
    if not _connects(folder):
        if _postmaster(folder) is None:
            _forget_dead(folder)
            _start(folder, settings)
        _wait(folder)
    with psycopg.connect(url_of(folder, "postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not found:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _start(folder: Path, settings: Mapping[str, str]) -> None:
    hand_over(folder)
    socket_folder = _socket_folder(folder)
    if socket_folder != folder:
        _own_socket_folder(socket_folder)
    options = " ".join(shlex.quote(f"-c{name}={value}") for name, value in settings.items())
    options += f" -k {shlex.quote(str(socket_folder))}"
    run_program("pg_ctl", folder, ["-w", "-t", str(START_SECONDS), "-l", str(folder / "log"), "-o", options, "start"])


def _stop(folder: Path) -> None:
    """Fast, and at once if that takes too long: what was committed is in the log either way."""
    if _postmaster(folder) is None:
        return
    hand_over(folder)  # the folders above may have been closed since the start
    try:
        run_program("pg_ctl", folder, ["-m", "fast", "-w", "-t", str(STOP_SECONDS), "stop"])
    except ServerRefused:
        if _postmaster(folder) is not None:
            _stop_at_once(folder)


def _stop_at_once(folder: Path) -> None:
    try:
        run_program("pg_ctl", folder, ["-m", "immediate", "-w", "-t", str(STOP_SECONDS), "stop"])
    except ServerRefused:
        if _postmaster(folder) is not None:  # else it ended by itself meanwhile
            raise


def _connects(folder: Path) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(url_of(folder, "postgres"), connect_timeout=5):
        return True
    return False


def _wait(folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _connects(folder):
        if time.monotonic() > deadline:
            raise ServerRefused(f"PostgreSQL in {folder} does not answer.\n{last_lines(folder)}")
        time.sleep(0.1)


def _postmaster(folder: Path) -> int | None:
    """The living server of this folder. Each server process has the data as its working folder."""
    with suppress(FileNotFoundError, ValueError, IndexError):
        number = int((folder / "postmaster.pid").read_text().splitlines()[0])
        return number if _serves(number, folder) else None
    return None


def _serves(number: int, folder: Path) -> bool:
    with suppress(psutil.Error):
        process = psutil.Process(number)
        return bool(process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(folder))
    return False


def _forget_dead(folder: Path) -> None:
    """Drop what a killed server left, where PostgreSQL itself would refuse to start.

    After a crash of the machine its number may belong to another program; in a container whose first process buries
    nobody, it stays as a zombie. PostgreSQL's own guard against a second server on the same files lies in
    postmaster.pid, so first every process of the old one must be gone.
    """
    deadline = time.monotonic() + START_SECONDS
    while any(_serves(number, folder) for number in psutil.pids()):  # orphans end by themselves, usually at once
        if time.monotonic() > deadline:
            raise ServerRefused(f"processes of a killed server still use {folder}")
        time.sleep(0.1)
    (folder / "postmaster.pid").unlink(missing_ok=True)
    (_socket_folder(folder) / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _socket_folder(folder: Path) -> Path:
    if len(os.fsencode(folder)) + len("/.s.PGSQL.5432") <= SOCKET_PATH_MAX:
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path("/tmp") / f"fengqiao-{os.getuid()}-{name}"  # noqa: S108 - the temporary folder of macOS is too long; its owner is checked


def _own_socket_folder(socket_folder: Path) -> None:
    """Ours alone, for whoever reaches the socket reads everything; one made by somebody else is refused."""
    socket_folder.mkdir(mode=0o700, exist_ok=True)
    if socket_folder.is_symlink() or socket_folder.stat().st_uid not in {os.getuid(), identity()[0]}:
        raise ServerRefused(f"{socket_folder} belongs to somebody else")
    hand_over(socket_folder)
