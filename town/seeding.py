"""The town's files against what the console made of the town since: load what changed, lose nothing.

The files as they were loaded last are kept as rows (`seeded_files`). What only the files changed is taken from them,
what only the console changed stays, what both changed is refused until somebody decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import models
from cases import audit
from models import SeededFile
from town.load import Passwords, Town, keep, town_in
from town.merge import Conflict, merge
from town.read import checked
from town.sheets import Change, Sheets, diff, sheets_of, unchecked

BY_COMMAND = "cli"  # whom the log names for what the files changed


class FilesAndConsole(Exception):
    """Both changed the same; nothing was loaded."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__("\n".join(map(str, conflicts)))


@dataclass(frozen=True)
class Plan:
    """What loading these files would do."""

    files: Sheets
    town: Town
    changes: Sequence[Change]
    first: bool
    conflicts: Sequence[Conflict]


async def plan(session: AsyncSession, town: Town, *, files_win: bool = False) -> Plan:
    """Raises SeedRefused where files and console are sound apart and not together."""
    files, there = sheets_of(town), await town_in(session)
    if there is None:
        return Plan(files, town, diff({}, files), True, ())
    console = sheets_of(there)
    if files_win:
        return Plan(files, town, diff(console, files), False, ())
    merged, conflicts = merge(await _loaded_last(session) or console, console, files)
    if merged != files and not conflicts:
        town = checked(unchecked(merged))
    return Plan(files, town, diff(console, merged), False, conflicts)


async def load(session: AsyncSession, planned: Plan, mark: str, passwords: Passwords, now: datetime) -> None:
    """Does not commit. `mark`: the files' fingerprint. Raises FilesAndConsole."""
    if planned.conflicts:
        raise FilesAndConsole(planned.conflicts)
    await keep(session, planned.town, planned.changes, passwords)
    for change in () if planned.first else planned.changes:
        note(session, BY_COMMAND, change, now)
    await session.execute(delete(SeededFile))
    session.add_all(SeededFile(name=name, rows=rows) for name, rows in planned.files.items())
    await session.execute(update(models.Town).values(seeded_from=mark))


def note(session: AsyncSession, who: str, change: Change, now: datetime) -> None:
    kind = change.file.partition(".")[0]
    audit.note(session, who, change.action, kind, change.key, now, before=change.before, after=change.after)


async def seeded_from(session: AsyncSession) -> str | None:
    return (await session.exec(select(models.Town.seeded_from))).first()


async def _loaded_last(session: AsyncSession) -> Sheets:
    return {file.name: file.rows for file in (await session.exec(select(SeededFile))).all()}
