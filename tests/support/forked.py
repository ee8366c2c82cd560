"""Programs and commands of ours as processes of their own that start at once: forked, not imported anew.

Only how Python starts is left out; a test about that starts `python -m app` itself.
"""

import atexit
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.databases import ROOT

_one_at_a_time = threading.Lock()


class Forked:
    """As much of subprocess.Popen as tests ask for."""

    def __init__(self, command: list[str], env: Mapping[str, str], cwd: Path, *, stdout: int, stderr: int) -> None:
        ours, theirs = socket.socketpair()
        call = json.dumps({"command": command, "env": dict(env), "cwd": str(cwd)}).encode()
        with open(os.devnull) as nothing, theirs, _one_at_a_time:
            socket.send_fds(_parent()[0], [call], [nothing.fileno(), stdout, stderr, theirs.fileno()])
        self._end, self.returncode = ours, None
        (self.pid,) = struct.unpack("i", ours.recv(4))

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._end.settimeout(timeout)
            try:
                told = self._end.recv(4)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("app", timeout or 0) from None
            self.returncode = struct.unpack("i", told)[0] if told else -signal.SIGKILL
            self._end.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run(*command: str, timeout: float = 120, cwd: Path = ROOT, **settings: str) -> tuple[int, str, str]:
    """`python -m app *command` to its end → exit code, what it says, what it complains of."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as said,
        tempfile.TemporaryFile("w+", encoding="utf-8") as wrong,
    ):
        program = Forked(list(command), os.environ | settings, cwd, stdout=said.fileno(), stderr=wrong.fileno())
        try:
            code = program.wait(timeout)
        finally:
            program.kill()
        for file in (said, wrong):
            file.seek(0)
        return code, said.read(), wrong.read()


@cache
def _parent() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Started with the first call; it ends when its socket closes."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    plain: dict[str, Any] = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    call = [sys.executable, "-m", "tests.support.forked_app", str(theirs.fileno())]
    with theirs:
        parent = subprocess.Popen(call, cwd=ROOT, env=plain, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    atexit.register(_leave, ours, parent)
    return ours, parent


def _leave(ours: socket.socket, parent: subprocess.Popen[bytes]) -> None:
    ours.close()
    parent.wait()
