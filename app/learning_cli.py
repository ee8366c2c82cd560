"""The learning commands of `python -m app`: train, classify. `add_to` gives them to the command line."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

if TYPE_CHECKING:
    from app.watch import Door


def add_to(cli: typer.Typer, door: "Door") -> None:
    """Imported with the command line, so everything else is imported by whoever is called."""

    @cli.command()
    def train(
        data: Annotated[Path | None, Option(exists=True, help="CSV with text, label, perhaps item.")] = None,
        first_day: Annotated[bool, Option("--first-day", help="From our own corpus alone.")] = False,
        out: Annotated[Path | None, Option(help="Folder; unset: the model in use.")] = None,
        segmenter: Annotated[str, Option(help="rjieba (fast) or jieba (reference).")] = "rjieba",
        seed: Annotated[int, Option(help="The same one gives the same model.")] = 1,
    ) -> None:
        """Train a model; without DATA the first-day model."""
        from app.learn import train_command
        from app.model_key import at_hand, signing

        settings = door.begin()
        with door.errors():
            key = at_hand(settings) if out else signing(settings)
        raise typer.Exit(train_command(data, out or settings.model_dir, segmenter, seed, key))

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
