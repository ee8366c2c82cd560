"""Where a messenger's updates come in, by whichever way: each chat in its order, committed, and then done with.

What the database or the network is to blame for comes again. What an update itself is to blame for is tried three
times and kept, sealed, for somebody to look at: one that nobody can take in shall not hold up those behind it.
"""

import asyncio
import hashlib
import json
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import psycopg
import structlog
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.channels.base import Channel, ChannelError, Impossible
from bot.messages import Arrival
from bot.residents import locale_of
from bot.transactions import Transactions
from cases.keys import Keys
from models import RefusedUpdate

AT_ONCE = 6  # more is slower: they share one processor, and connections beyond the pool are made anew each time
WAITING_MOST = 200
TRIES = 3
NETWORK_TRIES = 12  # about a minute and a half, where nobody else brings it again
TAKE_SECONDS = 50.0  # a messenger waits a minute for our answer
LOOK_SECONDS = 3.0
PAUSES = (0.2, 1.0, 2.0, 4.0, 8.0, 10.0)
NUMBERS = 2**63
OWN_MENU = (
    "zh-Hant"  # messengers tell menus apart by language, and Chinese has two scripts: this one is set chat by chat
)
log = structlog.get_logger()


class NoUpdate(ValueError):
    """It has no number an update could have."""


class Again(Exception):
    """Not taken in, and not for a reason of its own: it may come again. `away`: the database does not answer."""

    def __init__(self, reason: str, away: bool) -> None:
        super().__init__(reason)
        self.reason, self.away = reason, away


class Handler(Protocol):
    """The residents' bot or the staff's."""

    async def receive(self, arrival: Arrival) -> str:
        """All it brings about is committed when this returns, once only; a word for whoever pressed a button."""


@dataclass
class Lane:
    """A chat while somebody of it is being heard."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Reception:
    def __init__(
        self,
        channel: Channel,
        handler: Handler,
        transactions: Transactions,
        keys: Keys,
        now: Callable[[], datetime],
    ) -> None:
        self._channel, self._handler, self._transactions = channel, handler, transactions
        self._keys, self._now = keys, now
        self._lanes = dict[str, Lane]()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def take(self, raw: object, *, patient: bool = False) -> None:
        """Done with for good when this returns. Raises Again, and NoUpdate when it has no number.

        `patient`: nobody brings it a second time in its chat's order, so wait for the database and the network here.
        """
        number = number_of(raw)
        if number is None:
            await self._refuse(raw, _digest(raw), "no update")
            raise NoUpdate("no update")
        assert isinstance(raw, Mapping)
        try:
            arrival = self._channel.hear(raw)
        except Exception as error:  # whatever a library makes of something that is none: it will make it again
            await self._refuse(raw, str(number), _where(error))
            return
        if arrival is not None:
            async with self._turn(arrival.chat):
                await self._bring_in(raw, arrival, patient)

    @asynccontextmanager
    async def _turn(self, chat: str) -> AsyncIterator[None]:
        """One of a chat after the other, in the order they came."""
        if sum(lane.waiting for lane in self._lanes.values()) >= WAITING_MOST:
            raise Again("too many at once", away=False)
        lane = self._lanes.setdefault(chat, Lane())
        lane.waiting += 1
        try:
            async with lane.turn:
                yield
        finally:
            lane.waiting -= 1
            if not lane.waiting:
                del self._lanes[chat]

    async def _bring_in(self, raw: object, arrival: Arrival, patient: bool) -> None:
        own = network = tries = 0
        while True:
            tries += 1
            try:
                return await self._try(arrival)
            except Again as error:
                network += not error.away
                if not patient:
                    raise
                if network >= NETWORK_TRIES:
                    return await self._refuse(raw, arrival.key, error.reason)
            except Exception as error:
                own += 1
                log.warning("update.failed", channel=self._channel.name, key=arrival.key, at=_where(error))
                if own >= TRIES:
                    return await self._refuse(raw, arrival.key, _where(error))
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES)) - 1])

    async def _try(self, arrival: Arrival) -> None:
        """Raises Again for what the database or the network is to blame for."""
        async with self._slots:
            try:
                async with asyncio.timeout(TAKE_SECONDS):
                    toast = await self._handler.receive(arrival)
            except Exception as error:
                if isinstance(error, ChannelError) and not isinstance(error, Impossible):
                    raise Again(error.reason, away=False) from error
                if is_away(error) or (isinstance(error, TimeoutError) and not await self._lives()):
                    raise Again(type(error).__name__, away=True) from error
                raise
        if arrival.query:
            await self._channel.answer(arrival.query, toast)
        if arrival.start is not None and arrival.private and locale_of(arrival.locale) == OWN_MENU:
            await self._channel.menu(arrival.chat, OWN_MENU)

    async def _lives(self) -> bool:
        try:
            async with asyncio.timeout(LOOK_SECONDS), self._transactions.read() as session:
                await session.execute(text("SELECT 1"))
        except Exception:
            return False
        return True

    async def _refuse(self, raw: object, key: str, reason: str) -> None:
        """Keep it with the reason, which tells nothing of what was in it. Raises Again while that cannot be done."""
        row = {
            "channel": self._channel.name, "receiver": self._channel.receiver, "key": key, "reason": reason,
            "sealed": self._keys.seal(_json(raw)), "at": self._now(),
        }  # fmt: skip
        try:
            async with asyncio.timeout(TAKE_SECONDS), self._transactions.begin() as session:
                await session.execute(insert(RefusedUpdate).values(**row).on_conflict_do_nothing())
        except Exception as error:
            raise Again(type(error).__name__, away=True) from error
        log.error("update.refused", channel=self._channel.name, key=key, reason=reason)


def number_of(raw: object) -> int | None:
    number = raw.get("update_id") if isinstance(raw, Mapping) else None
    return number if type(number) is int and 0 <= number < NUMBERS else None


def is_away(error: BaseException) -> bool:
    """Whether it was the database; not where it cannot do what it was asked, however often (class 54)."""
    if isinstance(error, PoolTimeout | psycopg.OperationalError | psycopg.InterfaceError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    asked_too_much = str(getattr(error.orig, "sqlstate", None) or "").startswith("54")
    away = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return away and not asked_too_much


def _where(error: BaseException) -> str:
    """Its kind and its place: what it says may quote people."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno} {frames[-1].name}" if frames else ""
    return f"{type(error).__name__}{at}"


def _json(raw: Any) -> str:
    """In ASCII, so that nothing in it is beyond any encoding."""
    try:
        return json.dumps(raw)
    except (RecursionError, TypeError, ValueError) as error:
        return json.dumps(f"cannot be written down: {type(error).__name__}")


def _digest(raw: object) -> str:
    """A key for what has none: the same thing again is kept once."""
    return hashlib.sha256(_json(raw).encode()).hexdigest()[:32]
