"""Plain SQL in a session's own transaction, for the few statements that every message waits for.

The tables are as in models/; building and mapping a statement takes several times longer than sending it.
"""

from typing import Any, cast

import psycopg
from sqlmodel.ext.asyncio.session import AsyncSession

_CONNECTION = "direct"  # in session.info


async def direct(session: AsyncSession) -> psycopg.AsyncConnection[tuple[Any, ...]]:
    """The connection under this transaction. What the session holds and has not flushed is not seen by it."""
    if _CONNECTION not in session.info:
        raw = await (await session.connection()).get_raw_connection()
        session.info[_CONNECTION] = raw.driver_connection
    return cast("psycopg.AsyncConnection[tuple[Any, ...]]", session.info[_CONNECTION])
