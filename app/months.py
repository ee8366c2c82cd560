"""Keeps a part ready for every month of events, and takes apart what lies in none: cases/months.py, step by step.

Each step is a transaction of its own and waits for a lock no longer than somebody at a door would notice; where it does
not get one, it is tried again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from cases import months

log = structlog.get_logger()

ONE_AT_A_TIME = 0x6D6F6E74  # advisory lock, for the step only
PATIENCE = text("SET LOCAL lock_timeout = '500ms'")
TRIES, PAUSE = 10, 1.0
FRESH = timedelta(days=1)
# PostgreSQL looks at parts by itself, at what they are parts of never.
STALE = text(
    """SELECT coalesce(greatest(last_analyze, last_autoanalyze) < clock_timestamp() - :fresh, true)
       FROM pg_stat_user_tables WHERE relid = 'events'::regclass"""
)

Step = Callable[[AsyncSession], Awaitable[object]]


@dataclass(frozen=True)
class Months:
    """What the worker does for it."""

    sessions: Sessions
    now: Callable[[], datetime]

    async def tend(self) -> int:
        """One step; 0 when nothing is left, or somebody else is at it."""
        async with self.sessions() as session:
            step = await self._next(session)
        return await self._take(step) if step else 0

    async def _next(self, session: AsyncSession) -> Step | None:
        if not await months.under_way(session):
            if await months.is_full(session):
                return self._begin
            if new := await months.missing(session, self.now()):
                return partial(months.make, month=new[0])
            return _analyse if (await session.execute(STALE, {"fresh": FRESH})).scalar_one() else None
        if not await months.is_copied(session):
            return months.copy
        for waiting, step in ((months.untied, months.tie), (months.unlike, months.compare)):
            if names := await waiting(session):
                return partial(step, name=names[0])
        return _swap

    async def _begin(self, session: AsyncSession) -> None:
        found = await months.begin(session, self.now())
        log.info("events.apart", months=len(found), since=str(found[0]))

    async def _take(self, step: Step) -> int:
        for _ in range(TRIES):
            try:
                async with self.sessions.begin() as session:
                    await session.execute(PATIENCE)
                    if not await _alone(session):
                        return 0
                    await step(session)
                return 1
            except OperationalError as error:
                if not isinstance(error.orig, LockNotAvailable | DeadlockDetected):
                    raise
            except months.NotAlike as error:
                log.error("events.not_alike", month=str(error))
                step = months.give_up
            await asyncio.sleep(PAUSE)
        log.warning("events.no_lock", why="somebody has been reading or writing for too long")
        return 0


async def _alone(session: AsyncSession) -> bool:
    got = await session.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
    return bool(got.scalar_one())


async def _analyse(session: AsyncSession) -> None:
    await session.execute(text("ANALYZE events"))


async def _swap(session: AsyncSession) -> None:
    log.info("events.by_month", months=len(await months.take_its_place(session)))
