"""The net under the queue: a notification still waiting without a live job gets a new one."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.jobs import UNDELIVERED_AFTER, defer_deliveries
from models import Notification

NO_LIVE_JOB = text(
    """NOT EXISTS (
        SELECT FROM procrastinate_jobs AS job
        WHERE job.task_name = 'deliver' AND job.status IN ('todo', 'doing')
            AND (job.args ->> 'notification_id')::bigint = notifications.id
    ) AND NOT EXISTS (
        SELECT FROM procrastinate_jobs AS job
        CROSS JOIN LATERAL jsonb_array_elements(job.args -> 'notification_ids') AS one (id)
        WHERE job.task_name = 'deliver_together' AND job.status IN ('todo', 'doing')
            AND one.id::bigint = notifications.id
    )"""
)


async def redeliver(session: AsyncSession, now: datetime, limit: int = 500) -> int:
    """Defer deliveries again for what has waited too long; returns how many. Two sweepers share the work."""
    before = now - timedelta(seconds=UNDELIVERED_AFTER)
    waiting = select(Notification).where(
        col(Notification.delivered_at).is_(None),
        col(Notification.failed_at).is_(None),
        col(Notification.created_at) < before,
        NO_LIVE_JOB,
    )
    waiting = waiting.order_by(col(Notification.created_at)).limit(limit).with_for_update(skip_locked=True)
    rows = (await session.exec(waiting)).all()
    await defer_deliveries(session, rows, together=False)
    return len(rows)
