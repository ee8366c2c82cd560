"""The queue: deferred with the case or not at all, tried again, picked up from the dead, never forgotten."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from procrastinate import App
from procrastinate.jobs import Job
from sqlmodel import col, func, select

from app.database import Sessions
from app.jobs import KEEPS_ORDER, MAX_ATTEMPTS, TOGETHER, Backoff, Work, defer_deliveries, make_queue, reap, work_on
from app.periodic import ACTS
from app.redeliver import redeliver
from models import Case, Notification
from tests.support.clock import Clock
from tests.support.rows import add_case, add_notice


class Town:
    """Records what the tasks asked for; `failing` is raised by every delivery."""

    def __init__(self) -> None:
        self.delivered: list[int] = []
        self.given_up: list[tuple[int, str]] = []
        self.together: list[Sequence[int]] = []
        self.failing: Exception | None = None
        self.slow = 0.0

    async def deliver(self, number: int) -> None:
        await asyncio.sleep(self.slow)
        if self.failing:
            raise self.failing
        self.delivered.append(number)

    async def deliver_many(self, numbers: Sequence[int]) -> None:
        self.together.append(numbers)
        for number in numbers:
            await self.deliver(number)

    async def give_up(self, number: int, reason: str) -> None:
        self.given_up.append((number, reason))

    async def nothing(self) -> int:
        return 0

    async def train(self, version: str, attempts: int) -> None: ...

    @property
    def work(self) -> Work:
        acts = {act.name: self.nothing for act in ACTS}
        return Work(self.deliver, self.deliver_many, self.give_up, self.train, acts)


@pytest.fixture
async def they() -> Town:
    return Town()


@pytest.fixture
async def queue(database_url: str, they: Town) -> AsyncIterator[App]:
    queue = make_queue(database_url, they.work)
    async with queue.open_async():
        yield queue


@asynccontextmanager
async def at_work(queue: App) -> AsyncIterator[None]:
    task = asyncio.create_task(work_on(queue))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(what: Callable[[], Any], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.02)


async def deliveries(queue: App) -> list[Job]:
    return list(await queue.job_manager.list_jobs_async(task="deliver"))


async def add_deferred(sessions: Sessions, clock: Clock, count: int = 1) -> list[int]:
    async with sessions() as session:
        case = await add_case(session, clock())
        rows = [await add_notice(session, case, clock()) for _ in range(count)]
        await defer_deliveries(session, rows)
        await session.commit()
        return [row.id for row in rows]


async def test_neither_case_nor_job_is_left_when_something_fails_after_deferring(
    sessions: Sessions, queue: App, clock: Clock
) -> None:
    async with sessions() as session:
        with pytest.raises(ZeroDivisionError):
            async with session.begin():
                row = await add_notice(session, await add_case(session, clock()), clock())
                await defer_deliveries(session, [row])
                1 / 0
    async with sessions() as session:
        assert (await session.exec(select(func.count(col(Case.id))))).one() == 0
    assert await deliveries(queue) == []


async def test_case_and_jobs_are_there_together(sessions: Sessions, queue: App, clock: Clock) -> None:
    numbers = await add_deferred(sessions, clock, count=3)
    jobs = await deliveries(queue)
    assert [job.task_kwargs for job in jobs] == [{"notification_id": number} for number in numbers]
    assert len({job.lock for job in jobs}) == 1, "one recipient, one lock"
    assert jobs[0].lock.startswith("resident:")


async def test_what_is_told_to_many_is_told_together_and_tried_again_one_by_one(
    sessions: Sessions, queue: App, clock: Clock, they: Town
) -> None:
    async with sessions() as session:
        case = await add_case(session, clock())
        rows = [await add_notice(session, case, clock()) for _ in range(TOGETHER + 2)]
        for row in rows[1:]:
            row.case_id, row.args = None, {"notice": 1}
        await defer_deliveries(session, rows)
        await session.commit()
        numbers = [row.id for row in rows]
    assert [job.task_kwargs for job in await deliveries(queue)] == [{"notification_id": numbers[0]}]
    clock.forward(seconds=31)
    async with sessions() as session:
        assert await redeliver(session, clock()) == 0, "their jobs are on their way"
    they.failing = RuntimeError("the messenger is away")
    async with at_work(queue):
        await until(lambda: len(they.together) == 2)
    assert sorted(they.together) == [numbers[1 : TOGETHER + 1], numbers[TOGETHER + 1 :]]
    async with sessions() as session:
        assert await redeliver(session, clock()) == TOGETHER + 1
        await session.commit()
    live = [job.task_kwargs["notification_id"] for job in await deliveries(queue) if job.status == "todo"]
    assert sorted(live) == numbers


async def test_nothing_to_defer(sessions: Sessions, queue: App) -> None:
    async with sessions() as session:
        await defer_deliveries(session, [])
        await session.commit()
    assert await deliveries(queue) == []


async def test_delivered_in_order(sessions: Sessions, queue: App, clock: Clock, they: Town) -> None:
    they.slow = 0.01
    async with at_work(queue):
        numbers = await add_deferred(sessions, clock, count=5)
        await until(lambda: len(they.delivered) == 5)
    assert they.delivered == numbers


async def test_a_failed_delivery_is_tried_again(sessions: Sessions, queue: App, clock: Clock, they: Town) -> None:
    they.failing = ConnectionError("no network")
    (number,) = await add_deferred(sessions, clock)
    async with at_work(queue):
        await asyncio.sleep(0.3)
        they.failing = None
        await until(lambda: they.delivered == [number])


def job_after(attempts: int) -> Job:
    return Job(id=7, queue="fengqiao", lock="resident:1", queueing_lock=None, task_name="deliver", attempts=attempts)


def test_the_waits_grow_and_the_person_is_freed_after_a_while() -> None:
    error = ConnectionError()
    decisions = [Backoff().get_retry_decision(exception=error, job=job_after(n)) for n in range(KEEPS_ORDER)]
    waits = [decision.retry_at - decisions[0].retry_at for decision in decisions]
    assert [round(wait.total_seconds()) for wait in waits] == [0, 2, 8, 26]
    assert [decision.lock for decision in decisions] == [None] * (KEEPS_ORDER - 1) + ["late:7"]


def test_the_channel_may_ask_for_a_longer_wait() -> None:
    class TooFast(Exception):
        retry_after = timedelta(seconds=40)

    first = Backoff().get_retry_decision(exception=ConnectionError(), job=job_after(0))
    asked = Backoff().get_retry_decision(exception=TooFast(), job=job_after(0))
    assert round((asked.retry_at - first.retry_at).total_seconds()) == 40


async def test_after_the_last_attempt_it_is_given_up(sessions: Sessions, queue: App, clock: Clock, they: Town) -> None:
    they.failing = ConnectionError("no network")
    (number,) = await add_deferred(sessions, clock)
    await queue.connector.execute_query_async(
        "UPDATE procrastinate_jobs SET attempts = %(tried)s", tried=MAX_ATTEMPTS - 1
    )
    async with at_work(queue):
        await until(lambda: they.given_up)
    assert they.given_up == [(number, "ConnectionError")]
    assert await deliveries(queue) == []


async def test_a_dead_workers_job_is_picked_up(sessions: Sessions, queue: App, clock: Clock, they: Town) -> None:
    (number,) = await add_deferred(sessions, clock)
    dead = await queue.job_manager.register_worker()
    assert await queue.job_manager.fetch_job(None, dead)
    assert await reap(queue) == 0, "it may still be working"
    await queue.connector.execute_query_async(
        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '21 seconds'"
    )
    assert await reap(queue) == 1
    async with at_work(queue):
        await until(lambda: they.delivered == [number])


@pytest.mark.promise("R11")
async def test_the_worker_itself_reaps(sessions: Sessions, queue: App, clock: Clock, they: Town) -> None:
    """R11: within 30 s. The dead one's last heartbeat is 21 s old, so the rest has to happen in 9."""
    (number,) = await add_deferred(sessions, clock)
    dead = await queue.job_manager.register_worker()
    await queue.job_manager.fetch_job(None, dead)
    await queue.connector.execute_query_async(
        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '21 seconds'"
    )
    async with at_work(queue):
        await until(lambda: they.delivered == [number], seconds=9)


async def test_a_sweep_that_was_killed_gives_way_to_the_next(queue: App) -> None:
    """Otherwise the dead one holds the lock, the waiting one cannot start, and the clock stands still for good."""
    supervise = queue.tasks["supervise"]
    await supervise.defer_async(timestamp=1)
    dead = await queue.job_manager.register_worker()
    assert await queue.job_manager.fetch_job(None, dead)
    await supervise.defer_async(timestamp=2)
    assert await queue.job_manager.fetch_job(None, dead) is None, "one at a time"
    await queue.connector.execute_query_async(
        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '21 seconds'"
    )
    assert await reap(queue) == 1
    alive = await queue.job_manager.register_worker()
    job = await queue.job_manager.fetch_job(None, alive)
    assert job is not None and job.task_kwargs == {"timestamp": 2}
    assert await reap(queue) == 0


async def test_a_job_whose_end_was_never_written_is_picked_up(sessions: Sessions, queue: App, clock: Clock) -> None:
    await add_deferred(sessions, clock)
    alive = await queue.job_manager.register_worker()
    await queue.job_manager.fetch_job(None, alive)
    await queue.connector.execute_query_async("UPDATE procrastinate_events SET at = now() - interval '31 seconds'")
    assert await reap(queue) == 1


async def test_a_running_delivery_is_handed_back_at_shutdown(
    sessions: Sessions, queue: App, clock: Clock, they: Town
) -> None:
    they.slow = 60
    await add_deferred(sessions, clock)
    started = asyncio.get_running_loop().time()
    async with at_work(queue):
        await asyncio.sleep(0.3)
    assert asyncio.get_running_loop().time() - started < 7
    assert [job.status for job in await deliveries(queue)] == ["todo"]


async def test_a_notification_without_a_live_job_gets_one(sessions: Sessions, queue: App, clock: Clock) -> None:
    async with sessions() as session:
        case = await add_case(session, clock())
        waiting, failed, delivered = [await add_notice(session, case, clock()) for _ in range(3)]
        failed.failed_at = delivered.delivered_at = clock()
        await session.commit()
    async with sessions() as session:
        assert await redeliver(session, clock()) == 0, "too young: its job is on its way"
        clock.forward(seconds=31)
        assert await redeliver(session, clock()) == 1
        await session.commit()
        assert await redeliver(session, clock()) == 0, "it has a job now"
    assert [job.task_kwargs["notification_id"] for job in await deliveries(queue)] == [waiting.id]


async def test_the_worker_comes_back_after_the_database_was_away(
    sessions: Sessions, queue: App, clock: Clock, they: Town, database_url: str
) -> None:
    """Every connection is cut, as by a restart of the server."""
    from psycopg import AsyncConnection

    async with at_work(queue), await AsyncConnection.connect(database_url, autocommit=True) as admin:
        await asyncio.sleep(0.3)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        numbers = await add_deferred(sessions, clock)
        await until(lambda: they.delivered == numbers, seconds=10)


async def test_rows_are_still_readable_after_the_commit(sessions: Sessions, clock: Clock) -> None:
    async with sessions() as session:
        row = await add_notice(session, await add_case(session, clock()), clock())
        await session.commit()
        assert isinstance(row, Notification)
        assert row.text_key == "resident.route"
