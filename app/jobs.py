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

from app.database import CONNECT_SECONDS, KEPT_ALIVE, libpq_url
from cases.telling import is_told_to_many
from models import Notification

log = structlog.get_logger()

QUEUE = "fengqiao"
MAX_ATTEMPTS = 10  # of one delivery: 1, 3, 9 … 6,561 s apart, about two hours and three quarters in all
KEEPS_ORDER = 4  # attempts for which later notices to the same person wait; then they may overtake it
TOGETHER = 50  # residents told by one job, in one transaction, of a notice to many
DELIVERY_SECONDS = 20  # one attempt; a hung channel is a failed one
SWEEP_SECONDS = 60
BULLETIN_SECONDS = 600
RETENTION_SECONDS = 3_600
HEARTBEAT = 5.0
DEAD_AFTER = 20.0  # seconds without a heartbeat; with the sweep every 5 s a job is picked up within 30 s
LOST_AFTER = {
    "deliver": 30.0,
    "deliver_together": 30.0,
    "supervise": 90.0,
    "redeliver": 90.0,
    "reap": 90.0,
    "train": 2_400.0,
    "shadow": 90.0,
    "drift": 90.0,
    "hot": 90.0,
    "warn": 90.0,
    "bulletin": 660.0,
    "neighbours": 90.0,
    "record": 660.0,
    "months": 660.0,
    "week_sums": 660.0,
    "sign_in": 90.0,
    "retention": 3_660.0,
}  # none runs this long: see `reap`
UNDELIVERED_AFTER = 30.0
KEEP_FAILED_HOURS = 7 * 24
CONCURRENCY = 8


@dataclass(frozen=True)
class Work:
    """What the tasks call, handed in by `build`. Each opens and commits its own transactions."""

    deliver: Callable[[int], Awaitable[None]]  # raises when it should be tried again, perhaps with `retry_after`
    deliver_together: Callable[[Sequence[int]], Awaitable[None]]
    give_up: Callable[[int, str], Awaitable[None]]  # notification, reason
    sweep: Callable[[], Awaitable[int]]  # does what is due, some at a time; 0 when nothing is left
    redeliver: Callable[[], Awaitable[int]]
    train: Callable[[str, int], Awaitable[None]]  # version, attempts before; ends well before LOST_AFTER
    shadow: Callable[[], Awaitable[int]]  # reads some cases; 0 when nothing is left
    drift: Callable[[], Awaitable[int]]
    hot: Callable[[], Awaitable[int]]  # gathers some cases; 0 when nothing is left
    warn: Callable[[], Awaitable[int]]  # a day of the areas; 0 when none is missing
    bulletin: Callable[[], Awaitable[int]]  # one of last week's; 0 when it is not time or none is left
    neighbours: Callable[[], Awaitable[int]]  # a vote or some notices; 0 when nothing is due
    week_sums: Callable[[], Awaitable[int]]  # counts a week that is over; 0 when all are kept
    record: Callable[[], Awaitable[int]]  # links some old cases; keeps a head and returns 0 when none is left
    months: Callable[[], Awaitable[int]]  # one step for the months of events; 0 when each has its part
    retention: Callable[[], Awaitable[int]]  # forgets a lot of what is older than the town keeps; 0 when none is left
    sign_in: Callable[[], Awaitable[int]]  # ends tries, sessions and chats that count no more


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
        async with asyncio.timeout(SWEEP_SECONDS):
            await reap(queue)

    @queue.periodic(cron="* * * * * */20")
    @queue.task(name="supervise", queue=QUEUE, queueing_lock="supervise", lock="supervise", priority=10)
    async def supervise(timestamp: int) -> None:
        async with asyncio.timeout(SWEEP_SECONDS):
            while await work.sweep():
                pass

    @queue.periodic(cron="* * * * * 10,30,50")
    @queue.task(name="redeliver", queue=QUEUE, queueing_lock="redeliver", lock="redeliver", priority=10)
    async def redeliver(timestamp: int) -> None:
        async with asyncio.timeout(SWEEP_SECONDS):
            if found := await work.redeliver():
                log.warning("notifications.redeferred", count=found)

    @queue.task(name="train", queue=QUEUE, retry=Backoff(), pass_context=True)
    async def train(context: JobContext, version: str) -> None:
        await work.train(version, context.job.attempts)

    @queue.periodic(cron="* * * * * 15,45")
    @queue.task(name="shadow", queue=QUEUE, queueing_lock="shadow", lock="shadow", priority=-10)
    async def shadow(timestamp: int) -> None:
        async with asyncio.timeout(SWEEP_SECONDS):
            while await work.shadow():
                pass

    # Mondays from nine to five in the town, for a program that was not running in the morning; it tells things once.
    @queue.periodic(cron="5 1-9 * * 1")
    @queue.task(name="drift", queue=QUEUE, queueing_lock="drift", lock="drift", priority=-10)
    async def drift(timestamp: int) -> None:
        async with asyncio.timeout(SWEEP_SECONDS):
            await work.drift()

    @queue.periodic(cron="* * * * * 20,50")
    @queue.task(name="hot", queue=QUEUE, queueing_lock="hot", lock="hot", priority=-10)
    async def hot(timestamp: int) -> None:
        async with asyncio.timeout(SWEEP_SECONDS):
            while await work.hot():
                pass

    # Every hour, for a program that was not running just after midnight; a day is done once.
    @queue.periodic(cron="10 * * * *")
    @queue.task(name="warn", queue=QUEUE, queueing_lock="warn", lock="warn", priority=-10)
    async def warn(timestamp: int) -> None:
        async with asyncio.timeout(SWEEP_SECONDS):
            while await work.warn():
                pass

    # On Monday at half past eight in the town; on any hour after it for a program that was not running then.
    @queue.periodic(cron="30 * * * *")
    @queue.task(name="bulletin", queue=QUEUE, queueing_lock="bulletin", lock="bulletin", priority=-10)
    async def bulletin(timestamp: int) -> None:
        async with asyncio.timeout(BULLETIN_SECONDS):  # a town of many streets; each is committed by itself
            while await work.bulletin():
                pass

    @queue.periodic(cron="* * * * * */15")
    @queue.task(name="neighbours", queue=QUEUE, queueing_lock="neighbours", lock="neighbours", priority=-10)
    async def neighbours(timestamp: int) -> None:
        async with asyncio.timeout(SWEEP_SECONDS):
            while await work.neighbours():
                pass

    # A late word about a past week is in its sums within a minute; until then whoever asks counts by themselves.
    @queue.periodic(cron="* * * * * 25")
    @queue.task(name="week_sums", queue=QUEUE, queueing_lock="week_sums", lock="week_sums", priority=-10)
    async def week_sums(timestamp: int) -> None:
        async with asyncio.timeout(BULLETIN_SECONDS):  # each week is committed by itself
            while await work.week_sums():
                pass

    @queue.periodic(cron="40 * * * *")
    @queue.task(name="record", queue=QUEUE, queueing_lock="record", lock="record", priority=-10)
    async def record(timestamp: int) -> None:
        async with asyncio.timeout(BULLETIN_SECONDS):  # each lot is committed by itself; the next hour goes on
            while await work.record():
                pass

    @queue.periodic(cron="* * * * * 35")
    @queue.task(name="sign_in", queue=QUEUE, queueing_lock="sign_in", lock="sign_in", priority=-10)
    async def sign_in(timestamp: int) -> None:
        async with asyncio.timeout(SWEEP_SECONDS):
            await work.sign_in()

    @queue.periodic(cron="*/5 * * * *")
    @queue.task(name="months", queue=QUEUE, queueing_lock="months", lock="months", priority=-10)
    async def months(timestamp: int) -> None:
        async with asyncio.timeout(BULLETIN_SECONDS):  # each step is committed by itself; the next one goes on
            while await work.months():
                pass

    # Twenty past three in the town. Each lot is committed by itself; what an hour does not hold is for the next night.
    @queue.periodic(cron="20 19 * * *")
    @queue.task(name="retention", queue=QUEUE, queueing_lock="retention", lock="retention", priority=-10)
    async def retention(timestamp: int) -> None:
        async with asyncio.timeout(RETENTION_SECONDS):
            while await work.retention():
                pass

    @queue.periodic(cron="17 3 * * *")
    @queue.task(name="tidy", queue=QUEUE, queueing_lock="tidy")
    async def tidy(timestamp: int) -> None:
        await queue.job_manager.delete_old_jobs(
            KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )

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
