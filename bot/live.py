"""Open pages learn at once that something is new: PostgreSQL's NOTIFY, heard by every replica, wakes the streams."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import structlog

from bot.transactions import LIVE

RECONNECT_SECONDS = 1.0
log = structlog.get_logger()


async def woken(news: asyncio.Event, seconds: float) -> bool:
    """True when something is new, which counts as heard; False when nothing was for so long: say that we are there."""
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return False
    news.clear()
    return True


class Live:
    """`with live.subscribe(who) as news: await woken(news, 20)`; `run` listens until `stop`."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.stopping = False

    @contextmanager
    def subscribe(self, *who: str) -> Iterator[asyncio.Event]:
        news = asyncio.Event()
        for name in who:
            self._waiting[name].add(news)
        try:
            yield news
        finally:
            for name in who:
                self._waiting[name].discard(news)
                if not self._waiting[name]:
                    del self._waiting[name]

    async def run(self, url: str) -> None:
        """Listen on a connection of our own; after a lost one all are woken, for something may have been missed."""
        while not self.stopping:
            try:
                async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                    await connection.execute(f"listen {LIVE}")
                    self.wake_all()
                    async for notice in connection.notifies():
                        for name in json.loads(notice.payload):
                            self._wake(name)
            except psycopg.Error as error:
                log.warning("live.lost", error=type(error).__name__)
                await asyncio.sleep(RECONNECT_SECONDS)

    def stop(self) -> None:
        """Streams end by themselves, so that they do not hold up a shutdown."""
        self.stopping = True
        self.wake_all()

    def wake_all(self) -> None:
        for name in list(self._waiting):
            self._wake(name)

    def _wake(self, name: str) -> None:
        for news in self._waiting.get(name, ()):
            news.set()
