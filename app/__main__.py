"""The command line: `python -m app up`, and each of its parts alone."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from app import (
    bulk_cli,
    desk,
    hot_cli,
    keys_cli,
    learning_cli,
    papers_cli,
    rates_cli,
    record_cli,
    rules_cli,
    sign_in_cli,
    watch_cli,
)

if TYPE_CHECKING:
    from app.database import Server
    from app.settings import Settings

USAGE = 2  # exit code: something given cannot be used
cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="枫桥: complaints by chat.",
)


@cli.command()
def up() -> None:
    """Everything in one: database, schema, town, model, site and worker. Ctrl-C stops it all."""
    from app import opening, run

    settings = _begin()
    with run_errors():
        site = run.listen(settings.host, settings.port)
        settings = settings.model_copy(update={"port": site.getsockname()[1]})
        training = opening.start_training(settings.model_dir)
        try:
            with database(settings) as (url, server):
                password = _open(settings, url)
                if training is not None and training.wait() != 0:
                    typer.echo("training failed: a person will sort every complaint", err=True)
                run.run(settings, url, server=server, site=site, worker=True, ready=_panel(password.given))
        finally:
            _end(training)


@cli.command()
def serve(
    worker: Annotated[bool, Option("--worker/--no-worker", help="Work on the queue as well.")] = False,
) -> None:
    """The site alone, on a database that `migrate` and `seed` have prepared."""
    from app import run

    settings = _begin()
    with run_errors():
        site = run.listen(settings.host, settings.port)
        settings = settings.model_copy(update={"port": site.getsockname()[1]})
        with database(settings) as (url, server):
            run.run(settings, url, server=server, site=site, worker=worker, ready=_panel(None))


@cli.command()
def work() -> None:
    """A worker alone: deliveries, supervision, picking up from dead workers."""
    from app import run

    settings = _begin()
    with run_errors(), database(settings) as (url, server):
        run.run(settings, url, server=server, site=None, worker=True, ready=_working)


@cli.command()
def migrate(
    revision: Annotated[str, Argument(help="Where to; back as well, `base` for nothing.")] = "head",
) -> None:
    """Bring the schema up to date."""
    from app.migrate import migrate_to

    settings = _begin()
    with run_errors(), database(settings) as (url, _):
        typer.echo(migrate_to(url, revision))


@cli.command()
def seed(
    folder: Annotated[Path | None, Argument(exists=True, file_okay=False, help="Unset: TOWN_DIR.")] = None,
    force: Annotated[bool, Option("--force", help="The files win over whatever the console changed.")] = False,
    preview: Annotated[bool, Option("--preview", help="Say what would change, and load nothing.")] = False,
) -> None:
    """Load what changed in a town's files; all problems are told, and then nothing is loaded."""
    from app import town_cli

    settings = _begin()
    if folder is not None:
        settings = settings.model_copy(update={"town_dir": folder.absolute()})
    with run_errors(), database(settings) as (url, _):
        if preview:
            town_cli.preview(url, settings.town_dir, files_win=force)
            return
        password = _open(settings, url, files_win=force)
        if password.given:
            typer.echo(f"first password, shown only this once: {password.given}")


@cli.command()
def export(folder: Annotated[Path, Argument(file_okay=False, help="Made if it is not there.")]) -> None:
    """Write the town as it is in force as files that `seed` reads back."""
    from app import town_cli

    settings = _begin()
    with run_errors(), database(settings) as (url, _):
        town_cli.export(url, folder)


@cli.command()
def replay(
    file: Annotated[Path, Argument(exists=True, dir_okay=False)],
    rate: Annotated[float, Option(help="Complaints a second.")] = 1.0,
    limit: Annotated[int | None, Option(min=1, help="Only the first so many.")] = None,
    to: Annotated[str | None, Option(help="Address of the site; unset: PUBLIC_URL.")] = None,
) -> None:
    """Send recorded complaints through the resident's doors of a running site."""
    from app.replay import replay_command

    settings = _begin()
    with run_errors():
        code = replay_command(file, rate, to or settings.site_url, limit)
    raise typer.Exit(code)


@cli.command()
def password(name: Annotated[str, Argument(help="As they sign in.")]) -> None:
    """Set somebody's password; it is asked for, or read from a pipe. Whoever is signed in as them is signed out."""
    from app.passwords import set_password

    new = typer.prompt("new password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else input()
    settings = _begin()
    with run_errors(), database(settings) as (url, _):
        asyncio.run(set_password(url, name, new))
    typer.echo(f"{name}: changed")


def _begin() -> "Settings":
    """Settings and logs. A wrong setting is named; SIGTERM unwinds like Ctrl-C until the loop takes over."""
    from pydantic import ValidationError

    from app import logs
    from app.settings import Settings

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            typer.echo(f"{'.'.join(map(str, problem['loc'])).upper()}: {problem['msg']}", err=True)
        raise typer.Exit(USAGE) from None
    logs.set_up(settings.log_level)
    return settings


@contextmanager
def database(settings: "Settings") -> "Iterator[tuple[str, Server | None]]":
    """DATABASE_URL, or our own server, stopped afterwards unless another of our programs uses it."""
    from app.database import start_server, stop_server

    if settings.database_url is not None:
        yield settings.database_url.get_secret_value(), None
        return
    server = start_server(settings.data_dir)
    try:
        yield server.url, server
    finally:
        stop_server(server)


@contextmanager
def run_errors() -> "Iterator[None]":
    """What a person can mend is said in words; everything else keeps its traceback."""
    from psycopg import OperationalError as NoDatabase
    from sqlalchemy.exc import OperationalError

    from app.errors import CannotGoOn
    from town.problems import SeedRefused

    try:
        yield
    except SeedRefused as refused:
        typer.echo(refused, err=True)
        raise typer.Exit(USAGE) from None
    except CannotGoOn as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    except (NoDatabase, OperationalError) as error:
        typer.echo(f"the database does not answer: {str(error).splitlines()[0]}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _open(settings: "Settings", url: str, *, files_win: bool = False) -> Any:
    """Schema and town; returns the password new people got."""
    from app import opening
    from app.database import engine, sessions
    from app.migrate import upgrade

    chosen = settings.seed_password
    password = opening.FirstPassword(chosen.get_secret_value() if chosen else None)

    async def load() -> None:
        connections = engine(url)
        try:
            await opening.load_if_changed(sessions(connections), settings.town_dir, password, files_win=files_win)
        finally:
            await connections.dispose()

    upgrade(url)
    asyncio.run(load())
    return password


def _panel(password: str | None) -> Any:
    """Shown when the doors are open."""
    from app import panel

    async def show(parts: Any) -> None:
        panel.show(parts, await panel.accounts(parts), password)

    return show


async def _working(_: Any) -> None:
    typer.echo("working")


def _end(training: "subprocess.Popen[bytes] | None") -> None:
    if training is not None and training.poll() is None:
        training.terminate()
        training.wait()


COMMANDS = (
    watch_cli, learning_cli, hot_cli, rates_cli, rules_cli, papers_cli, record_cli, sign_in_cli, keys_cli, bulk_cli,
)  # fmt: skip
door = desk.Door(_begin, database, run_errors)
for commands in COMMANDS:
    commands.add_to(cli, door)

if __name__ == "__main__":
    cli()
