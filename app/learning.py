"""Training as a durable job: asked for by an admin in any channel, done in a process of its own, told as it goes.

The rules are `cases/learning.py`'s; the process is `app/learning_child.py`. Killed at any moment: the old model serves,
the job is picked up by another worker and begins anew in an empty folder.
"""

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.errors import CannotGoOn
from app.learning_child import Request, request
from bot.transactions import LEARNING, Transactions, wake
from cases import learning, lessons
from cases.learning import Failure
from classifiers import Row, SigningKey, firstday
from models import Case, ModelVersion, Person

TRIES = 5
TRAINING_SECONDS = 30 * 60.0
TELL_SECONDS = 1.0
LINE_LIMIT = 2**24
"""Bytes of one line from the process: the report names every text it kept."""

log = structlog.get_logger()
Defer = Callable[[AsyncSession, str], Awaitable[None]]
OnProgress = Callable[[AsyncSession, ModelVersion, datetime], Awaitable[None]]
"""Called with the row as it is now, in the transaction that changed it."""


async def nobody(session: AsyncSession, row: ModelVersion, now: datetime) -> None:
    """Who is told of progress when nobody wants to be."""


class Learning:
    """`cases.learning.Learning` for every channel, and the job behind it.

    `corpus` and `on_progress` may be set later; `models` is the folder with a folder for each version. `key` gives the
    key that signs, when it is needed: a program that only serves has none.
    """

    def __init__(
        self,
        transactions: Transactions,
        models: Path,
        now: Callable[[], datetime],
        defer: Defer,
        key: Callable[[], SigningKey],
    ) -> None:
        self._transactions, self._models, self._now, self._defer, self._key = transactions, models, now, defer, key
        self.corpus: Callable[[], Sequence[Row]] = firstday.rows
        self.on_progress: OnProgress = nobody

    async def begin_training(self, session: AsyncSession, person: Person, now: datetime) -> ModelVersion:
        row = await learning.begin(session, person, now)
        await self._defer(session, row.version)
        return row

    async def cancel_training(self, session: AsyncSession, person: Person, now: datetime) -> ModelVersion:
        row = await learning.cancel(session, person, now)
        await session.flush()
        wake(session, LEARNING)
        await self._tell(session, row, now)
        return row

    async def versions(self, session: AsyncSession) -> Sequence[ModelVersion]:
        return await learning.versions(session)

    async def in_use(self, session: AsyncSession) -> ModelVersion | None:
        return await learning.in_use(session)

    async def promote(
        self, session: AsyncSession, version: str, person: Person, now: datetime, *, knowingly: bool = False
    ) -> ModelVersion:
        return await learning.promote(session, version, person, now, knowingly=knowingly)

    async def rollback(self, session: AsyncSession, person: Person, now: datetime, *, why: str = "") -> ModelVersion:
        return await learning.rollback(session, person, now, why=why)

    async def train(self, version: str, attempts: int) -> None:
        """The job. What goes wrong with the training is told on the row; only a database away is tried again."""
        async with self._transactions.read() as session:
            row = await session.get(ModelVersion, version)
            if row is None or not learning.wanted(row):
                return  # done, and its job's end was not written; or called off
            try:
                asked = await self._request(session, row)
            except CannotGoOn as error:
                log.error("learning.no_key", version=version, error=str(error))
                asked = None
        if asked is None:
            await self._fail(version, Failure.DISK)
            return
        if attempts >= TRIES:
            await self._fail(version, Failure.TRIES)
            return
        try:
            async with asyncio.timeout(TRAINING_SECONDS):
                found = await self._ask(asked, version)
        except TimeoutError:
            await self._fail(version, Failure.LATE)
        else:
            if isinstance(found, Failure):
                await self._fail(version, found)
                return
            found["old"] = asked.old and Path(asked.old).name
            if await self._change(version, lambda row, now: learning.finished(row, found, now)):
                log.info("learning.ready", version=version)

    async def _request(self, session: AsyncSession, row: ModelVersion) -> Request:
        """What the process needs to know."""
        current = await learning.in_use(session)
        taught = await lessons.confirmed(session)
        before = await lessons.of(session, current.report.get("cases", ()) if current else ())
        whose = await _residents(session, [one.case for one in taught])
        return request(
            self.corpus(),
            lessons=[[one.text, one.label, one.item, str(one.case), whose[one.case]] for one in taught],
            before=[[one.text, one.label, one.item] for one in before],
            recent=list(await lessons.recent(session)),
            old=str(self._models / current.version) if current else None,
            out=str(self._models / row.version),
            key=self._key().text,
            by=row.trained_by,
        )

    async def _ask(self, asked: Request, version: str) -> dict[str, Any] | Failure:
        """The report, after telling how far it is once a second; a Failure if it came to nothing."""
        await asyncio.to_thread(shutil.rmtree, asked.out, ignore_errors=True)  # of a try that was killed
        async with _process() as process:
            assert process.stdin is not None
            assert process.stdout is not None
            latest: dict[str, Any] = {}
            telling = asyncio.create_task(self._keep_telling(version, latest, process))
            try:
                with suppress(ConnectionError):  # it died while it was told; then it says nothing either
                    process.stdin.write(asked.line())
                    await process.stdin.drain()
                async for line in process.stdout:
                    said = json.loads(line)
                    if "found" in said:
                        found: dict[str, Any] = said["found"]
                        return found
                    if "error" in said:
                        return Failure(said["error"])
                    latest |= said
                return Failure.ENDED
            finally:
                telling.cancel()
                with suppress(asyncio.CancelledError):
                    await telling

    async def _keep_telling(self, version: str, latest: dict[str, Any], process: Process) -> None:
        """Ends the process where an admin called the training off."""
        told: dict[str, Any] = {}

        def progressed(row: ModelVersion, now: datetime) -> None:
            learning.progressed(row, told["fraction"], told["stage"], now)

        while True:
            news = latest != told
            told |= latest
            try:
                goes_on = await self._change(version, progressed) if news else await self._wanted(version)
            except (SQLAlchemyError, psycopg.Error, TimeoutError) as error:
                log.warning("learning.not_kept", version=version, error=type(error).__name__)
            else:
                if not goes_on:
                    log.info("learning.cancelled", version=version)
                    with suppress(ProcessLookupError):
                        process.kill()
                    return
            await asyncio.sleep(TELL_SECONDS)

    async def _wanted(self, version: str) -> bool:
        async with self._transactions.read() as session:
            row = await session.get(ModelVersion, version)
            return row is not None and learning.wanted(row)

    async def _fail(self, version: str, reason: Failure) -> None:
        if await self._change(version, lambda row, now: learning.failed(row, reason, now)):
            log.error("learning.failed", version=version, reason=reason)

    async def _change(self, version: str, change: Callable[[ModelVersion, datetime], None]) -> bool:
        """False where it was called off: then it stays as it is."""
        now = self._now()
        async with self._transactions.begin() as session:
            row = await session.get(ModelVersion, version, with_for_update=True)
            if row is None or not learning.wanted(row):
                return False
            change(row, now)
            await session.flush()
            wake(session, LEARNING)
            await self._tell(session, row, now)
        return True

    async def _tell(self, session: AsyncSession, row: ModelVersion, now: datetime) -> None:
        """Whatever goes wrong with telling, the training goes on."""
        try:
            async with session.begin_nested():
                await self.on_progress(session, row, now)
        except Exception:
            log.exception("learning.not_told", version=row.version)


async def _residents(session: AsyncSession, cases: Sequence[UUID]) -> dict[UUID, int]:
    """For each case a number that two cases share if one resident told both, and that means nothing elsewhere."""
    told = (await session.exec(select(Case.id, Case.resident).where(col(Case.id).in_(cases)))).all()
    numbers = {resident: n for n, resident in enumerate(dict.fromkeys(resident for _, resident in told))}
    return {case: numbers[resident] for case, resident in told}


@asynccontextmanager
async def _process() -> AsyncIterator[Process]:
    """The process that trains, on one core; gone afterwards, whatever happened."""
    one_core = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    call = (sys.executable, "-m", "app.learning_child")
    process = await asyncio.create_subprocess_exec(*call, stdin=PIPE, stdout=PIPE, limit=LINE_LIMIT, env=one_core)
    try:
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()
