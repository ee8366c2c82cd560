"""Numbers of `python -m app`: rates, ledger. `add_to` gives them to the command line."""

from datetime import datetime
from typing import Annotated

import typer
from typer import Option

from app.desk import Door, run

DAY = ["%Y-%m-%d"]


def add_to(cli: typer.Typer, door: Door) -> None:
    """Imported with the command line, so everything else is imported by whoever is called."""

    @cli.command()
    def rates(
        by: Annotated[str, Option(help="What the rows are: town, area, unit, worker or category.")] = "unit",
        start: Annotated[datetime | None, Option("--from", formats=DAY, help="Unset: the first of the month.")] = None,
        end: Annotated[datetime | None, Option("--to", formats=DAY, help="This day, too; unset: today.")] = None,
        area: Annotated[str | None, Option(help="Only what lies in it; a code of any level.")] = None,
        as_of: Annotated[
            datetime | None, Option(formats=DAY, help="With exclusions decided until this day's end; unset: --to.")
        ] = None,
        json: Annotated[bool, Option("--json", help="One JSON document instead of a table.")] = False,
    ) -> None:
        """The three rates and what goes with them, each as a share with its counts. Formulas: docs/rates.md."""
        from app import rates_desk

        first, last, until = (day.date() if day else None for day in (start, end, as_of))
        run(door, lambda desk: rates_desk.rates(desk, by, first, last, until, area, json))

    @cli.command()
    def ledger(
        month: Annotated[datetime, Option(formats=["%Y-%m"], help="2026-10")],
        everybody: Annotated[bool, Option("--everybody", help="Clerks and leaders, too.")] = False,
        lang: Annotated[str, Option(help="Of the spreadsheet: zh-Hans, zh-Hant or en.")] = "zh-Hans",
        csv: Annotated[bool, Option("--csv", help="Every case, for a spreadsheet; else one line a person.")] = False,
    ) -> None:
        """What each grid worker finished in a month, for allowances paid by the case."""
        from app import rates_desk

        run(door, lambda desk: rates_desk.ledger(desk, month.date(), everybody, csv, lang))
