"""One at a time in the whole installation: a poller or a sender works while it holds a lock of the database.

A machine may vanish without a word. Its holder stops when the database has not answered for LOST_SECONDS; the database
ends a session it has heard nothing of for a while longer (FREED_AFTER), and only then another takes over.
"""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import structlog

TRY_SECONDS = 1.0
LOOK_SECONDS = 2.0
LOST_SECONDS = 6.0
FREED_AFTER = "15s"  # longer than LOOK_SECONDS, LOST_SECONDS and what the work takes to stop, together
log = structlog.get_logger()


async def alone(url: str, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Until cancelled: wait for one's turn, work, and stop at once when the connection that holds the lock is gone."""
    while True:
        stop_if_asked()
        try:
            freed = f"-c idle_session_timeout={FREED_AFTER}"
            async with await psycopg.AsyncConnection.connect(url, autocommit=True, options=freed) as connection:
                await _turn(connection, name)
                await _while_held(connection, work)
        except psycopg.Error as error:
            log.warning("turn.lost", of=name, error=type(error).__name__)
            await asyncio.sleep(TRY_SECONDS)


def stop_if_asked() -> None:
    """Work that goes on and on asks before each turn: `wait_for` of Python 3.11, which the database's driver uses,
    loses a cancellation that comes together with what it waits for."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _turn(connection: psycopg.AsyncConnection, name: str) -> None:
    while True:
        answer = await connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (name,))
        row = await answer.fetchone()
        stop_if_asked()
        if row and row[0]:
            return
        await asyncio.sleep(TRY_SECONDS)


async def _while_held(connection: psycopg.AsyncConnection, work: Callable[[], Awaitable[None]]) -> None:
    """Raises psycopg.Error when the connection broke, or whatever ended the work."""
    working = asyncio.ensure_future(work())
    try:
        while not working.done():
            stop_if_asked()
            await asyncio.wait([working], timeout=LOOK_SECONDS)
            await _held(connection)
    finally:
        working.cancel()
        await asyncio.wait([working])
    working.result()


async def _held(connection: psycopg.AsyncConnection) -> None:
    """Raises psycopg.Error when the database does not answer. The driver itself would wait for ever to cancel."""
    asking = asyncio.ensure_future(connection.execute("SELECT 1"))
    await asyncio.wait([asking], timeout=LOST_SECONDS)
    if not asking.done():
        connection.pgconn.finish()
        asking.cancel()
        raise psycopg.OperationalError("no answer")
    asking.result()
