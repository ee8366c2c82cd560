"""The command `python -m app bulk`. `add_to` gives it to the command line."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer
from typer import Argument, Option

from app.desk import USAGE, Door

Acts = Literal["classify", "relabel", "evaluate"]
File = Annotated[Path, Argument(exists=True, dir_okay=False, help="Letters: CSV, JSON lines or xlsx.")]


def add_to(cli: typer.Typer, door: Door) -> None:
    """Imported with the command line, so everything else is imported by whoever is called."""

    @cli.command()
    def bulk(
        act: Annotated[Acts, Argument(help="What to do with them.")],
        file: File,
        out: Annotated[Path, Option(help="The file to write; it appears when all is done.")],
        model: Annotated[Path | None, Option(help="Folder, taken as it is; unset: the model in use.")] = None,
        workers: Annotated[
            int | None, Option(min=0, help="Processes of this machine; unset: one a core; 0: in this one.")
        ] = None,
        scheduler: Annotated[str | None, Option(help="A Dask scheduler of yours instead: tcp://… or tls://…")] = None,
        rows: Annotated[int, Option(min=1, help="Letters of one part.")] = 2_000,
        text: Annotated[str, Option(help="The column with the text.")] = "text",
        label: Annotated[str, Option(help="The column with the label, for relabel and evaluate.")] = "label",
        encoding: Annotated[Literal["utf-8", "gb18030"], Option(help="Of a CSV or of JSON lines.")] = "utf-8",
        sure: Annotated[float, Option(min=0, max=1, help="relabel: tell only what is at least so sure.")] = 0.0,
    ) -> None:
        """Very many letters over many processes or machines.

        classify: a CSV with department, item, confidence and action of each. relabel: a CSV of those to which the model
        would give another label than they have, for review. evaluate: how right the model is, as JSON. The same command
        goes on where one before it ended.
        """
        import json

        from app.bulk import Asked, run
        from app.bulk_part import Act
        from app.model_key import trusted
        from classifiers import ArtefactError, DataError
        from classifiers.letters import Names

        settings = door.begin()
        with door.errors():
            key = None if model else trusted(settings)
            asked = Asked(
                Act(act), file, out, model or settings.model_dir, key, scheduler,
                _cores() if workers is None else workers, rows, Names(text, label), encoding, sure,
            )  # fmt: skip
            try:
                told = run(asked)
            except (DataError, ArtefactError) as error:
                typer.echo(error, err=True)
                raise typer.Exit(USAGE) from None
            except OSError as error:
                typer.echo(f"{error.filename or asked.out}: {error.strerror}", err=True)
                raise typer.Exit(1) from None
        typer.echo(json.dumps(told, ensure_ascii=False))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
