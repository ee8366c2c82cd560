"""What `erase` and `retention` do on a database: shown first, then done, and written down."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from app.desk import Desk, person
from app.erased import remember, remembered
from app.errors import CannotGoOn
from app.retaining import some
from bot.media import Store
from cases import erasing, forgetting, retention
from cases.forgetting import Gone
from cases.keys import Keys
from models import Resident, Role

if TYPE_CHECKING:
    from app.settings import Settings


async def erase(desk: Desk, settings: "Settings", keys: Keys, said: str, by: str, reason: str, yes: bool) -> None:
    """All residents found, in one transaction. Raises StillOpen; then nothing is erased."""
    if not reason.strip():
        raise CannotGoOn("--reason: why, in words; it is kept")
    async with desk.transactions.begin() as session:
        who = await person(session, by)
        if who.role is not Role.ADMIN:
            raise CannotGoOn(f"{by} is no admin")
        found = await erasing.find(session, erasing.key_of(keys, said))
        if not found:
            raise CannotGoOn("nobody is known by that number or code")
        _show([await forgetting.preview(session, one.id) for one in found])
        if not yes:
            typer.confirm("erase for good?", abort=True)
        gone = [await forgetting.resident(session, desk.book, one, who.code, reason, desk.now) for one in found]
        remember(settings.data_dir, [one.id for one in found])
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


async def retain(desk: Desk, settings: "Settings", years: int | None, dry_run: bool) -> None:
    """Everything ended before the limit, some at a time; stopped, it goes on where it was. No `years`: the town's."""
    kept = years or desk.book.town.retention_years
    if kept is None:
        raise CannotGoOn("--years, or the town's own in its settings: [retention] years")
    limit = retention.limit(desk.now, kept)
    typer.echo(f"what ended before {limit.before:%Y-%m-%d} goes")
    async with desk.transactions.read() as session:
        _show([await retention.preview(session, limit)])
    if dry_run:
        return
    store = Store(settings.photos_dir)
    while gone := await some(desk.transactions, desk.book, store, limit, "cli", desk.now):
        cases = sum(one.cases for one in gone)
        typer.echo(f"cases: {cases}" if cases else f"residents: {len(gone)}")
    async with desk.transactions.begin() as session:
        typer.echo(f"refused updates: {await retention.refused(session, desk.now)}")


def _show(counts: Sequence[Mapping[str, int]]) -> None:
    for one in counts:
        typer.echo(", ".join(f"{name}: {count}" for name, count in one.items()))


def _tidy(settings: "Settings", gone: Sequence[Gone]) -> None:
    """After the commit: a file that no row names does no harm, a row without its file would."""
    for one in gone:
        Store(settings.photos_dir).drop(one.files)
