"""With several workers on one database a periodic act is begun once for each of its moments, whoever begins it (H9)."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, suppress

from procrastinate import App

from app.jobs import Work, make_queue, work_on
from app.periodic import ACTS, QUEUE

WORKERS = 3
MOMENTS = 4


async def nothing(*_: object) -> int:
    return 0


def worker(url: str, begun: Counter[int]) -> App:
    """As in a process of its own: the shipped tasks, and one every second that tells."""
    queue = make_queue(url, Work(nothing, nothing, nothing, nothing, {act.name: nothing for act in ACTS}))

    @queue.periodic(cron="* * * * * *")
    @queue.task(name="tick", queue=QUEUE, queueing_lock="tick", lock="tick")
    async def tick(timestamp: int) -> None:
        begun[timestamp] += 1

    return queue


async def test_each_moment_once_among_three_workers(database_url: str) -> None:
    begun = Counter[int]()
    async with AsyncExitStack() as open_:
        queues = [worker(database_url, begun) for _ in range(WORKERS)]
        for queue in queues:
            await open_.enter_async_context(queue.open_async())
        tasks = [asyncio.create_task(work_on(queue)) for queue in queues]
        async with asyncio.timeout(30):
            while len(begun) < MOMENTS:
                await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    assert set(begun.values()) == {1}, begun
