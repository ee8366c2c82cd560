"""What the queue's tasks do: on this database, by this clock, for the town as it is when they run."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from app import heads
from app.database import Sessions
from app.heads import Record
from app.hotness import Hotness
from app.jobs import Work
from app.learning import Learning
from app.model_key import trusted
from app.months import Months
from app.neighbours import Neighbours
from app.redeliver import redeliver
from app.retaining import Retaining
from app.settings import Settings
from app.shadowing import Shadowing
from app.sign_in import SignIn
from bot import delivery
from bot.media import Store
from bot.senses import Senses
from bot.transactions import Transactions
from cases import area_days, bulletins, drift, orders, red_days, ringing, supervision, week_sums, whistle
from cases.book import Book
from cases.keys import Keys
from models import Role

SWEEPS = (ringing.sweep, whistle.sweep_co_tasks, orders.sweep, supervision.sweep)  # the most urgent first, each time
log = structlog.get_logger()


@dataclass(frozen=True)
class Bench:
    """All that the tasks are done with."""

    settings: Settings
    sessions: Sessions
    transactions: Transactions
    senses: Senses
    keys: Keys
    store: Store
    proves: Collection[Role]  # who needs a second factor here
    now: Callable[[], datetime]


def make(at: Bench, learning: Learning) -> Work:
    """One `Go` for each of `periodic.ACTS`, and what else the queue calls."""
    transactions, senses, now = at.transactions, at.senses, at.now

    async def deliver(notification_id: int) -> None:
        await delivery.deliver(transactions, senses.book, notification_id, now())

    async def deliver_together(notification_ids: Sequence[int]) -> None:
        await delivery.deliver_together(transactions, notification_ids, now())

    async def give_up(notification_id: int, reason: str) -> None:
        await delivery.give_up(transactions, notification_id, reason, now())

    async def sweep() -> int:
        return await sweep_some(transactions, senses.book, now())

    async def put_out() -> int:
        async with transactions.begin() as session:
            return await bulletins.put_out(session, senses.book, now(), at.settings.site_url)

    async def keep_a_week() -> int:
        async with transactions.begin() as session:
            return await week_sums.keep(session, senses.book, now())

    models = at.settings.model_dir.parent
    record = Record(at.sessions, heads.folder(at.settings.data_dir), now)
    acts = {
        "supervise": sweep,
        "redeliver": lambda: deliver_again(transactions, now()),
        "neighbours": Neighbours(transactions, senses, at.keys, now).go_on,
        "shadow": Shadowing(transactions, models, now, key=trusted(at.settings)).score,
        "hot": Hotness(transactions, lambda: senses.book, now).gather,
        "week_sums": keep_a_week,
        "sign_in": SignIn(transactions, at.proves, now).tend,
        "months": Months(at.sessions, now).tend,
        "warn": lambda: warn(transactions, senses.book, now()),
        "bulletin": put_out,
        "record": record.tend,
        "drift": lambda: watch_the_weeks(transactions, now()),
        "retention": Retaining(transactions, senses, at.store, now).go_on,
    }
    return Work(deliver, deliver_together, give_up, learning.train, acts)


async def sweep_some(transactions: Transactions, book: Book, now: datetime) -> int:
    """Some of the most urgent that is due, in a transaction of its own; 0 when nothing is."""
    for due in SWEEPS:
        async with transactions.begin() as session:
            if done := await due(session, book, now):
                return done
    return 0


async def deliver_again(transactions: Transactions, now: datetime) -> int:
    async with transactions.begin() as session:
        found = await redeliver(session, now)
    if found:
        log.warning("notifications.redeferred", count=found)
    return found


async def warn(transactions: Transactions, book: Book, now: datetime) -> int:
    """A day of the areas; 0 when none is missing."""
    async with transactions.begin() as session:
        days = await area_days.missing(session, now)
        if days:
            rows = await area_days.store(session, book, days[0])
            if len(days) == 1:  # yesterday; what is older is no warning any more
                await red_days.tell(session, book, rows, now)
    return len(days)


async def watch_the_weeks(transactions: Transactions, now: datetime) -> int:
    async with transactions.begin() as session:
        found = await drift.check(session, now)
    for one in found:
        lower, upper = one.limits.lower, one.limits.upper
        log.warning("drift.outside", kind=one.kind, week=str(one.week), value=one.value, lower=lower, upper=upper)
    return len(found)
