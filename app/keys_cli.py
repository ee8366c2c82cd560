"""The commands about the master keys of contacts: `keys status`, `keys rotate`, `keys drop`. `add_to` gives them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from app.desk import Door

if TYPE_CHECKING:
    from app.database import Sessions
    from app.settings import Settings


def add_to(cli: typer.Typer, door: Door) -> None:
    """Imported with the command line, so everything else is imported by whoever is called."""
    keys = typer.Typer(no_args_is_help=True, help="The master keys that residents' contacts are sealed under.")

    @keys.command()
    def status() -> None:
        """Which there are, and how many residents' keys each wraps. The first is in use."""
        from app import keys_desk, personal_keys

        async def ask(sessions: "Sessions", settings: "Settings") -> None:
            used = dict(await keys_desk.counts(sessions))
            for n, name in enumerate(personal_keys.ring(settings).names):
                typer.echo(f"{name}  {used.pop(name, 0):>9,}  {'in use' if n == 0 else 'old'}")
            for name, count in used.items():
                typer.echo(f"{name}  {count:>9,}  MISSING: nobody can open these")
            if used:
                raise typer.Exit(1)

        _run(door, ask)

    @keys.command()
    def rotate() -> None:
        """A new master key; every resident's key is wrapped with it, while the program goes on."""
        from app import keys_desk

        async def turn(sessions: "Sessions", settings: "Settings") -> None:
            typer.echo(f"wrapped anew: {await keys_desk.rotate(sessions, settings, datetime.now(UTC)):,}")

        _run(door, turn)

    @keys.command()
    def drop() -> None:
        """Forget old master keys that wrap nothing any more. A backup from before needs them: keep a copy with it."""
        from app import keys_desk

        async def forget(sessions: "Sessions", settings: "Settings") -> None:
            typer.echo(f"dropped: {', '.join(await keys_desk.drop(sessions, settings, datetime.now(UTC))) or 'none'}")

        _run(door, forget)

    cli.add_typer(keys, name="keys")


def _run(door: Door, act: "Callable[[Sessions, Settings], Awaitable[Any]]") -> None:
    settings = door.begin()
    with door.errors(), door.database(settings) as (url, _):
        asyncio.run(_acting(url, settings, act))


async def _acting(url: str, settings: "Settings", act: "Callable[[Sessions, Settings], Awaitable[Any]]") -> None:
    from app.database import engine, sessions

    connections = engine(url)
    try:
        await act(sessions(connections), settings)
    finally:
        await connections.dispose()
