"""What `verify-chain` does on a database, and what it says."""

import time
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import heads as files
from app.database import engine, sessions
from cases import heads, linking
from cases.record import FAULTS, Fault
from models import Case

SHOWN = 20  # faults; what follows is counted


async def verify(url: str, data_dir: Path) -> bool:
    """True if the record is whole."""
    connections = engine(url)
    kept = files.read(files.folder(data_dir))
    try:
        async with sessions(connections)() as session:
            faults = await _cases(session)
            other = await heads.first_other(session, kept)
    finally:
        await connections.dispose()
    unlinked = [] if kept else [fault for fault in faults if fault.what == "unlinked"]
    wrong = [fault for fault in faults if fault not in unlinked]
    for fault in wrong[:SHOWN]:
        typer.echo(f"{fault.number}: event {fault.seq} {FAULTS[fault.what]}", err=True)
    if len(wrong) > SHOWN:
        typer.echo(f"… and {len(wrong) - SHOWN} cases more", err=True)
    if unlinked:
        typer.echo(f"{len(unlinked)} cases are not linked yet: a running program does it within the hour")
    _say_heads(kept, other)
    return not wrong and other is None


async def _cases(session: AsyncSession) -> list[Fault]:
    faults, events, began = list[Fault](), 0, time.perf_counter()
    await linking.one_view(session)
    total = (await session.exec(select(func.count()).select_from(Case))).one()
    columns = (TextColumn("cases"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=total)
        async for cases, lines, found in linking.verify(session):
            progress.advance(task, cases)
            events += lines
            faults += found
    seconds = time.perf_counter() - began
    rate = f", {seconds * 1_000_000 / events:,.1f} s per million" if events else ""
    typer.echo(f"{total:,} cases, {events:,} events: {seconds:,.1f} s{rate}")
    return faults


def _say_heads(kept: list[heads.HourHead], other: heads.HourHead | None) -> None:
    if other is not None:
        stretch = f"events numbered {other.after + 1} to {other.upto}"
        typer.echo(f"{stretch} are not those of {other.at:%Y-%m-%d %H:%M} UTC: the head kept then differs", err=True)
    elif kept:
        typer.echo(f"{len(kept)} heads kept, the last of {kept[-1].at:%Y-%m-%d %H:%M} UTC: all as they were")
    else:
        typer.echo("no head kept here yet")
