"""Durable work on the same PostgreSQL (Procrastinate): deliveries, supervision, and picking up what a dead worker left.

A delivery is deferred in the very transaction that wrote its notification, so both exist or neither does.
Jobs carry ids, never texts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException, JobAborted, UniqueViolation
from procrastinate.jobs import DeleteJobCondition, Job, Status
from procrastinate.manager import JobManager
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from sqlmodel.ext.asyncio.session import AsyncSession

from app import periodic
from app.database import CONNECT_SECONDS, KEPT_ALIVE, libpq_url
from app.periodic import QUEUE, Go
from cases.telling import is_told_to_many
from models import Notification

log = structlog.get_logger()

MAX_ATTEMPTS = 10  # of one delivery: 1, 3, 9 … 6,561 s apart, about two hours and three quarters in all
KEEPS_ORDER = 4  # attempts for which later notices to the same person wait; then they may overtake it
TOGETHER = 50  # residents told by one job, in one transaction, of a notice to many
DELIVERY_SECONDS = 20  # one attempt; a hung channel is a failed one
REAP_SECONDS = 60
HEARTBEAT = 5.0
DEAD_AFTER = 20.0  # seconds without a heartbeat; with the sweep every 5 s a job is picked up within 30 s
LOST_AFTER = {
    **periodic.LOST_AFTER, "deliver": 30.0, "deliver_together": 30.0, "reap": 90.0, "train": 2_400.0,
}  # fmt: skip
"""Seconds none runs, by task: see `reap`."""
UNDELIVERED_AFTER = 30.0
KEEP_FAILED_HOURS = 7 * 24
CONCURRENCY = 8


@dataclass(frozen=True)
class Work:
    """What the tasks call, handed in by `build`. Each opens and commits its own transactions."""

    deliver: Callable[[int], Awaitable[None]]  # raises when it should be tried again, perhaps with `retry_after`
    deliver_together: Callable[[Sequence[int]], Awaitable[None]]
    give_up: Callable[[int, str], Awaitable[None]]  # notification, reason
    train: Callable[[str, int], Awaitable[None]]  # version, attempts before; ends well before LOST_AFTER
    acts: Mapping[str, Go]  # by the name of each of ACTS


class Backoff(BaseRetryStrategy):
    """Later and later, or as late as the channel says. Work cut off by a shutdown is for the next worker, at once."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError | JobAborted):
            return RetryDecision(retry_in={"seconds": 0})
        seconds = max(3**job.attempts, _seconds(getattr(exception, "retry_after", 0)))
        late = job.attempts + 1 >= KEEPS_ORDER
        return RetryDecision(retry_in={"seconds": seconds}, lock=f"late:{job.id}" if late else None)


def _seconds(span: Any) -> int:
    return int(span.total_seconds() if isinstance(span, timedelta) else span or 0) + 1


# Only writes jobs on connections it is given; it has no pool of its own and is never opened.
_DEFERRING = JobManager(PsycopgConnector())


async def defer_deliveries(
    session: AsyncSession, notifications: Sequence[Notification], *, together: bool = True
) -> None:
    """`deliver` jobs for these rows, in the session's own transaction, by one statement.

    What is told to many goes TOGETHER to a job, unless it is tried again: then each has its own.
    """
    if notifications:
        await session.flush()
        raw = await (await session.connection()).get_raw_connection()
        many = [row for row in notifications if together and is_told_to_many(row)]
        jobs = [_delivery(row) for row in notifications if not (together and is_told_to_many(row))]
        jobs += [_delivery_together(many[n : n + TOGETHER]) for n in range(0, len(many), TOGETHER)]
        await _DEFERRING.batch_defer_jobs_async(jobs, connection=raw.driver_connection)


async def defer_training(session: AsyncSession, version: str) -> None:
    """A `train` job in the session's own transaction."""
    raw = await (await session.connection()).get_raw_connection()
    job = Job(queue=QUEUE, task_name="train", lock="train", queueing_lock=None, task_kwargs={"version": version})
    await _DEFERRING.batch_defer_jobs_async([job], connection=raw.driver_connection)


def _delivery(row: Notification) -> Job:
    assert row.id is not None, "flushed"
    return Job(
        queue=QUEUE,
        task_name="deliver",
        lock=recipient(row),
        queueing_lock=None,
        task_kwargs={"notification_id": row.id},
    )


def _delivery_together(rows: Sequence[Notification]) -> Job:
    """Without a lock: it waits for no earlier notice of theirs, and nothing waits for it."""
    assert all(row.id is not None for row in rows), "flushed"
    return Job(
        queue=QUEUE,
        task_name="deliver_together",
        lock=None,
        queueing_lock=None,
        task_kwargs={"notification_ids": [row.id for row in rows]},
    )


def recipient(row: Notification) -> str | None:
    """One resident's notices go in order, one at a time. The staff's page sorts its own: no lock, no waiting."""
    return f"resident:{row.resident}" if row.resident else None


def make_queue(url: str, work: Work) -> App:
    """The Procrastinate app on this database, its tasks bound to `work`."""
    connector = PsycopgConnector(
        conninfo=libpq_url(url),
        min_size=1,
        max_size=4,
        timeout=CONNECT_SECONDS,
        kwargs={**KEPT_ALIVE, "connect_timeout": CONNECT_SECONDS, "application_name": "fengqiao queue"},
    )
    queue = App(connector=connector)

    @queue.task(name="deliver", queue=QUEUE, retry=Backoff(), pass_context=True)
    async def deliver(context: JobContext, notification_id: int) -> None:
        await _deliver(work, context.job.attempts, notification_id)

    # Tried once: what it leaves behind is found within a minute (app/redeliver.py) and tried one by one.
    @queue.task(name="deliver_together", queue=QUEUE)
    async def deliver_together(notification_ids: list[int]) -> None:
        async with asyncio.timeout(DELIVERY_SECONDS):
            await work.deliver_together(notification_ids)

    # No lock on the reaper: a lock held by its own dead predecessor would stop it for good.
    @queue.periodic(cron="* * * * * */5")
    @queue.task(name="reap", queue=QUEUE, queueing_lock="reap", priority=20)
    async def reap_dead(timestamp: int) -> None:
        async with asyncio.timeout(REAP_SECONDS):
            await reap(queue)

    @queue.task(name="train", queue=QUEUE, retry=Backoff(), pass_context=True)
    async def train(context: JobContext, version: str) -> None:
        await work.train(version, context.job.attempts)

    @queue.periodic(cron="17 3 * * *")
    @queue.task(name="tidy", queue=QUEUE, queueing_lock="tidy")
    async def tidy(timestamp: int) -> None:
        await queue.job_manager.delete_old_jobs(
            KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )

    periodic.add_to(queue, work.acts)
    return queue


async def _deliver(work: Work, attempts: int, notification_id: int) -> None:
    """Try; at the last attempt give up, and say so on the row instead of failing for ever."""
    if attempts >= MAX_ATTEMPTS:  # its worker died at the last one
        await work.give_up(notification_id, "tries used up")
        return
    try:
        async with asyncio.timeout(DELIVERY_SECONDS):
            await work.deliver(notification_id)
    except Exception as error:
        if attempts + 1 < MAX_ATTEMPTS:
            raise
        await work.give_up(notification_id, type(error).__name__)


STALLED = """
SELECT job.id
FROM procrastinate_jobs AS job LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
WHERE job.status = 'doing' AND (
    worker.id IS NULL
    OR worker.last_heartbeat < now() - make_interval(secs => %(dead_after)s)
    OR (SELECT max(event.at) FROM procrastinate_events AS event WHERE event.job_id = job.id AND event.type = 'started')
        < now() - make_interval(secs => (%(lost_after)s::jsonb ->> job.task_name)::float)
)
"""


async def reap(queue: App, dead_after: float = DEAD_AFTER, lost_after: Mapping[str, float] = LOST_AFTER) -> int:
    """Put back jobs whose worker died, or whose end could not be written while the database was away.

    Procrastinate finds the first kind and retries neither (its issues 740, 1446, 1518). The second kind shows by
    running longer than its task ever does: `lost_after` seconds by task name, all of them limited well below.
    """
    rows = await queue.connector.execute_query_all_async(STALLED, dead_after=dead_after, lost_after=dict(lost_after))
    for row in rows:
        try:
            await queue.job_manager.retry_job_by_id_async(row["id"], retry_at=datetime.now(UTC))
        except UniqueViolation:  # the next one of its kind is there already, and waits for its lock
            await queue.job_manager.finish_job_by_id_async(row["id"], Status.ABORTED, delete_job=True)
        except ConnectorException:
            log.info("job.ended_meanwhile", job=row["id"])
    if rows:
        log.warning("jobs.picked_up", jobs=[row["id"] for row in rows])
    return len(rows)


async def work_on(queue: App, *, name: str = "worker", concurrency: int = CONCURRENCY) -> None:
    """Work until cancelled. A worker that stops because the database went away is followed by another.

    Cancelled, it lets running jobs finish for a few seconds and hands the others back.
    """
    while True:
        try:
            await queue.run_worker_async(
                name=name,
                concurrency=concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=2.0,
                shutdown_graceful_timeout=4.0,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=DEAD_AFTER,
                delete_jobs=DeleteJobCondition.SUCCESSFUL,
            )
        except Exception:
            log.exception("worker.stopped")
        await asyncio.sleep(1.0)
