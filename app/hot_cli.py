"""Hot issues and warnings of `python -m app`: hot, warnings. `add_to` gives them to the command line."""

from datetime import datetime
from typing import Annotated

import typer
from typer import Option

from app.desk import Door, run


def add_to(cli: typer.Typer, door: Door) -> None:
    """Imported with the command line, so everything else is imported by whoever is called."""

    @cli.command()
    def hot(
        dismiss: Annotated[int | None, Option(help="No issue after all: its number in the list.")] = None,
        by: Annotated[str | None, Option(help="The supervisor who dismisses it: their sign-in name.")] = None,
        json: Annotated[bool, Option("--json", help="One JSON document instead of a table.")] = False,
    ) -> None:
        """What many people say at once: place, problem, how many, how fast, and the numbers of the cases."""
        from app import hot_desk

        if (dismiss is None) is not (by is None):
            raise typer.BadParameter("--dismiss NUMBER goes with --by PERSON")
        if dismiss is not None and by is not None:
            run(door, lambda desk: hot_desk.dismiss(desk, dismiss, by))
        else:
            run(door, lambda desk: hot_desk.cards(desk, json))

    @cli.command()
    def warnings(
        day: Annotated[datetime | None, Option(formats=["%Y-%m-%d"], help="Unset: yesterday.")] = None,
        every: Annotated[bool, Option("--all", help="Green areas, too.")] = False,
        json: Annotated[bool, Option("--json", help="One JSON document instead of a table.")] = False,
    ) -> None:
        """Red, yellow, blue and the safety index of a day that is over, with the reasons."""
        from app import hot_desk

        run(door, lambda desk: hot_desk.warnings(desk, day.date() if day else None, every, json))
