"""How long a second start takes until the first message is answered, and what the whole takes of memory, also later.

    python -m benchmarks.start [--messages 100000] [--json]

The first start makes the database and the town; the model is trained before it. Memory is that of the program and its
PostgreSQL, shared pages counted once: idle, then as it grew from the first 2,000 messages to the last, while residents
begin a complaint and drop it. Growth is the program's own: PostgreSQL fills its 64 MB of shared buffers, and no more.
Limits: 8 s, 400 MB, growth of 5%. Linux only.
"""

import argparse
import asyncio
import json
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil

from tests.support.program import Program

WARM = 2_000
AT_ONCE = 16
TALKS = 2_000  # people, so that nobody says more than two a second


def answered(program: Program) -> None:
    with httpx.Client(base_url=program.url, timeout=30) as http:
        http.post("/api/chat/session", json={}).raise_for_status()
        said = {"key": str(uuid4()), "text": "楼下路灯坏了"}
        answer = http.post("/api/chat/messages", json=said).raise_for_status()
        assert any(line["from"] == "us" for line in answer.json()["messages"])


def megabytes(program: Program) -> tuple[float, float]:
    """Proportional set size, shared pages counted once: of the program, and of its PostgreSQL."""
    first = int((program.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    server = psutil.Process(first)
    whole = [server, *server.children(recursive=True)]
    return _pss([psutil.Process(program.process.pid)]), _pss(whole)


def _pss(processes: list[psutil.Process]) -> float:
    found = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # a server's helpers come and go
            found += process.memory_full_info().pss
    return found / 2**20


def grown(program: Program, messages: int) -> dict[str, float]:
    """Megabytes after the first messages and after the last."""
    return asyncio.run(_talked(program, messages))


async def _talked(program: Program, messages: int) -> dict[str, float]:
    from benchmarks.messages import Talk
    from benchmarks.player import Resident, doors

    async with doors(program.url) as opened:
        talks = [Talk(await Resident(opened, n).open(), n) for n in range(min(TALKS, messages))]
        turn = iter(range(messages))

        async def some(until: int) -> None:
            for n in turn:
                await talks[n % len(talks)].go_on()
                if n >= until:
                    return

        await asyncio.gather(*(some(min(WARM, messages // 2)) for _ in range(AT_ONCE)))
        warm = megabytes(program)
        await asyncio.gather(*(some(messages) for _ in range(AT_ONCE)))
        after = megabytes(program)
    return {
        "memory_warm_mb": sum(warm), "memory_after_mb": sum(after),
        "program_warm_mb": warm[0], "program_after_mb": after[0],
    }  # fmt: skip


def measured(data: Path, messages: int) -> dict[str, Any]:
    Program(data, fresh=True).wait().stop()
    begun = time.perf_counter()
    program = Program(data, fresh=True).wait()
    ready = time.perf_counter() - begun
    answered(program)
    first = time.perf_counter() - begun
    idle = sum(megabytes(program))
    found = {"start_seconds": ready, "first_answer_seconds": first, "memory_idle_mb": idle}
    if messages:
        found |= grown(program, messages)
        found["memory_growth_pct"] = 100 * (found["program_after_mb"] / found["program_warm_mb"] - 1)
    program.stop()
    return {name: round(value, 2) for name, value in found.items()} | {"messages": messages}


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--messages", type=int, default=0)
    ask.add_argument("--json", action="store_true")
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        found = measured(Path(folder), asked.messages)
    if asked.json:
        print(json.dumps(found))
        return
    print(f"second start: doors open {found['start_seconds']} s, first answer {found['first_answer_seconds']} s (8 s)")
    print(f"memory: {found['memory_idle_mb']} MB (400 MB)")
    if asked.messages:
        print(f"from {found['memory_warm_mb']} to {found['memory_after_mb']} MB after {asked.messages:,} messages")
        print(f"of that the program alone: from {found['program_warm_mb']} to {found['program_after_mb']} MB")


if __name__ == "__main__":
    main()
