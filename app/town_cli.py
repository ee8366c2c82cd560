"""What `seed --preview` and `export` do."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import engine, sessions
from app.errors import CannotGoOn
from town import read_town
from town.export import write
from town.load import town_in
from town.seeding import Plan, plan
from town.sheets import Change, sheets_of

T = TypeVar("T")


def preview(url: str, folder: Path, *, files_win: bool) -> None:
    """Each row that would change, and each that cannot before somebody decides."""
    town = read_town(folder)
    planned = _read(url, lambda session: plan(session, town, files_win=files_win))
    for change in planned.changes:
        print(_line(change))
    for conflict in planned.conflicts:
        print(f"both       {conflict}")
    print(_sum(planned))


def _line(change: Change) -> str:
    old, new = change.before or {}, change.after or {}
    cells = [f"{name} {old.get(name, '')!r} → {new[name]!r}" for name in new if old and old.get(name) != new[name]]
    return f"{change.action:<10} {change.file} {change.key}" + (f": {', '.join(cells)}"[:200] if cells else "")


def _sum(planned: Plan) -> str:
    both = f", {len(planned.conflicts)} changed in the files and in the console" if planned.conflicts else ""
    return f"{len(planned.changes)} rows would change{both}"


def export(url: str, folder: Path) -> None:
    town = _read(url, town_in)
    if town is None:
        raise CannotGoOn("no town has been loaded yet; load one with `python -m app seed`")
    write(sheets_of(town), folder)
    print(
        f"{folder}: {town.profile.name}, {len(town.areas)} areas, {len(town.places)} places, {len(town.people)} people"
    )


def _read(url: str, ask: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def reading() -> T:
        connections = engine(url)
        try:
            async with sessions(connections)() as session:
                return await ask(session)
        finally:
            await connections.dispose()

    return asyncio.run(reading())
