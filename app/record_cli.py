"""What keeps and what forgets, in `python -m app`: verify-chain, erase, retention, backup, restore."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from app.desk import Door, run


def add_to(cli: typer.Typer, door: Door) -> None:
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

    @cli.command()
    def erase(
        what: Annotated[str, Argument(help="A telephone number, a case's number, or a lookup code.")] = "",
        by: Annotated[str, Option(help="The admin who lets it: their sign-in name.")] = "",
        reason: Annotated[str, Option(help="Why; kept in the log. Name nobody.")] = "",
        yes: Annotated[bool, Option("--yes", help="Do not ask.")] = False,
        again: Annotated[
            bool, Option("--again", help="After a restore: all who were erased since the backup.")
        ] = False,
    ) -> None:
        """Forget a resident: contact, chat, words and photos. Number, label, grid and times of their cases stay."""
        from app import forgetting_desk, personal_keys

        settings = door.begin()
        if again:
            run(door, lambda desk: forgetting_desk.erase_again(desk, settings), settings)
            return
        if not (what and by and reason):
            raise typer.BadParameter("WHAT --by PERSON --reason WHY, or --again")
        keys = personal_keys.keys(settings)
        run(door, lambda desk: forgetting_desk.erase(desk, settings, keys, what, by, reason, yes), settings)

    @cli.command()
    def retention(
        years: Annotated[
            int | None,
            Option(min=1, help="Whole calendar years after the one in which a case ended; unset: the town's."),
        ] = None,
        dry_run: Annotated[bool, Option("--dry-run", help="Say how much would go, and do nothing.")] = False,
    ) -> None:
        """Forget the words of cases that ended long ago, and residents not heard of since."""
        from app import forgetting_desk

        settings = door.begin()
        run(door, lambda desk: forgetting_desk.retain(desk, settings, years, dry_run), settings)

    @cli.command()
    def backup(
        file: Annotated[Path, Argument(help="Made; never written over.")],
        photos: Annotated[bool, Option("--photos/--no-photos", help="Without them a backup is small.")] = True,
    ) -> None:
        """Database, photos and heads of this moment into one file, while the program goes on. Keys are not in it."""
        from app import backup as backups

        settings = door.begin()
        with door.errors(), door.database(settings) as (url, _):
            found = backups.backup(url, settings.data_dir, file.absolute(), photos=photos)
        typer.echo(f"{file}: {found.tables['cases']:,} cases, {found.tables['events']:,} events, chain {found.chain}")
        typer.echo("no key is in it: keep secret.key, personal.keys and models/ of the data folder elsewhere", err=True)

    @cli.command()
    def restore(
        file: Annotated[Path, Argument(exists=True, dir_okay=False)],
        force: Annotated[bool, Option("--force", help="Replace the database that is there.")] = False,
    ) -> None:
        """Put a backup back, all or nothing, and hold it against the figures taken with it. Stop the program first."""
        from app import backup as backups
        from app.erased import remembered

        settings = door.begin()
        with door.errors(), door.database(settings) as (url, _):
            found = backups.restore(url, settings.data_dir, file.absolute(), force=force)
        typer.echo(
            f"as it was: {found.tables['cases']:,} cases, {found.tables['events']:,} events, chain {found.chain}"
        )
        if remembered(settings.data_dir):
            typer.echo(
                "residents were erased here: `python -m app migrate`, then `python -m app erase --again`", err=True
            )
