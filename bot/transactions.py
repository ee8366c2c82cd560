"""Open, do, tell whom it concerns, commit: the one way anything that arrives becomes durable."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.direct import direct
from cases.lifecycle import MOVED
from cases.notices import NEW_NOTICES
from models import Notification

Tell = Callable[[AsyncSession, Sequence[Notification]], Awaitable[None]]
Moved = Callable[[AsyncSession, Collection[UUID]], Awaitable[None]]

LIVE = "live"  # the PostgreSQL channel pages listen to
LEARNING = "learning"  # woken whenever a version changes, or how far its training is
NOTIFY = "SELECT pg_notify(%s, %s)"
_ALONE = {"isolation_level": "AUTOCOMMIT"}
_WAKE = "wake"  # in session.info: whose pages have something new


class Transactions:
    """`async with transactions.begin() as session:` — all of it is there afterwards, or nothing."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], tell: Tell, moved: Moved | None = None) -> None:
        """`tell` gets the notices a transaction causes and `moved` the cases it changed, before it is committed."""
        self._sessions, self._tell, self._moved = sessions, tell, moved

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        async with self._sessions() as session:
            yield session
            await self.finish(session)
            await session.commit()

    async def finish(self, session: AsyncSession) -> None:
        """All that comes before the commit, for whoever answers with what will be there after it."""
        changed: set[UUID] = session.info.pop(MOVED, set())
        if changed and self._moved:
            with session.no_autoflush:  # the notices are written once, when it is known which are delivered
                await self._moved(session, changed)
        notices: list[Notification] = session.info.pop(NEW_NOTICES, [])
        if notices:
            await self._tell(session, notices)
        if session.new or session.dirty or session.deleted:
            await session.flush()
        await _notify(session)

    @asynccontextmanager
    async def read(self, *, held: bool = False) -> AsyncIterator[AsyncSession]:
        """For looking only: nothing is kept. `held`: in one transaction, as a cursor that is read on and on needs it;
        otherwise in none, for BEGIN and ROLLBACK are a journey each."""
        async with self._sessions() as session:
            if not held:
                await session.connection(execution_options=_ALONE)
            yield session


def wake(session: AsyncSession, who: str) -> None:
    """Open pages of `who` (`chat:<resident>`, `staff:<person>`, `staff`, LEARNING) look again after the commit."""
    session.info.setdefault(_WAKE, set()).add(who)


async def _notify(session: AsyncSession) -> None:
    woken = session.info.pop(_WAKE, None)
    if woken:
        await (await direct(session)).execute(NOTIFY, (LIVE, json.dumps(sorted(woken))))
