"""How long a list takes, first page and later ones, by the clock and of a processor; and how that is told."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

import psutil
from sqlmodel import func, select

from app.database import Sessions
from cases import listing

LIMIT = 0.3  # seconds
WAITING = 0.05  # of what waits for one person

Shows = Callable[[str], Awaitable[tuple[int, str]]]
"""A page that begins there: how many there are in all, and where the next begins."""


async def table(made: Sessions, shows: Mapping[str, tuple[Shows, float]], rounds: int) -> list[str]:
    columns = ("found", "p50 ms", "p95 ms", "CPU p95", "later p50", "later p95", "CPU p95")
    print(f"{'list':36}" + "".join(f"{one:>10}" for one in columns))
    slow = []
    for name, (show, limit) in shows.items():
        first, later, found = list[Took](), list[Took](), 0
        for _ in range(rounds):
            took, (found, after) = await clocked(made, show, "")
            first.append(took)
            for _ in range(2):
                if after:
                    took, (_, after) = await clocked(made, show, after)
                    later.append(took)
        slow += [name] if max(at([one.time for one in some], 95) for some in (first, later)) > limit else []
        many = "1,000+" if found > listing.COUNTED else f"{found:,}"
        figures = [
            f"{at([getattr(one, what) for one in some], percent) * 1000:10.0f}"
            for some in (first, later)
            for what, percent in (("time", 50), ("time", 95), ("cpu", 95))
        ]
        print(f"{name:36}{many:>10}{''.join(figures)}", flush=True)
    over = ", ".join(slow) or "none"
    print(f"{len(shows)} lists, over {LIMIT * 1000:.0f} ms (waiting: {WAITING * 1000:.0f}): {over}", flush=True)
    return slow


@dataclass(frozen=True)
class Took:
    time: float  # seconds
    cpu: float  # of a processor, ours and the database's


async def clocked(made: Sessions, show: Shows, after: str) -> tuple[Took, tuple[int, str]]:
    """All in one connection, whose other end is one process."""
    async with made() as session:
        database = psutil.Process((await session.exec(select(func.pg_backend_pid()))).one())
    cpu, begun = processor(database), time.perf_counter()
    answer = await show(after)
    return Took(time.perf_counter() - begun, processor(database) - cpu), answer


def processor(database: psutil.Process) -> float:
    used = database.cpu_times()
    return time.process_time() + used.user + used.system


def at(times: Sequence[float], percent: int) -> float:
    return quantiles(times, n=100, method="inclusive")[percent - 1] if len(times) > 1 else sum(times)
