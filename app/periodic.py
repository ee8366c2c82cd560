"""What the clock has done, by whichever worker is free: each act once for each of its moments (Procrastinate).

A lock keeps one act from running twice at once; one that waits already is not put in again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from procrastinate import App

QUEUE = "fengqiao"
GRACE = 30.0  # seconds after its time in which an act has surely ended
SOON, LATER = 10, -10  # before deliveries, after them

Go = Callable[[], Awaitable[int]]
"""Opens and commits its own transactions, some work at a time; 0 when nothing is left."""


@dataclass(frozen=True)
class Act:
    """`cron` is in UTC, with seconds where it has six parts; the town is eight hours ahead."""

    name: str  # of its task, of its lock, and of its `Go`
    cron: str
    seconds: float = 60  # at most, once; each piece is committed by itself, so what is left is for the next time
    priority: int = LATER
    to_the_end: bool = True  # gone on with until nothing is left


ACTS = (
    Act("supervise", "* * * * * */20", priority=SOON),
    Act("redeliver", "* * * * * 10,30,50", priority=SOON, to_the_end=False),
    Act("neighbours", "* * * * * */15"),
    Act("shadow", "* * * * * 15,45"),
    Act("hot", "* * * * * 20,50"),
    # A late word about a past week is in its sums within a minute; until then whoever asks counts by themselves.
    Act("week_sums", "* * * * * 25", seconds=600),
    Act("sign_in", "* * * * * 35", to_the_end=False),
    Act("months", "*/5 * * * *", seconds=600),
    Act("warn", "10 * * * *"),  # every hour, for a program that was not running just after midnight
    # On Monday at half past eight in the town, and on any hour after it. A town of many streets has many.
    Act("bulletin", "30 * * * *", seconds=600),
    Act("record", "40 * * * *", seconds=600),
    # Mondays from nine to five in the town, for a program that was not running in the morning; it tells things once.
    Act("drift", "5 1-9 * * 1", to_the_end=False),
    Act("retention", "20 19 * * *", seconds=3_600),  # twenty past three at night
)
LOST_AFTER = {act.name: act.seconds + GRACE for act in ACTS}
"""Seconds none of them runs: see `app.jobs.reap`."""


def add_to(queue: App, goes: Mapping[str, Go]) -> None:
    for act in ACTS:
        _add(queue, act, goes[act.name])


def _add(queue: App, act: Act, go: Go) -> None:
    @queue.periodic(cron=act.cron)
    @queue.task(name=act.name, queue=QUEUE, queueing_lock=act.name, lock=act.name, priority=act.priority)
    async def run(timestamp: int) -> None:
        async with asyncio.timeout(act.seconds):
            while await go() and act.to_the_end:
                pass
