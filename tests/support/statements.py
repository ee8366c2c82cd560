"""What a piece of the program asks of the database: each statement on its way through the driver, in order.

Nothing is replaced: the driver's own methods do what they did, and are counted. A statement for many rows is one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

import psycopg

_HEARD: ContextVar[list[str] | None] = ContextVar("statements", default=None)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Those that this task and the tasks it starts meanwhile send; BEGIN and COMMIT are not among them."""
    heard: list[str] = []
    before = _HEARD.set(heard)
    try:
        with _listening("execute"), _listening("executemany"):
            yield heard
    finally:
        _HEARD.reset(before)


@contextmanager
def _listening(name: str) -> Iterator[None]:
    plain = getattr(psycopg.AsyncCursor, name)

    @wraps(plain)
    async def heard(cursor: Any, query: Any, *given: Any, **more: Any) -> Any:
        if (so_far := _HEARD.get()) is not None:
            so_far.append(" ".join(str(query).split()))
        return await plain(cursor, query, *given, **more)

    setattr(psycopg.AsyncCursor, name, heard)
    try:
        yield
    finally:
        setattr(psycopg.AsyncCursor, name, plain)
