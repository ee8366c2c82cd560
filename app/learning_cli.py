"""The learning commands of `python -m app`: train, classify, models, compare, promote, rollback.

`add_to` gives them to the command line.
"""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from app.desk import Door, run

By = Annotated[str, Option(help="Who does it: an admin's sign-in name.")]


def add_to(cli: typer.Typer, door: Door) -> None:
    """Imported with the command line, so everything else is imported by whoever is called."""

    @cli.command()
    def train(
        data: Annotated[Path | None, Option(exists=True, help="From a CSV with text, label, perhaps item.")] = None,
        first_day: Annotated[bool, Option("--first-day", help="From our own corpus alone.")] = False,
        out: Annotated[Path | None, Option(help="Folder for either; unset: the model in use.")] = None,
        segmenter: Annotated[str, Option(help="rjieba (fast) or jieba (reference).")] = "rjieba",
        seed: Annotated[int, Option(help="The same one gives the same model.")] = 1,
        out_of_core: Annotated[
            bool, Option("--out-of-core", help="Never hold the CSV in memory; so above 25 MB.")
        ] = False,
        by: Annotated[str | None, Option(help="Without either: the admin who has it trained.")] = None,
        cancel: Annotated[bool, Option("--cancel", help="Call off the training that runs, wherever it runs.")] = False,
    ) -> None:
        """Train a version from our corpus and what cases taught, here and now; or a model from a CSV or the corpus."""
        from app import learning_desk
        from app.learn import train_command
        from app.model_key import at_hand, signing

        settings = door.begin()
        if data or first_day:
            with door.errors():
                key = at_hand(settings) if out else signing(settings)
            raise typer.Exit(train_command(data, out or settings.model_dir, segmenter, seed, key, out_of_core))
        if out is not None:
            raise typer.BadParameter("--out goes with --data or --first-day; a version has its own folder")
        if by is None:
            raise typer.BadParameter("--by PERSON, or --data CSV, or --first-day")
        if cancel:
            raise typer.Exit(run(door, lambda desk: learning_desk.cancel(desk, by)))
        raise typer.Exit(run(door, lambda desk: learning_desk.train(desk, settings, by), settings))

    @cli.command()
    def classify(
        model: Annotated[Path | None, Option(help="Folder, taken as it is; unset: the model in use.")] = None,
    ) -> None:
        """JSON lines {"id", "text"} in, the same ids with departments and confidence out."""
        from app.learn import classify_command
        from app.model_key import signing

        if model is not None:
            raise typer.Exit(classify_command(model))
        settings = door.begin()
        with door.errors():
            key = signing(settings)
        raise typer.Exit(classify_command(settings.model_dir, key=key))

    @cli.command()
    def models() -> None:
        """Every version: how far it is, who trained it, how good it is, what the gate says, which is in use."""
        from app import learning_desk

        run(door, learning_desk.models)

    @cli.command()
    def compare(old: Annotated[str, Argument(help="v1")], new: Annotated[str, Argument(help="v2")]) -> None:
        """Two versions side by side: figures, departments, and the messages that change sides."""
        from app import learning_desk

        run(door, lambda desk: learning_desk.compare(desk, old, new))

    @cli.command()
    def promote(
        version: Annotated[str, Argument(help="v2")],
        by: By,
        knowingly: Annotated[bool, Option("--knowingly", help="Having read what it decides otherwise.")] = False,
    ) -> None:
        """Put a version to use, as another admin than who trained it. Running programs take it within ten seconds."""
        from app import learning_desk

        run(door, lambda desk: learning_desk.promote(desk, version, by, knowingly=knowingly))

    @cli.command()
    def rollback(by: By) -> None:
        """Back to the version in use before. Running programs take it within ten seconds."""
        from app import learning_desk

        run(door, lambda desk: learning_desk.rollback(desk, by))
