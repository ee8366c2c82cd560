"""Joins the real parts. Nothing else looks anything up; everything gets what it needs from here."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import psycopg
import structlog
from procrastinate import App as Queue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from app import personal_keys, work
from app.bots import Bot, Materials, hook_secret
from app.bots import make as make_bots
from app.database import Sessions
from app.database import engine as make_engine
from app.database import listening_url as make_listening_url
from app.database import sessions as make_sessions
from app.erased import remember
from app.errors import CannotGoOn
from app.jobs import DEAD_AFTER, defer_deliveries, defer_training, make_queue
from app.learning import Learning
from app.learning_shelf import Shelf
from app.learning_use import InUse
from app.model_key import signing, trusted
from app.settings import Settings
from app.work import Bench
from bot import delivery
from bot.desk import teaching
from bot.desk.cards import refresh as refresh_cards
from bot.inbox import Inbox
from bot.live import Live
from bot.media import Store
from bot.rewording import Rewording
from bot.senses import Senses
from bot.transactions import Transactions
from cases.book import NoTown, read_book
from cases.guide import read_guide
from cases.intake import Guess
from cases.keys import Keys
from classifiers import Model
from classifiers.danger import danger
from models import Notification, Role
from town import since
from web.patience import Patience
from web.roles import OF_RANK

if TYPE_CHECKING:
    from fastapi import FastAPI

LOOK_SECONDS = 5.0
READY_SECONDS = 2.0  # a database that is frozen is away
log = structlog.get_logger()


class Now(Protocol):
    def __call__(self) -> datetime: ...


def utcnow() -> datetime:
    return datetime.now(UTC)


@dataclass
class Parts:
    """What a running program is made of. `senses.book` is replaced by `refresh` when the town changes."""

    settings: Settings
    url: str
    engine: AsyncEngine
    sessions: Sessions
    transactions: Transactions
    keys: Keys
    in_use: InUse
    senses: Senses
    queue: Queue
    now: Now
    loaded_from: since.Mark | None  # what the town was when `senses.book` was read
    live: Live
    store: Store
    inbox: Inbox
    bots: Sequence[Bot]
    learning: Learning
    rewording: Rewording
    patience: Patience = field(default_factory=Patience)  # the site's, with a database that is away

    @property
    def model(self) -> Model | None:
        """The one that answers now."""
        return self.in_use.model

    @property
    def town(self) -> str:
        return self.senses.book.town.name


@asynccontextmanager
async def build(settings: Settings, url: str, now: Now = utcnow) -> AsyncIterator[Parts]:
    """The parts on this database, which is migrated and holds a town; connections are closed afterwards."""
    engine = make_engine(url)
    try:
        sessions = make_sessions(engine)
        transactions = Transactions(
            sessions,
            lambda session, notices: tell(session, notices, now()),
            lambda session, cases: refresh_cards(session, cases, now()),
        )
        key = trusted(settings)
        in_use = InUse(transactions, settings.model_dir, now, key)
        async with sessions() as session:
            try:
                came_from, book = await since.mark(session), await read_book(session)
            except NoTown as error:
                raise CannotGoOn(f"{error}; load one with `python -m app seed`") from error
            senses = Senses(book, lambda said: guess(in_use.model, said), danger_kind)
            rewording = Rewording()
            await rewording.look(session)
        await in_use.look()
        learning = Learning(transactions, settings.model_dir.parent, now, defer_training, lambda: signing(settings))
        learning.on_progress = teaching.progress
        keys = personal_keys.keys(settings)
        store, inbox = Store(settings.photos_dir), Inbox(transactions, keys)
        bench = Bench(settings, sessions, transactions, senses, keys, store, proves(settings), now)
        queue = make_queue(url, work.make(bench, learning))
        bots = make_bots(Materials(settings, transactions, senses, keys, store, inbox, learning, now))
        try:
            yield Parts(
                settings, url, engine, sessions, transactions, keys, in_use, senses, queue, now, came_from,
                Live(), store, inbox, bots, learning, rewording,
            )  # fmt: skip
        finally:
            for bot in bots:
                await bot.channel.close()
    finally:
        await engine.dispose()


async def tell(session: AsyncSession, notices: Sequence[Notification], now: datetime) -> None:
    """Delivered with whatever caused them, or by jobs that are there with it."""
    await defer_deliveries(session, await delivery.at_once(session, notices, now))


async def refresh(parts: Parts) -> bool:
    """Read the town again if it was changed since, by whichever program, and texts it words anew; True for the town."""
    async with parts.sessions() as session:
        await parts.rewording.look(session)
        now, then = await since.mark(session), parts.loaded_from
        if now is None or (then is not None and then[:2] == now[:2]):
            return False
        if then is not None and await since.only_services(session, then, now):
            book = parts.senses.book.with_guide(await read_guide(session))
        else:
            book = await read_book(session)
        await asyncio.to_thread(book.warm)
        parts.senses.book, parts.loaded_from = book, now
        return True


async def follow(parts: Parts) -> None:
    """Notice within seconds that the town was loaded anew, or that another model was promoted."""
    await asyncio.to_thread(parts.senses.book.warm)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            if await refresh(parts):
                log.info("town.read_again")
            await parts.in_use.look()
        except (SQLAlchemyError, psycopg.Error, TimeoutError) as error:
            log.warning("town.not_read", error=type(error).__name__)


def guess(model: Model | None, said: str) -> Guess | None:
    if model is None:
        return None
    told = model.predict(said)
    items = {told.label: told.item} if told.item else {}
    new = model.novelty(said)
    return Guess(told.label, told.confidence, told.ranking, told.item, told.action, told.version, items, new)


def danger_kind(said: str) -> str | None:
    found = danger(said)
    return found.kind if found else None


def proves(settings: Settings) -> frozenset[Role]:
    """Who needs a second factor here."""
    return OF_RANK if settings.factor_required else frozenset()


def build_site(parts: Parts) -> "FastAPI":
    """The pages and doors on these parts. Imported here: a worker needs no web."""
    from bot.limits import Limits
    from web import parts as web
    from web import site

    links = {bot.channel.name: bot.channel.link for bot in parts.bots}
    given = web.Parts(
        transactions=parts.transactions,
        inbox=parts.inbox,
        senses=parts.senses,
        keys=parts.keys,
        store=parts.store,
        live=parts.live,
        limits=Limits(),
        now=parts.now,
        why=lambda said, label: why(parts.model, said, label),
        ready=lambda: ready(parts),
        learning=parts.learning,
        models=Shelf(parts.in_use, lambda: parts.learning.corpus),
        secure=parts.settings.site_url.startswith("https:"),
        proves=proves(parts.settings),
        url=parts.settings.site_url,
        deep_link=links.get("telegram"),
        staff_link=links.get("telegram-staff"),
        receptions={bot.channel.name: bot.reception for bot in parts.bots if bot.hook},
        patience=parts.patience,
        hook_secret=hook_secret(parts.settings, parts.keys),
        reread=lambda: refresh(parts),
        remember=lambda erased: remember(parts.settings.data_dir, erased),
    )
    return site.create(given)


def why(model: Model | None, said: str, label: str) -> Sequence[tuple[str, float]]:
    """The words that spoke for a label; none without a model or for a label it does not know."""
    return model.why(said, label) if model is not None and label in model.classes else []


async def ready(parts: Parts) -> dict[str, bool]:
    """What /readyz tells: the database answers, somebody works on the queue, there is a model.

    A frozen database is away: psycopg takes ten seconds to give up a query, so nobody waits for that.
    """
    asking = asyncio.create_task(_worker_alive(parts))
    await asyncio.wait([asking], timeout=READY_SECONDS)
    alive = asking.result() if asking.done() else None
    asking.cancel()
    return {"database": alive is not None, "worker": bool(alive), "model": parts.model is not None}


async def _worker_alive(parts: Parts) -> bool | None:
    """None: the database does not answer."""
    alive = "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :s))"
    try:
        async with parts.sessions() as session:
            return bool(await session.scalar(text(alive), {"s": DEAD_AFTER}))
    except (SQLAlchemyError, psycopg.Error, TimeoutError):
        return None


def listening_url(parts: Parts) -> str:
    """For connections beside the pool, as those that LISTEN."""
    return make_listening_url(parts.url)
