"""What the learning commands do on a database, and what they show of it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import learning_tables as shown
from app.build import utcnow
from app.desk import Desk, person
from app.learning import Learning
from app.model_key import signing
from app.settings import Settings
from app.terminal import show
from bot.transactions import LEARNING, wake
from cases import audit, learning
from cases.errors import Missing, NotFound
from cases.gate import Attempt
from cases.learning import Failure, State
from classifiers import Row, firstday
from classifiers.compared import reference
from models import Case, ModelVersion


async def train(desk: Desk, settings: Settings, by: str, corpus: Callable[[], Sequence[Row]] = firstday.rows) -> int:
    """The job, done in this terminal: no worker is needed, and one that runs has nothing to do with it.

    Exit code 0 when a version is ready, whatever the gate says; 1 when the training came to nothing. Ctrl-C ends it.
    """

    async def nowhere(session: AsyncSession, version: str) -> None:
        """No job: it is done here."""

    teach = Learning(desk.transactions, settings.model_dir.parent, utcnow, nowhere, lambda: signing(settings))
    teach.corpus = corpus
    async with desk.transactions.begin() as session:
        version = (await teach.begin_training(session, await person(session, by), desk.now)).version
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(f"{version} reading", total=1.0)
        teach.on_progress = lambda session, row, now: _advance(bar, task, row)
        try:
            await teach.train(version, 0)
        except asyncio.CancelledError:
            async with desk.transactions.begin() as session:
                learning.failed(await session.get_one(ModelVersion, version), Failure.ENDED, utcnow())
            raise
    async with desk.transactions.read() as session:
        row = await session.get_one(ModelVersion, version)
    show(*shown.trained(row, learning.told(Attempt(row.report))))
    return 0 if row.report["state"] == State.READY else 1


async def cancel(desk: Desk, by: str) -> None:
    async with desk.transactions.begin() as session:
        row = await learning.cancel(session, await person(session, by), desk.now)
        audit.note(session, by, "cancel", "model", row.version, desk.now)
        wake(session, LEARNING)
    show(f"{row.version} is called off; its process ends within seconds, the model in use goes on")


async def _advance(bar: Progress, task: TaskID, row: ModelVersion) -> None:
    done = row.report["progress"]
    bar.update(task, completed=done["fraction"], description=f"{row.version} {done['stage']}")


async def models(desk: Desk) -> None:
    async with desk.transactions.read() as session:
        rows, current = await learning.versions(session), await learning.in_use(session)
    show(shown.models(rows, current.version if current else None) if rows else "no version yet")


async def compare(desk: Desk, old: str, new: str) -> None:
    async with desk.transactions.read() as session:
        before, after = await _version(session, old), await _version(session, new)
        numbers = await _numbers(session, shown.references(before, after))
    texts = {reference(row.text): row.text for row in firstday.rows() if row.gold}
    show(*shown.compared(before, after, texts | numbers))


async def _version(session: AsyncSession, version: str) -> ModelVersion:
    row = await session.get(ModelVersion, version)
    if row is None:
        raise NotFound("learning.unknown", version=version)
    return row


async def _numbers(session: AsyncSession, references: Iterable[str]) -> dict[str, str]:
    """What cases are called by people."""
    ids = [UUID(one) for one in references if not one.startswith("text:")]
    found = (await session.exec(select(Case.id, Case.number).where(col(Case.id).in_(ids)))).all()
    return {str(id_): number for id_, number in found}


async def promote(desk: Desk, version: str, by: str, *, knowingly: bool) -> None:
    try:
        async with desk.transactions.begin() as session:
            await learning.promote(session, version, await person(session, by), desk.now, knowingly=knowingly)
    except Missing:
        show("If it is meant, once more with --knowingly.")
        raise
    show(f"{version} is in use; running programs take it within ten seconds")


async def rollback(desk: Desk, by: str) -> None:
    async with desk.transactions.begin() as session:
        row = await learning.rollback(session, await person(session, by), desk.now)
    show(f"back to {row.version}; running programs take it within ten seconds")
