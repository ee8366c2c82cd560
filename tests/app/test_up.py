"""The whole program: up, killed, up again, stopped. Real processes, real doors."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from app.server import url_of
from tests.support.databases import ROOT
from tests.support.program import Program, end, free_port

Launch = Callable[..., Program]
pytestmark = pytest.mark.kill
BROKEN_PULSE = """
from app import pulse
from app.__main__ import cli

async def feel(url, patience):
    raise RuntimeError("nobody expected this")

pulse.feel = feel
cli(["up"])
"""


@pytest.fixture(scope="module")
def data_dir(new_data_dir: Callable[[], Path]) -> Path:
    return new_data_dir()


@pytest.fixture
def launch() -> Iterator[Launch]:
    started: list[Program] = []

    def launch(data_dir: Path, *command: str, **settings: str) -> Program:
        started.append(Program(data_dir, command or ("up",), fresh=True, **settings))
        return started[-1]

    yield launch
    end(started)


def serves(data_dir: Path) -> bool:
    try:
        with psycopg.connect(url_of(data_dir / "postgres", "postgres")):
            return True
    except psycopg.OperationalError:
        return False


def stopped_within(program: Program, seconds: float, number: int = signal.SIGTERM) -> None:
    started = time.monotonic()
    assert program.stop(number) == 0
    assert time.monotonic() - started < seconds
    assert not serves(program.data_dir)


def test_first_up_prints_the_password_once_and_stops_its_database(launch: Launch, data_dir: Path) -> None:
    program = launch(data_dir).wait()
    assert re.search(r"password +[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4} ", program.said)
    assert f"{program.url}/p/" in program.said
    assert httpx.get(f"{program.url}/healthz").status_code == 200
    stopped_within(program, 10)


def test_second_up_is_quick_and_says_no_password(launch: Launch, data_dir: Path) -> None:
    """Promised: 8 s to the first answer on a slow machine. Its own seconds are counted, for others work here too."""
    program = launch(data_dir).wait()
    with httpx.Client(base_url=program.url, headers={"origin": program.url}) as resident:
        assert resident.post("/api/chat/session", json={}).status_code == 200
        answer = resident.post("/api/chat/messages", json={"key": "0" * 31 + "1", "text": "你好"})
        assert answer.json()["messages"]
    used = psutil.Process(program.process.pid).cpu_times()
    assert used.user + used.system < 6, used
    assert "password" not in program.said
    stopped_within(program, 10, signal.SIGINT)


def test_killed_and_up_again(launch: Launch, data_dir: Path) -> None:
    program = launch(data_dir).wait()
    program.kill()
    assert serves(data_dir), "the database outlives the program"
    again = launch(data_dir).wait()
    assert httpx.get(f"{again.url}/healthz").status_code == 200
    stopped_within(again, 10)


@pytest.mark.promise("R12")
def test_an_open_stream_does_not_hold_up_the_stop(launch: Launch, data_dir: Path) -> None:
    """R12."""
    program = launch(data_dir).wait()
    with httpx.Client(base_url=program.url, headers={"origin": program.url}) as resident:
        resident.post("/api/chat/session", json={})
        with resident.stream("GET", "/api/chat/stream") as stream:
            assert stream.status_code == 200
            started = time.monotonic()
            program.process.send_signal(signal.SIGTERM)
            for _ in stream.iter_bytes():
                pass  # it ends by itself, without an error
            assert program.process.wait(10) == 0
            assert time.monotonic() - started < 6


def test_the_database_is_started_again_when_it_dies_alone(launch: Launch, data_dir: Path) -> None:
    program = launch(data_dir).wait()
    number = int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(number, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if httpx.get(f"{program.url}/readyz", timeout=20).status_code == 200:
            break
        time.sleep(0.2)
    else:
        raise AssertionError((data_dir / "log").read_text()[-2000:])
    stopped_within(program, 10)


def test_a_worker_of_its_own_keeps_the_database_running(launch: Launch, data_dir: Path) -> None:
    program = launch(data_dir).wait()
    worker = launch(data_dir, "work").wait(mark="working")
    assert program.stop() == 0
    assert serves(data_dir), "the worker still uses it"
    stopped_within(worker, 10)


def test_a_taken_port_is_said_before_anything_is_started(launch: Launch, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        program = launch(data_dir, PORT=str(taken.getsockname()[1]))
        assert program.process.wait(20) == 1
    assert "set PORT" in (data_dir / "log").read_text()


def test_a_wrong_setting_is_named(launch: Launch, data_dir: Path) -> None:
    program = launch(data_dir, SECRET_KEY="short")
    assert program.process.wait(20) == 2
    assert "SECRET_KEY" in (data_dir / "log").read_text()


def test_a_part_that_ends_by_an_error_ends_the_program_and_is_named(data_dir: Path) -> None:
    """Half a program would go on as if all were well; whoever started it starts it again."""
    environment = {**os.environ, "DATA_DIR": str(data_dir), "PORT": str(free_port())}
    ended = subprocess.run(
        [sys.executable, "-c", BROKEN_PULSE], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert '"event": "part.ended"' in ended.stderr and '"error": "RuntimeError"' in ended.stderr
    assert ended.stderr.splitlines()[-1] == "ended by itself: pulse"
    assert not serves(data_dir)
