"""The watching commands of `python -m app`: shadow, drift, review, why. `add_to` gives them to the command line."""

from typing import Annotated

import typer
from typer import Argument, Option

from app.desk import NUMBER, Door, run

By = Annotated[str, Option(help="Whose word it is: their sign-in name.")]


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
        from app import watch_desk

        if report:
            run(door, lambda desk: watch_desk.report(desk, version))
        elif version is None or by is None:
            raise typer.BadParameter("VERSION and --by PERSON, or --report")
        else:
            run(door, lambda desk: watch_desk.begin(desk, version, days, by))

    @cli.command()
    def drift() -> None:
        """The last weeks side by side, and whether the last full one lies outside what was usual."""
        from app import watch_desk

        run(door, watch_desk.drift)

    @cli.command()
    def why(what: Annotated[str, Argument(help="A text, or the number of a case.")]) -> None:
        """What the model in use makes of a text, and the words that spoke for and against it, in one line."""
        from app import watch_desk

        settings = door.begin()
        if not NUMBER.fullmatch(what):
            raise typer.Exit(watch_desk.why(settings, what))
        said = run(door, lambda desk: watch_desk.text_of(desk, what), settings)
        raise typer.Exit(watch_desk.why(settings, said))

    @reviewing.callback()
    def review(
        context: typer.Context,
        limit: Annotated[int, Option(min=1, help="How many to show.")] = 20,
        days: Annotated[int, Option(min=1, help="Cases of the last so many days.")] = 30,
    ) -> None:
        """Cases nobody labelled, those first from which the model would learn most."""
        from app import watch_desk

        if context.invoked_subcommand is None:
            run(door, lambda desk: watch_desk.queue(desk, limit, days))

    @reviewing.command()
    def label(number: str, category: Annotated[str, Argument(help="A code of categories.csv.")], by: By) -> None:
        """What a case is about, said by a dispatcher or an admin. Its category follows only before it is handed out."""
        from app import watch_desk

        run(door, lambda desk: watch_desk.label(desk, number, category, by))

    cli.add_typer(reviewing, name="review")
