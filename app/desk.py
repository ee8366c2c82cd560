"""The desk every command of the command line works at: a database with its town, now, and how a command ends."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from app.settings import Settings
    from bot.transactions import Transactions
    from cases.book import Book
    from models import Person

USAGE = 2  # exit code: something given cannot be used
NUMBER = re.compile(r"\d{6}-\d{4,5}")  # of a case


@dataclass(frozen=True)
class Door:
    """What the command line opens for each of its commands."""

    begin: Callable[[], "Settings"]
    database: Callable[["Settings"], AbstractContextManager[tuple[str, Any]]]
    errors: Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Desk:
    """A database with its town, now."""

    transactions: "Transactions"
    book: "Book"
    now: datetime


def run(door: Door, command: Callable[[Desk], Awaitable[Any]], settings: "Settings | None" = None) -> Any:
    """One command on the database. A refusal is told in words, as every channel tells it."""
    settings = settings or door.begin()

    async def opened(url: str) -> Any:
        async with _opened(url) as desk:
            return await command(desk)

    with door.errors(), _refusals(), door.database(settings) as (url, _):
        return asyncio.run(opened(url))


@contextmanager
def _refusals() -> Iterator[None]:
    from app.terminal import words
    from cases.errors import Refusal

    try:
        yield
    except Refusal as refusal:
        typer.echo(words(refusal), err=True)
        raise typer.Exit(USAGE) from None


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Desk]:
    from app.build import utcnow
    from app.database import engine, sessions
    from app.errors import CannotGoOn
    from app.jobs import defer_deliveries
    from bot.desk.cards import refresh
    from bot.transactions import Transactions
    from cases.book import NoTown, read_book

    connections, now = engine(url), utcnow()
    transactions = Transactions(
        sessions(connections), defer_deliveries, lambda session, cases: refresh(session, cases, now)
    )
    try:
        async with transactions.read() as session:
            book = await read_book(session)
        yield Desk(transactions, book, now)
    except NoTown as error:
        raise CannotGoOn(f"{error}; load one with `python -m app seed`") from error
    finally:
        await connections.dispose()


async def person(session: "AsyncSession", name: str) -> "Person":
    """Raises CannotGoOn for a name nobody signs in with."""
    from app.errors import CannotGoOn
    from models import Person

    found = await session.get(Person, name.strip().lower())
    if found is None:
        raise CannotGoOn(f"nobody signs in as {name}")
    return found
