"""Our own PostgreSQL: started, joined after a kill, stopped by its last user."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.database import start_server, stop_server

PROGRAM = """
import sys, time
from pathlib import Path
from app.database import start_server, stop_server
server = start_server(Path(sys.argv[1]))
print("up", flush=True)
sys.stdin.read()
print(stop_server(server), flush=True)
"""


class Program:
    """Another process that uses the server in `folder`; `close` lets it leave and says whether it stopped it."""

    def __init__(self, folder: Path) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)], **pipes)
        assert self.process.stdout.readline() == "up\n"

    def close(self) -> bool:
        return self.process.communicate()[0] == "True\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def folder(new_data_dir: Callable[[], Path]) -> Path:
    return new_data_dir()


def alive(url: str) -> bool:
    try:
        with psycopg.connect(url):
            return True
    except psycopg.OperationalError:
        return False


def test_started_and_stopped(folder: Path) -> None:
    server = start_server(folder)
    assert server.answers()
    with psycopg.connect(server.url) as connection:
        shown = [connection.execute(f"SHOW {name}").fetchone()[0] for name in ("synchronous_commit", "fsync")]
        assert shown == ["on", "on"]
    assert stop_server(server)
    assert not alive(server.url)


@pytest.mark.kill
def test_the_server_outlives_a_killed_program_and_the_next_one_joins_it(folder: Path) -> None:
    first = Program(folder)
    number = (folder / "postgres" / "postmaster.pid").read_text().splitlines()[0]
    first.kill()
    server = start_server(folder)
    assert (folder / "postgres" / "postmaster.pid").read_text().splitlines()[0] == number
    assert stop_server(server), "the killed one does not count as a user"


def test_the_last_user_stops_it(folder: Path) -> None:
    server = start_server(folder)
    other = Program(folder)
    assert not stop_server(server)
    assert alive(server.url)
    assert other.close()
    assert not alive(server.url)


@pytest.mark.kill
def test_a_killed_server_is_started_again(folder: Path) -> None:
    server = start_server(folder)
    os.kill(int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    while server.answers():
        pass
    server.revive()
    assert server.answers()
    assert stop_server(server)


def test_a_stale_number_of_another_program_does_not_stop_the_start(folder: Path) -> None:
    """As after a power cut, when the number in postmaster.pid has gone to somebody else."""
    stop_server(start_server(folder))
    stale = f"{os.getpid()}\n{folder}/postgres\n1\n5432\n{folder}\n\n  1  1\nready\n"
    (folder / "postgres" / "postmaster.pid").write_text(stale)
    server = start_server(folder)
    assert server.answers()
    assert stop_server(server)


def test_a_path_too_long_for_a_socket(new_data_dir: Callable[[], Path]) -> None:
    server = start_server(new_data_dir() / ("长" * 30))
    assert server.answers()
    assert stop_server(server)


def test_the_log_holds_no_values(folder: Path) -> None:
    server = start_server(folder)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE one (name text UNIQUE)")
        connection.execute("INSERT INTO one VALUES ('张三 13800001111')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO one VALUES ('张三 13800001111')")
    stop_server(server)
    assert "13800001111" not in (folder / "postgres" / "log").read_text()
