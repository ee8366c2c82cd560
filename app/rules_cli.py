"""The commands about the rule table: `rules check`, `rules try`, `rules replay`. `add_to` gives them to the CLI."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from app.desk import Door, run

TO_MEND = 1  # exit code of a table with something to mend
Folder = Annotated[Path | None, Option(exists=True, file_okay=False, help="A town's files; unset: what is in force.")]
AsJson = Annotated[bool, Option("--json", help="As data.")]


class Language(StrEnum):
    SIMPLIFIED = "zh-Hans"
    TRADITIONAL = "zh-Hant"
    ENGLISH = "en"


def add_to(cli: typer.Typer, door: Door) -> None:
    """Imported with the command line, so everything else is imported by whoever is called."""
    rules = typer.Typer(no_args_is_help=True, help="The table that says who handles what: checked, tried, replayed.")

    @rules.command()
    def check(town: Folder = None, as_json: AsJson = False) -> None:
        """Gaps, rows that never decide, conflicts, desks without people, chains without an end. Exit code 1 if any."""
        from app import rules_desk

        report = rules_desk.check_files(town) if town is not None else run(door, rules_desk.check)
        rules_desk.tell(report, as_json=as_json)
        raise typer.Exit(0 if report.sound else TO_MEND)

    @rules.command("try")
    def try_(
        text: Annotated[str, Argument(help="What a resident might write.")],
        place: Annotated[str | None, Option(help="A place's name or code; unset: what the text names.")] = None,
        at: Annotated[
            datetime | None,
            Option(formats=["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"], help="In the town's time; unset: now."),
        ] = None,
        category: Annotated[str | None, Option(help="A code of categories.csv; unset: what the model says.")] = None,
        locale: Annotated[Language, Option(help="Of the explanation.")] = Language.SIMPLIFIED,
        as_json: AsJson = False,
    ) -> None:
        """Where a message would go, to whom, by when and why. Nothing is written."""
        from app import rules_desk

        settings = door.begin()
        wish = rules_desk.Wish(text, place, at, category, str(locale))
        trial = run(door, lambda desk: rules_desk.try_out(desk, settings, wish), settings)
        rules_desk.tell_trial(trial, as_json=as_json)

    @rules.command()
    def replay(
        since: Annotated[datetime, Option(formats=["%Y-%m-%d"], help="Cases filed on this day or later.")],
        town: Folder = None,
        as_json: Annotated[
            bool, Option("--json", help="A line for each changed case, then one with the sums.")
        ] = False,
    ) -> None:
        """What would go elsewhere if this table were in force: sums by unit, and the numbers of the changed cases."""
        from app import rules_desk

        with door.errors():
            book = rules_desk.book_of(town) if town is not None else None
        run(door, lambda desk: rules_desk.replay(desk, book, since, as_json=as_json))

    cli.add_typer(rules, name="rules")
