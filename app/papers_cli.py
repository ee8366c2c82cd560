"""Papers and lists of `python -m app`: bulletin, clearing. `add_to` gives them to the command line."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from app.desk import Door, run


def add_to(cli: typer.Typer, door: Door) -> None:
    """Imported with the command line, so everything else is imported by whoever is called."""

    @cli.command()
    def bulletin(
        week: Annotated[str | None, Option(help="2026-W46; unset: the last that is over.")] = None,
        area: Annotated[str | None, Option(help="Code of a street; unset: the town.")] = None,
        out: Annotated[Path | None, Option(dir_okay=False, help="The PDF; unset: bulletin-WEEK-AREA.pdf.")] = None,
        lang: Annotated[str, Option(help="zh-Hans, zh-Hant or en.")] = "zh-Hans",
        json: Annotated[bool, Option("--json", help="What stands in it, as JSON, instead of a PDF.")] = False,
    ) -> None:
        """The weekly bulletin as it was told; a past week nobody asked for is made now, and kept."""
        from app import papers_desk

        run(door, lambda desk: papers_desk.bulletin(desk, week, area, out, lang, json))

    @cli.command()
    def clearing(
        month: Annotated[datetime | None, Option(formats=["%Y-%m"], help="Unset: this month.")] = None,
        area: Annotated[str | None, Option(help="Code of a street or community; unset: all.")] = None,
        settle: Annotated[str | None, Option(help="Set what AREA shall settle: a number, or `all`.")] = None,
        by: Annotated[str | None, Option(help="The supervisor who sets it: their sign-in name.")] = None,
        json: Annotated[bool, Option("--json", help="One JSON document instead of a table.")] = False,
    ) -> None:
        """Disputes to clear: target, settled, open and to go of each community in a month."""
        from app import papers_desk

        day = month.date() if month else None
        if settle is None and by is None:
            run(door, lambda desk: papers_desk.clearing(desk, day, area, json))
        elif settle is None or by is None or area is None:
            raise typer.BadParameter("--settle NUMBER|all goes with --area AREA and --by PERSON")
        elif settle != "all" and not settle.isdecimal():
            raise typer.BadParameter("--settle wants a number or `all`")
        else:
            how_many = None if settle == "all" else int(settle)
            run(door, lambda desk: papers_desk.set_target(desk, area, day, how_many, by))
