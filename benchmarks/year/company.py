"""Starts the players and the one who watches, each a process, and gathers what they did."""

import asyncio
import logging
import multiprocessing
import queue
import resource
import time
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import structlog
from sqlmodel import select

from app.database import Sessions, engine, sessions
from app.run import fast_loop
from app.run import settle as settled
from benchmarks.year.abreast import Abreast, abreast
from benchmarks.year.play import SWEEPS, Player, Tally
from benchmarks.year.residents import Residents
from benchmarks.year.town import Size, made_up
from benchmarks.year.watch import Watch
from cases.book import Book, read_book
from models import Person
from town.load import load_town

BEHIND = 5  # days the watch may be


@dataclass(frozen=True)
class Asked:
    url: str
    days: int = 365
    a_day: float = 175.0
    seed: int = 1
    players: int = 2
    size: Size = field(default_factory=Size)
    first: date = date(2026, 1, 1)

    def dates(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days)]

    def residents(self, book: Book) -> Residents:
        """The same for everybody who asks."""
        return Residents(made_up(self.size), book.calendar, self.first, self.days, self.a_day, self.seed)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Sessions]:
    made = engine(url, pool_size=2)
    try:
        yield sessions(made)
    finally:
        await made.dispose()


async def settle(asked: Asked) -> None:
    """The town is loaded, as `seed` does."""
    async with opened(asked.url) as made, made() as session:
        await load_town(session, made_up(asked.size), lambda _: "no password")
        await session.commit()


def play(asked: Asked, on_day: Callable[[int], None]) -> list[Tally]:
    """The whole time; `on_day` hears how many days are over. Raises RuntimeError when somebody broke down."""
    context = multiprocessing.get_context("spawn")
    told, days = context.Queue(), context.Queue(BEHIND)
    side = abreast(context, asked.players, len(SWEEPS))  # kept here: its locks live as long as this process knows them
    at_work = [context.Process(target=_player, args=(asked, one, told, days), daemon=True) for one in side]
    at_work.append(context.Process(target=_watch, args=(asked, told, days), daemon=True))
    for process in at_work:
        process.start()
    try:
        return list(_heard(told, len(at_work), at_work, on_day))
    finally:
        for process in at_work:
            process.terminate() if process.is_alive() else None
            process.join()


def _heard(told: Any, workers: int, at_work: Sequence[Any], on_day: Callable[[int], None]) -> Iterator[Tally]:
    over = 0
    while workers:
        try:
            said = told.get(timeout=5.0)
        except queue.Empty:
            if any(process.exitcode for process in at_work):
                raise RuntimeError("a process ended before its time") from None
            continue
        if isinstance(said, str):
            raise RuntimeError(said)
        if isinstance(said, Tally):
            workers -= 1
            yield said
        else:
            over += 1
            on_day(over)


def _player(asked: Asked, mine: Abreast, told: Any, days: Any) -> None:
    _reported(lambda: _run(_play(asked, mine, told, days)), told, mine.give_up)


def _watch(asked: Asked, told: Any, days: Any) -> None:
    _reported(lambda: _run(_follow(asked, days)), told, lambda: None)


def _run(work: Coroutine[Any, Any, Tally]) -> Tally:
    """In the loop the program runs in."""
    with asyncio.Runner(loop_factory=fast_loop()) as runner:
        return runner.run(work)


def _reported(work: Callable[[], Tally], told: Any, on_failure: Callable[[], None]) -> None:
    """What it did, or how it broke down."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    begun = time.process_time()
    try:
        tally = work()
    except BaseException:
        on_failure()
        told.put(traceback.format_exc())
        return
    tally.cpu = time.process_time() - begun
    tally.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    told.put(tally)


async def _play(asked: Asked, mine: Abreast, told: Any, days: Any) -> Tally:
    async with opened(asked.url) as made:
        player = await ready(made, asked, mine)
        settled()
        for day in asked.dates():
            await player.day(day)
            if mine.first:
                days.put(day)
                told.put(day)
    return player.tally


async def ready(made: Sessions, asked: Asked, mine: Abreast) -> Player:
    """A player with every so-many-th street."""
    async with made() as session:
        book = await read_book(session)
        people = {one.code: one for one in (await session.exec(select(Person))).all()}
    streets = sorted(area.code for area in book.areas.values() if area.level == 1)[mine.index :: mine.players]
    grids = {area.code for area in book.areas.values() if area.level == 3 and area.path[1] in streets}
    return Player(made, book, people, asked.residents(book), grids, mine, asked.seed)


async def _follow(asked: Asked, days: Any) -> Tally:
    tally = Tally()
    async with opened(asked.url) as made:
        async with made() as session:
            watch = Watch(made, await read_book(session), asked.first)
        for day in asked.dates():
            await asyncio.to_thread(days.get)
            begun = time.perf_counter()
            await watch.day(day)
            tally.seconds["watch"] += time.perf_counter() - begun
    return tally
