"""The town changed by hand: the whole of it, as it would be, passes the checks of the files before a row is kept."""

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

import models
from cases.book import NoTown
from cases.errors import Refusal, Stale
from town.load import alone, keep, town_in
from town.problems import Problem, SeedRefused
from town.read import OUTLINES, Town, checked
from town.seeding import note
from town.sheets import FIELDS, Cells, Change, Sheet, Sheets, diff, sheets_of, unchecked
from town.tables import COLUMNS, key_of

FIELDS_OF = {"holdings.csv": "people", OUTLINES: "areas"}  # written out of another file's rows
Lines = Mapping[str, Mapping[str, int]]  # where each row stood, by file


@dataclass(frozen=True)
class Current:
    sheets: Sheets
    version: int


@dataclass(frozen=True)
class Proposal:
    """What would change, and what speaks against it. `town` is there where nothing does."""

    changes: Sequence[Change]
    town: Town | None
    problems: Sequence[Problem]


class Unsound(Refusal):
    """The town would not be sound; `problems` say where."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("console.tables.unsound", n=len(problems))
        self.problems = problems


async def current(session: AsyncSession, *, to_change: bool = False) -> Current:
    """`to_change`: nobody else changes it until the transaction ends."""
    if to_change:
        await alone(session)
    town = await town_in(session)
    if town is None:
        raise NoTown("no town has been loaded yet")
    return Current(await asyncio.to_thread(sheets_of, town), await version(session))


async def version(session: AsyncSession) -> int:
    """One more with every change."""
    return (await session.exec(select(models.Town.version))).one()


async def sheet(session: AsyncSession, file: str) -> Sheet:
    """One of them as it is; a county's whole town takes half a second. Raises NoTown."""
    town = await town_in(session, only={FIELDS_OF.get(file, FIELDS.get(file, ""))})
    if town is None:
        raise NoTown("no town has been loaded yet")
    return (await asyncio.to_thread(sheets_of, town))[file]


def mark(cells: Cells | None) -> str:
    """Of a row as somebody was shown it: when they save, it must still be this one."""
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()[:16]


_UNREADABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")


def readable(file: str, cells: Cells) -> None:
    """Raises Unsound for what no file could hold."""
    bad = [name for name, text in cells.items() if _UNREADABLE.search(text)]
    subject = key_of(file, cells) if file in COLUMNS else ""
    if bad:
        raise Unsound([Problem(file, 0, "control", ascii(cells[name]), subject, name) for name in bad])


def with_row(sheets: Sheets, file: str, key: str | None, seen: str, cells: Cells) -> tuple[Sheets, str]:
    """The row under `key` replaced, or one added; and its key now. Raises Stale, or Refusal for a key that is taken."""
    sheet = sheets[file]
    if mark(sheet.get(key or "")) != seen:
        raise Stale("console.tables.changed_meanwhile")
    now = key_of(file, cells)
    if now != key and now in sheet:
        raise Unsound([Problem(file, 0, "duplicate", now, now, COLUMNS[file][0])])
    kept = {(now if old == key else old): (cells if old == key else row) for old, row in sheet.items()}
    return {**sheets, file: {**kept, now: cells}}, now


def without_row(sheets: Sheets, file: str, key: str, seen: str) -> Sheets:
    """Raises Stale. A grid goes with its outline."""
    if mark(sheets[file].get(key)) != seen:
        raise Stale("console.tables.changed_meanwhile")
    also = (OUTLINES,) if file == "areas.csv" else ()
    return {**sheets, **{name: _without(sheets[name], key) for name in (file, *also)}}


def _without(sheet: Sheet, key: str) -> Sheet:
    return {old: cells for old, cells in sheet.items() if old != key}


async def weigh(old: Sheets, new: Sheets, lines: Lines | None = None) -> Proposal:
    """In a thread: the outlines of a county take a while."""
    return await asyncio.to_thread(_weigh, old, new, lines)


def _weigh(old: Sheets, new: Sheets, lines: Lines | None) -> Proposal:
    try:
        town = checked(unchecked(new, lines))
    except SeedRefused as refused:
        return _in_spite(old, new, lines, refused.problems)
    return Proposal(diff(old, sheets_of(town)), town, ())


def _in_spite(old: Sheets, new: Sheets, lines: Lines | None, found: Sequence[Problem]) -> Proposal:
    """A town that had problems before may be mended bit by bit: what is changed must be sound, the rest no worse."""
    changes = diff(old, new)
    touched = {(change.file, change.key) for change in changes}
    known = set(_bare(_problems(old)))

    def excused(problem: Problem) -> bool:
        return _bare([problem])[0] in known and (problem.file, problem.subject) not in touched

    left = [problem for problem in found if not excused(problem)]
    if left:
        return Proposal(changes, None, left)
    return Proposal(changes, checked(unchecked(new, lines), excused), ())


def _bare(problems: Sequence[Problem]) -> list[tuple[str, ...]]:
    return [(one.file, one.key, one.value, one.subject) for one in problems]


def _problems(sheets: Sheets) -> Sequence[Problem]:
    try:
        checked(unchecked(sheets))
    except SeedRefused as refused:
        return refused.problems
    return ()


async def carry_out(session: AsyncSession, proposal: Proposal, who: str, now: datetime) -> None:
    """With a line in the log for each row. Raises Unsound. Somebody new cannot sign in before they get a password."""
    if proposal.town is None:
        raise Unsound(proposal.problems)
    await keep(session, proposal.town, proposal.changes, None)
    for change in proposal.changes:
        note(session, who, change, now)
