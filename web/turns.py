"""One thing after another of one person, before any of it takes a connection to the database.

There it would wait for its turn all the same, and hold a connection others need: one who floods would hold them all.
"""

import asyncio
from uuid import UUID
from weakref import WeakValueDictionary


class Turns:
    def __init__(self) -> None:
        self._of = WeakValueDictionary[UUID, asyncio.Lock]()

    def of(self, who: UUID) -> asyncio.Lock:
        """`async with turns.of(who):`; forgotten when nobody waits any more."""
        return self._of.setdefault(who, asyncio.Lock())
