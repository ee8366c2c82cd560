"""The watching commands of `python -m app`: shadow, drift, review, why. `add_to` gives them to the command line."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from app.settings import Settings
    from bot.transactions import Transactions
    from cases.book import Book
    from models import Person

USAGE = 2  # exit code: something given cannot be used
NUMBER = re.compile(r"\d{6}-\d{4,5}")
By = Annotated[str, Option(help="Whose word it is: their sign-in name.")]


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


def add_to(cli: typer.Typer, door: Door) -> None:
    """Imported with the command line, so everything else is imported by whoever is called."""
    reviewing = typer.Typer(invoke_without_command=True, help="Cases to label next, and a clerk's word about one.")

    @cli.command()
    def shadow(
        version: Annotated[str | None, Argument(help="v2; with --report unset: the one that began last.")] = None,
        days: Annotated[int, Option(min=1, help="How long it watches.")] = 7,
        by: Annotated[str | None, Option(help="The admin who lets it: their sign-in name.")] = None,
        report: Annotated[bool, Option("--report", help="How it did, instead.")] = False,
    ) -> None:
        """Let a trained version read new cases for some days without deciding anything; or tell how it did."""
        from app import watching

        if report:
            run(door, lambda desk: watching.report(desk, version))
        elif version is None or by is None:
            raise typer.BadParameter("VERSION and --by PERSON, or --report")
        else:
            run(door, lambda desk: watching.begin(desk, version, days, by))

    @cli.command()
    def drift() -> None:
        """The last weeks side by side, and whether the last full one lies outside what was usual."""
        from app import watching

        run(door, watching.drift)

    @cli.command()
    def why(what: Annotated[str, Argument(help="A text, or the number of a case.")]) -> None:
        """What the model in use makes of a text, and the words that spoke for and against it, in one line."""
        from app import watching

        settings = door.begin()
        if not NUMBER.fullmatch(what):
            raise typer.Exit(watching.why(settings, what))
        said = run(door, lambda desk: watching.text_of(desk, what), settings)
        raise typer.Exit(watching.why(settings, said))

    @reviewing.callback()
    def review(
        context: typer.Context,
        limit: Annotated[int, Option(min=1, help="How many to show.")] = 20,
        days: Annotated[int, Option(min=1, help="Cases of the last so many days.")] = 30,
    ) -> None:
        """Cases nobody labelled, those first from which the model would learn most."""
        from app import watching

        if context.invoked_subcommand is None:
            run(door, lambda desk: watching.queue(desk, limit, days))

    @reviewing.command()
    def label(number: str, category: Annotated[str, Argument(help="A code of categories.csv.")], by: By) -> None:
        """What a case is about, said by a dispatcher or an admin. Its category follows only before it is handed out."""
        from app import watching

        run(door, lambda desk: watching.label(desk, number, category, by))

    cli.add_typer(reviewing, name="review")


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
    from app.watch_tables import words
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
