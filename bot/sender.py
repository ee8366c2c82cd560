"""Takes rows to a messenger: each chat in its order, no chat waiting for another, marked when they are there.

One sender a channel works in the whole installation (see `alone`), so the messenger's limits are kept by counting here.
A row is sent outside of any transaction and marked afterwards. Whoever kills the program between the two has that one
line sent again; whoever stops it does not.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import unsent
from bot.alone import stop_if_asked
from bot.channels.base import Channel, ChannelError, Impossible, Moved, TooFast, Unreachable
from bot.live import Live
from bot.messages import Outgoing, Sent
from bot.pace import Pace
from bot.transactions import Transactions
from models import Sending

LOOK_SECONDS = 2.0  # when no news came: what somebody wrote while nobody listened
GATHER_SECONDS = 0.005  # a moment in which more may come, so that one look serves several
AT_ONCE = 20  # sends under way; with a burst of the pace fewer than the 30 Telegram takes at once
BATCH, OF_ONE_CHAT = 100, 4
SEND_SECONDS = 60.0
STOP_SECONDS = 4.0
AWAY_SECONDS = 0.5
MAX_ATTEMPTS = 10  # 3, 9, 27 … 3,600 s apart: three hours and a half
LONGEST_WAIT = 3600
AWAY = (SQLAlchemyError, psycopg.Error, TimeoutError)
log = structlog.get_logger()


class Outbox(Protocol):
    """Whose lines these are: the residents' or the staff's."""

    @property
    def table(self) -> type[Any]: ...

    async def in_words(self, session: AsyncSession, rows: Sequence[Any], now: datetime) -> Sequence[Outgoing]:
        """Rows as their readers see them; what it writes is committed before anything is sent."""

    async def lost(self, session: AsyncSession, rows: Sequence[Any], chat: str, reason: str, now: datetime) -> None:
        """Nobody reaches this chat any more; `rows` are those that failed by it."""

    async def moved(self, session: AsyncSession, chat: str, to: str) -> None: ...


class Sender:
    def __init__(
        self,
        channel: Channel,
        outbox: Outbox,
        transactions: Transactions,
        live: Live,
        now: Callable[[], datetime],
        pace: Callable[[], Pace] = Pace,
    ) -> None:
        self._channel, self._outbox, self._transactions = channel, outbox, transactions
        self._live, self._now, self._new_pace = live, now, pace
        self._queues = dict[str, deque[Outgoing]]()
        self._tasks = dict[str, asyncio.Task[None]]()
        self._sending = set[str]()
        self._later = dict[str, float]()
        self._sent = dict[str, dict[int, Sent]]()  # by chat, not yet written
        self._written = asyncio.Event()
        self._news = asyncio.Event()

    @property
    def _table(self) -> type[Sending]:
        table: type[Sending] = self._outbox.table
        return table

    async def run(self) -> None:
        """Until cancelled; then what is under way is let end and is marked."""
        self._pace, self._free = self._new_pace(), asyncio.Semaphore(AT_ONCE)
        for held in (self._queues, self._tasks, self._later, self._sent):
            held.clear()
        with self._live.subscribe(f"send:{self._channel.name}") as self._news:
            try:
                while True:
                    stop_if_asked()
                    await asyncio.sleep(GATHER_SECONDS)
                    self._news.clear()
                    if not await self._look():
                        await self._wait()
            finally:
                await self._stop()

    async def _look(self) -> bool:
        """Load what can go and begin; True when there may be more at once."""
        try:
            loaded = await self._exchange(loads=True)
        except AWAY as error:
            log.warning("sender.database_away", channel=self._channel.name, error=type(error).__name__)
            await asyncio.sleep(AWAY_SECONDS)
            return False
        for out in loaded:
            self._queues.setdefault(out.chat, deque()).append(out)
        for chat in dict.fromkeys(out.chat for out in loaded):
            self._tasks[chat] = asyncio.create_task(self._serve(chat))
        return len(loaded) >= BATCH

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        soonest = min(self._later.values(), default=loop.time() + LOOK_SECONDS) - loop.time()
        with suppress(TimeoutError):
            async with asyncio.timeout(min(LOOK_SECONDS, max(0.01, soonest))):
                await self._news.wait()

    async def _serve(self, chat: str) -> None:
        """One chat's lines, one after the other, until they are through or one has to wait."""
        queue = self._queues[chat]
        try:
            while queue:
                out = queue[0]
                messages = max(1, len(out.files))
                await self._pace.of_chat(chat, messages)
                async with self._free:
                    await self._pace.of_all(messages)
                    if not await self._try(out):
                        return
                queue.popleft()
        except Exception:
            log.exception("sender.broken", channel=self._channel.name)
            self._later[chat] = asyncio.get_running_loop().time() + LOOK_SECONDS
        finally:
            del self._tasks[chat]
            if chat not in self._sent:
                self._queues.pop(chat, None)
            self._news.set()

    async def _try(self, out: Outgoing) -> bool:
        """False: the rest of the chat waits."""
        self._sending.add(out.chat)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                sent = await self._channel.send(out)
        except (ChannelError, TimeoutError) as error:
            await self._not_sent(out, error)
            return False
        finally:
            self._sending.discard(out.chat)
        self._sent.setdefault(out.chat, {})[out.id] = sent
        return True

    async def _not_sent(self, out: Outgoing, error: ChannelError | TimeoutError) -> None:
        """What becomes of it is written at once, and of what went out before it."""
        reason = str(error) or type(error).__name__
        log.warning("sender.not_sent", channel=self._channel.name, line=out.id, reason=reason)
        await self._exchange()
        now = self._now()
        async with self._transactions.begin() as session:
            match error:
                case Unreachable():
                    rows = await unsent.fail_chat(session, self._table, self._channel.name, out.chat, reason, now)
                    await self._outbox.lost(session, rows, out.chat, reason, now)
                case Moved():
                    await unsent.move(session, self._table, self._channel.name, out.chat, error.to)
                    await self._outbox.moved(session, out.chat, error.to)
                case Impossible():
                    await unsent.fail(session, self._table, out.id, reason, now)
                    await unsent.forget_files(session, self._channel.name, [f.sha256 for f in out.files if f.number])
                case _:
                    await self._postpone(session, out, error, reason)

    async def _postpone(self, session: AsyncSession, out: Outgoing, error: Exception, reason: str) -> None:
        row = await session.get_one(self._table, out.id)
        told = isinstance(error, TooFast)
        if not told and row.attempts + 1 >= MAX_ATTEMPTS:
            await unsent.fail(session, self._table, out.id, reason, self._now())
            return
        seconds = error.seconds if isinstance(error, TooFast) else min(LONGEST_WAIT, 3.0 ** (row.attempts + 1))
        sent = getattr(error, "sent", ()) or out.sent
        await unsent.later(session, self._table, out.id, seconds, sent=sent, counts=not told)
        self._later[out.chat] = asyncio.get_running_loop().time() + seconds

    async def _exchange(self, *, loads: bool = False) -> Sequence[Outgoing]:
        """Mark what was sent and load what comes next, in one transaction.

        Away or not, nothing that was sent is sent again while we live.
        """
        done = {chat: dict(lines) for chat, lines in self._sent.items()}
        if not (done or loads):
            return []
        async with self._transactions.begin() as session:
            await self._mark(session, {id_: sent for lines in done.values() for id_, sent in lines.items()})
            loaded = await self._load(session, done) if loads else []
        for chat, written in done.items():
            self._forget(chat, written)
        return loaded

    async def _mark(self, session: AsyncSession, lines: Mapping[int, Sent]) -> None:
        if not lines:
            return
        numbers = {id_: json.dumps(list(sent.numbers)) for id_, sent in lines.items()}
        await unsent.mark_sent(session, self._table, numbers, self._now())
        if files := {sha256: number for sent in lines.values() for sha256, number in sent.files.items()}:
            await unsent.keep_files(session, self._channel.name, files)

    async def _load(self, session: AsyncSession, done: Mapping[str, Mapping[int, Sent]]) -> Sequence[Outgoing]:
        """What can go now, of chats that have nothing under way."""
        now = asyncio.get_running_loop().time()
        self._later = {chat: at for chat, at in self._later.items() if at > now}
        at_work = {chat for chat in self._queues if chat in self._tasks or self._unmarked(chat, done)}
        rows = await unsent.next_rows(
            session, self._table, self._channel.name, at_work | {*self._later}, most=BATCH, of_one=OF_ONE_CHAT
        )
        return await self._outbox.in_words(session, rows, self._now()) if rows else []

    def _unmarked(self, chat: str, done: Mapping[str, Mapping[int, Sent]]) -> bool:
        """Whether it sent something since, which this transaction does not mark: it would be loaded again."""
        return bool(self._sent.get(chat, {}).keys() - done.get(chat, {}).keys())

    def _forget(self, chat: str, written: dict[int, Sent]) -> None:
        left = self._sent.get(chat, {})
        for id_ in written:
            left.pop(id_, None)
        if not left:
            self._sent.pop(chat, None)
            if chat not in self._tasks:
                self._queues.pop(chat, None)

    async def _stop(self) -> None:
        """Whoever only waits is cancelled; what is on its way arrives, and is marked."""
        for chat, task in list(self._tasks.items()):
            if chat not in self._sending:
                task.cancel()
            while len(self._queues[chat]) > 1:
                self._queues[chat].pop()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=STOP_SECONDS)
        for task in list(self._tasks.values()):
            task.cancel()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._exchange()
        except AWAY:
            log.error("sender.not_marked", channel=self._channel.name, lines=sum(map(len, self._sent.values())))
