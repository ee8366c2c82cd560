"""`reset-second-factor`: for somebody of rank whose telephone and recovery codes are both gone."""

import asyncio
from typing import Annotated

import typer

from app.desk import Door


def add_to(cli: typer.Typer, door: Door) -> None:
    @cli.command(name="reset-second-factor")
    def reset_second_factor(name: Annotated[str, typer.Argument(help="As they sign in.")]) -> None:
        """Take somebody's second factor away and sign them out everywhere; they set up a new one."""
        from app.passwords import reset_factor

        settings = door.begin()
        with door.errors(), door.database(settings) as (url, _):
            there = asyncio.run(reset_factor(url, name))
        typer.echo(f"{name}: {'reset' if there else 'had none'}; signed out everywhere")
