"""The record in `python -m app`: verify-chain. `add_to` gives it to the command line."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from app.watch import Door


def add_to(cli: typer.Typer, door: "Door") -> None:
    """Imported with the command line, so everything else is imported by whoever is called."""

    @cli.command("verify-chain")
    def verify_chain() -> None:
        """Hold every event against its links, and the whole record against the heads kept in the data folder.

        Exit code 1 if anything is not as it was written; the first such event of each case is named.
        """
        import asyncio

        from app import record_desk

        settings = door.begin()
        with door.errors(), door.database(settings) as (url, _):
            whole = asyncio.run(record_desk.verify(url, settings.data_dir))
        raise typer.Exit(0 if whole else 1)
