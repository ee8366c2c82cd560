"""How long a second start takes until the first message is answered, and what the whole takes of memory.

    PYTHONPATH=. .venv/bin/python benchmarks/start.py

The first start makes the database and the town; the model is trained before it. Limits: 8 s, 400 MB. Linux only.
"""

import tempfile
import time
from pathlib import Path
from uuid import uuid4

import httpx
import psutil

from tests.support.program import Program


def answered(program: Program) -> None:
    with httpx.Client(base_url=program.url, timeout=30) as http:
        http.post("/api/chat/session", json={}).raise_for_status()
        said = {"key": str(uuid4()), "text": "楼下路灯坏了"}
        answer = http.post("/api/chat/messages", json=said).raise_for_status()
        assert any(line["from"] == "us" for line in answer.json()["messages"])


def megabytes(program: Program) -> float:
    """Proportional set size of the program and of its PostgreSQL, shared pages counted once."""
    first = int((program.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    server = psutil.Process(first)
    whole = [psutil.Process(program.process.pid), server, *server.children(recursive=True)]
    return sum(process.memory_full_info().pss for process in whole) / 2**20


def main() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        data = Path(folder)
        Program(data).wait().stop()
        begun = time.perf_counter()
        program = Program(data).wait()
        ready = time.perf_counter() - begun
        answered(program)
        print(f"second start: doors open {ready:.1f} s, first answer {time.perf_counter() - begun:.1f} s (limit 8 s)")
        print(f"memory: {megabytes(program):.0f} MB (limit 400 MB)")
        program.stop()


if __name__ == "__main__":
    main()
