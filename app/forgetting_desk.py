"""What `erase` and `retention` do on a database: shown first, then done, and written down."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import typer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.desk import NUMBER, Desk, person
from app.errors import CannotGoOn
from bot.media import Store
from cases import forgetting, retention
from cases.forgetting import Gone
from cases.keys import Keys, digits_of
from models import Case, Resident, Role

if TYPE_CHECKING:
    from app.settings import Settings

CODE = re.compile(r"\d{16}")
ERASED = "erased.txt"


async def find(session: AsyncSession, keys: Keys, said: str) -> Sequence[Resident]:
    """By a case's number or lookup code, else by the telephone they left; nobody is named to the operator."""
    if NUMBER.fullmatch(said):
        its = select(Resident).join(Case).where(Case.number == said)
    elif CODE.fullmatch(digits_of(said)):
        its = select(Resident).join(Case).where(Case.code_hash == keys.code_hash(said))
    else:
        its = select(Resident).where(Resident.contact_hash == keys.contact_hash(said))
    return (await session.exec(its.where(col(Resident.channel) != forgetting.CHANNEL))).all()


async def erase(desk: Desk, settings: "Settings", keys: Keys, said: str, by: str, reason: str, yes: bool) -> None:
    """All residents found, in one transaction. Raises StillOpen; then nothing is erased."""
    if not reason.strip():
        raise CannotGoOn("--reason: why, in words; it is kept")
    async with desk.transactions.begin() as session:
        who = await person(session, by)
        if who.role is not Role.ADMIN:
            raise CannotGoOn(f"{by} is no admin")
        found = await find(session, keys, said)
        if not found:
            raise CannotGoOn("nobody is known by that number or code")
        _show([await forgetting.preview(session, one.id) for one in found])
        if not yes:
            typer.confirm("erase for good?", abort=True)
        gone = [await forgetting.resident(session, desk.book, one, who.code, reason, desk.now) for one in found]
        _remember(settings.data_dir, found)
    _tidy(settings, gone)


async def erase_again(desk: Desk, settings: "Settings") -> None:
    """After a restore: whoever was erased since that backup was made."""
    for one in remembered(settings.data_dir):
        async with desk.transactions.begin() as session:
            back = await session.get(Resident, one)
            if back is not None:
                gone = await forgetting.resident(session, desk.book, back, "cli", "restored from a backup", desk.now)
        if back is not None:
            _tidy(settings, [gone])
            typer.echo(f"erased again: {gone.cases} cases")


def remembered(data_dir: Path) -> Sequence[UUID]:
    path = data_dir / "record" / ERASED
    return [UUID(line) for line in path.read_text(encoding="ascii").split()] if path.exists() else []


def _remember(data_dir: Path, residents: Sequence[Resident]) -> None:
    """Numbers that lead nowhere once they are erased, kept apart from the database: a backup knows nothing of it."""
    path = data_dir / "record" / ERASED
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        file.writelines(f"{one.id}\n" for one in residents)


async def retain(desk: Desk, settings: "Settings", years: int, dry_run: bool) -> None:
    """Everything ended before the limit, some at a time; stopped, it goes on where it was."""
    limit = retention.limit(desk.now, years)
    typer.echo(f"what ended before {limit.before:%Y-%m-%d} goes")
    async with desk.transactions.read() as session:
        _show([await retention.preview(session, limit)])
    if dry_run:
        return
    while (gone := await _some(desk, settings, limit)) is not None:
        typer.echo(gone)
    async with desk.transactions.begin() as session:
        typer.echo(f"refused updates: {await retention.refused(session, desk.now)}")


async def _some(desk: Desk, settings: "Settings", limit: retention.Limit) -> str | None:
    async with desk.transactions.begin() as session:
        cases = await retention.some_cases(session, desk.book, limit, desk.now)
    if cases.cases:
        _tidy(settings, [cases])
        return f"cases: {cases.cases}"
    async with desk.transactions.begin() as session:
        people = await retention.some_residents(session, desk.book, limit, desk.now)
    _tidy(settings, people)
    return f"residents: {len(people)}" if people else None


def _show(counts: Sequence[Mapping[str, int]]) -> None:
    for one in counts:
        typer.echo(", ".join(f"{name}: {count}" for name, count in one.items()))


def _tidy(settings: "Settings", gone: Sequence[Gone]) -> None:
    """After the commit: a file that no row names does no harm, a row without its file would."""
    store = Store(settings.photos_dir)
    for one in gone:
        for sha256, kind in one.files:
            with suppress(FileNotFoundError):
                Path(store.path(sha256, kind)).unlink()
