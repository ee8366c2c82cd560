"""The whole program as a process of its own: started, spoken to over HTTP, stopped or killed."""

import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.database import start_server, stop_server
from tests.support import databases
from tests.support.forked import Forked
from tests.support.model import first_day_model

READY = "ready: "
NOT_OURS = frozenset({"DATABASE_URL", "SECRET_KEY", "PYTHONDONTWRITEBYTECODE"})  # compiled anew each start costs 0.5 s


class Program:
    """`python -m app up` in a data folder of its own. `said` collects what it prints; its log is `data_dir`/log.

    `fresh`: by a Python of its own, imports and all; else forked from one that has them. `first` is run by such a
    Python before the program: what an installation may have otherwise than the shipped one.
    """

    def __init__(
        self, data_dir: Path, command: tuple[str, ...] = ("up",), model: bool = True, fresh: bool = False,
        first: str = "", **settings: str,
    ) -> None:  # fmt: skip
        self.data_dir, self.said, self.url = data_dir, "", ""
        current = data_dir / "models" / "current"
        if model and not current.exists():
            shutil.copytree(first_day_model(), current)
        self._lines: queue.Queue[str] = queue.Queue()
        plain = {key: value for key, value in os.environ.items() if key not in NOT_OURS}
        environment = {**plain, "DATA_DIR": str(data_dir), "PORT": str(free_port()), **settings}
        heard, said = os.pipe()
        with (data_dir / "log").open("ab") as log, open(said, "wb") as out:
            if fresh or first:
                code = ("-c", f"{first}\nfrom app.__main__ import cli\ncli()") if first else ("-m", "app")
                call = [sys.executable, *code, *command]
                self.process: Any = subprocess.Popen(call, cwd=databases.ROOT, env=environment, stdout=out, stderr=log)
            else:
                files = {"stdout": out.fileno(), "stderr": log.fileno()}
                self.process = Forked(list(command), environment, databases.ROOT, **files)
        self._out = open(heard, encoding="utf-8")  # noqa: SIM115  # closed by the thread that reads it
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with self._out as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put("")

    def wait(self, seconds: float = 60, mark: str = READY) -> "Program":
        """Until the doors are open; then `url` is the site's."""
        deadline = time.monotonic() + seconds
        while line := self._lines.get(timeout=max(0.0, deadline - time.monotonic())):
            self.said += line
            if line.startswith(mark):
                self.url = line.removeprefix(mark).split()[0].rstrip("/") if mark == READY else ""
                return self
        raise AssertionError(f"it ended: {self.said}\n{(self.data_dir / 'log').read_text()}")

    def stop(self, number: int = signal.SIGTERM, seconds: float = 15) -> int:
        """Asks it to stop; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(5)


def end(programs: Iterable[Program]) -> None:
    """After a failed test: nothing is left running, the databases neither."""
    for program in programs:
        if program.process.poll() is None:
            program.kill()
        if (program.data_dir / "postgres").exists():
            stop_server(start_server(program.data_dir))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
