"""Whether the database answers: asked each second, on a connection beside the pool.

A database that is frozen, not gone, breaks no connection: whoever asks it something waits. So one asks for all.
"""

import asyncio
from contextlib import suppress

import psycopg
import structlog

from web.patience import Patience

EVERY, GONE_AFTER, CONNECT = 1.0, 2.0, 2
"""Seconds between questions, for an answer, and for a new connection. Noticed after three at the latest."""

log = structlog.get_logger()


async def feel(url: str, patience: Patience) -> None:
    """Until cancelled. What waits for the database is given up on when it is away, and let in again when it is back."""
    connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None
    try:
        while True:
            asking = asyncio.create_task(_ask(url, connection))
            try:
                await asyncio.wait([asking], timeout=GONE_AFTER)
                if not asking.done():
                    _say_away(patience)
                connection = await asking  # however long: psycopg takes its time to let go of a frozen server
                if patience.away:
                    log.warning("database.back")
                    patience.end()
            except (psycopg.Error, OSError):
                connection = None
                _say_away(patience)
            finally:
                asking.cancel()
            await asyncio.sleep(EVERY)
    finally:
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()


def _say_away(patience: Patience) -> None:
    if not patience.away:
        log.error("database.away")
        patience.begin()


async def _ask(
    url: str, known: psycopg.AsyncConnection[tuple[object, ...]] | None
) -> psycopg.AsyncConnection[tuple[object, ...]]:
    """The connection that answered. A broken one is left behind, its error raised."""
    connection = known or await psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=CONNECT, application_name="fengqiao pulse"
    )
    try:
        await connection.execute("SELECT 1")
    except BaseException:
        with suppress(psycopg.Error):
            await connection.close()
        raise
    return connection
