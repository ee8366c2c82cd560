"""How the classifier learns from what happened: admins train, a second one promotes, either rolls back.

A version is a row of `model_versions`; `report` tells how far it is and how it compares (docs/classifier.md names its
fields). The one in use is the one promoted last. Nothing here trains: `app/learning.py` does, in another process.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import ARRAY, Text, cast, text
from sqlalchemy.dialects.postgresql import array
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import gate
from cases.errors import Missing, NotAllowed, NotFound, Stale
from models import ModelVersion, Person, Role
from models.base import DOCUMENT

ONE_AT_A_TIME = 0x6C6561  # advisory lock: who begins, promotes or rolls back does it alone
LONG = ("cases", "comparison", "beside", "poison", "cost", "canaries", "agreement")
"""Parts of a report that only the page about the version itself shows."""

SILENT = timedelta(hours=1)
"""A training that wrote nothing for so long is dead, whatever its row says: the next one may begin."""


class State(StrEnum):
    """`report["state"]`."""

    WAITING = "waiting"  # for a worker
    TRAINING = "training"  # `report["progress"]` = {"fraction": 0…1, "stage", "at"}
    READY = "ready"  # compared; `report["gate"]` says whether it may be promoted
    FAILED = "failed"  # `report["failure"]` is a Failure


class Stage(StrEnum):
    """What a training is at: `report["progress"]["stage"]`."""

    READING = "reading"
    LEARNING = "learning"
    COMPARING = "comparing"
    KEEPING = "keeping"


class Failure(StrEnum):
    """Why a training came to nothing. The model in use goes on."""

    CANCELLED = "cancelled"  # an admin called it off
    DATA = "data"  # nothing to learn from
    DISK = "disk"  # the model could not be kept
    ENDED = "ended"  # its process ended without a word: killed, or a bug that the log tells
    LATE = "late"
    TRIES = "tries"  # its worker died again and again


RUNNING = frozenset({State.WAITING, State.TRAINING})


class Learning(Protocol):
    """What any channel needs to let admins teach. Each raises a Refusal that says why not."""

    async def begin_training(self, session: AsyncSession, person: Person, now: datetime) -> ModelVersion:
        """A new row and a durable job; refuses when one runs."""

    async def cancel_training(self, session: AsyncSession, person: Person, now: datetime) -> ModelVersion:
        """The one that runs or waits; its process ends within seconds."""

    async def versions(self, session: AsyncSession) -> Sequence[ModelVersion]:
        """All of them, the newest first."""

    async def in_use(self, session: AsyncSession) -> ModelVersion | None: ...

    async def promote(
        self, session: AsyncSession, version: str, person: Person, now: datetime, *, knowingly: bool = False
    ) -> ModelVersion:
        """By another admin than who trained. `knowingly`: they were told that it decides otherwise than the old one."""

    async def rollback(self, session: AsyncSession, person: Person, now: datetime, *, why: str = "") -> ModelVersion:
        """Back to the version in use before, which is returned."""


async def begin(session: AsyncSession, person: Person, now: datetime) -> ModelVersion:
    """A row for the training that is about to start; it keeps its name from here on."""
    await _alone(session, person)
    rows = await versions(session)
    if any(running(row, now) for row in rows):
        raise Stale("learning.running")
    row = ModelVersion(version=next_name(rows), trained_by=person.code, trained_at=now)
    row.report = {"state": State.WAITING, "progress": _progress(0.0, Stage.READING, now)}
    session.add(row)
    await session.flush()
    return row


async def cancel(session: AsyncSession, person: Person, now: datetime) -> ModelVersion:
    """Call off the training that runs. Whoever trains sees it on the row: see `wanted`."""
    await _alone(session, person)
    found = next((row for row in await versions(session) if running(row, now)), None)
    if found is None:
        raise Stale("learning.none_running")
    row = await session.get_one(ModelVersion, found.version, with_for_update=True, populate_existing=True)
    if not wanted(row):  # it came to its end a moment ago
        raise Stale("learning.none_running")
    failed(row, Failure.CANCELLED, now)
    row.report = row.report | {"history": _history(row, "cancelled", person, now)}
    return row


def wanted(row: ModelVersion) -> bool:
    """Nobody called it off, and it has come to no end: what a training may still write to."""
    return row.report["state"] in RUNNING


async def versions(session: AsyncSession) -> Sequence[ModelVersion]:
    rows = (await session.exec(select(ModelVersion))).all()
    return sorted(rows, key=lambda row: number(row.version), reverse=True)


async def headings(session: AsyncSession) -> Sequence[ModelVersion]:
    """As `versions`, without what makes reports long: for lists. Copies that belong to no session."""
    short = col(ModelVersion.report).op("-", return_type=DOCUMENT)(cast(array(LONG), ARRAY(Text)))
    columns = (ModelVersion.version, ModelVersion.trained_by, ModelVersion.trained_at)
    chosen = select(*columns, ModelVersion.promoted_by, ModelVersion.promoted_at, short.label("report"))  # type: ignore[call-overload]
    rows = (await session.exec(chosen)).all()
    return sorted((ModelVersion(**row._mapping) for row in rows), key=lambda row: number(row.version), reverse=True)


async def promoted(session: AsyncSession) -> Sequence[ModelVersion]:
    """Those put to use and not taken back since, the one in use first."""
    chosen = select(ModelVersion).where(col(ModelVersion.promoted_at).is_not(None))
    return (await session.exec(chosen.order_by(col(ModelVersion.promoted_at).desc()))).all()


@dataclass(frozen=True)
class Known:
    """What a running program needs to know of a version: its report may be long, and it looks every few seconds."""

    version: str
    fingerprint: str
    by_admin: bool  # trained here, not adopted
    promoted_at: datetime | None


async def known(session: AsyncSession) -> Sequence[Known]:
    """Every version that has a model."""
    fingerprint = col(ModelVersion.report)["fingerprint"].as_string()
    chosen = select(ModelVersion.version, fingerprint, ModelVersion.trained_by, ModelVersion.promoted_at)
    rows = (await session.exec(chosen.where(fingerprint.is_not(None)))).all()
    return [Known(version, mark, by is not None, at) for version, mark, by, at in rows]


def put_to_use(versions: Iterable[Known]) -> list[Known]:
    """As `promoted`: the one in use first."""
    used = [(one.promoted_at, one) for one in versions if one.promoted_at]
    return [one for _, one in sorted(used, key=lambda pair: pair[0], reverse=True)]


def names(versions: Iterable[Known]) -> dict[str, str]:
    """Fingerprint → version. Two trainings may end with the same model: then it is the one put to use last."""
    known = list(versions)
    return {one.fingerprint: one.version for one in [*known, *reversed(put_to_use(known))]}


async def in_use(session: AsyncSession) -> ModelVersion | None:
    return next(iter(await promoted(session)), None)


async def promote(
    session: AsyncSession, version: str, person: Person, now: datetime, *, knowingly: bool = False
) -> ModelVersion:
    """Put a version to use, if it passes `cases/gate.py`: by a second person, and nothing lost."""
    await _alone(session, person)
    row = await session.get(ModelVersion, version)
    if row is None:
        raise NotFound("learning.unknown", version=version)
    current = await in_use(session)
    if current is not None and current.version == version:
        raise Stale("learning.in_use", version=version)
    _may_pass(row, person, current, knowingly)
    row.promoted_by, row.promoted_at = person.code, _after(current, now)
    row.report = row.report | {"history": _history(row, "promoted", person, now)}
    return row


async def rollback(session: AsyncSession, person: Person, now: datetime, *, why: str = "") -> ModelVersion:
    """Take the version in use back. One admin is enough: it served before, and haste may matter."""
    await _alone(session, person)
    rows = await promoted(session)
    if len(rows) < 2:
        raise Stale("learning.nothing_before")
    current, before = rows[0], rows[1]
    current.promoted_by = current.promoted_at = None
    current.report = current.report | {"history": _history(current, "rolled_back", person, now, why)}
    return before


def running(row: ModelVersion, now: datetime) -> bool:
    if row.report.get("state") not in RUNNING:
        return False
    return now - datetime.fromisoformat(row.report["progress"]["at"]) < SILENT


def progressed(row: ModelVersion, fraction: float, stage: str, now: datetime) -> None:
    row.report = row.report | {"state": State.TRAINING, "progress": _progress(fraction, stage, now)}


def finished(row: ModelVersion, found: Mapping[str, Any], now: datetime) -> None:
    """Trained and compared: the figures, and what they mean for the gate."""
    done = {"state": State.READY, "progress": _progress(1.0, Stage.KEEPING, now), "gate": gate.outcome(found)}
    row.report = row.report | dict(found) | done


def failed(row: ModelVersion, reason: Failure, now: datetime) -> None:
    progress = row.report["progress"] | {"at": now.isoformat()}
    row.report = row.report | {"state": State.FAILED, "progress": progress, "failure": str(reason)}


def adopted(rows: Sequence[ModelVersion], fingerprint: str, figures: Mapping[str, Any], now: datetime) -> ModelVersion:
    """The row, in use, of a model nobody here trained: the first day's, or one an operator put into the data folder."""
    report = {"state": State.READY, "fingerprint": fingerprint, "figures": dict(figures), "gate": gate.outcome({})}
    used = max((row for row in rows if row.promoted_at), key=lambda row: row.promoted_at or now, default=None)
    row = ModelVersion(version=next_name(rows), trained_at=now, promoted_at=_after(used, now))
    row.report = report | {"progress": _progress(1.0, Stage.KEEPING, now)}
    return row


def _may_pass(row: ModelVersion, person: Person, current: ModelVersion | None, knowingly: bool) -> None:
    """The refusal names every check that failed, also those a second word would overcome."""
    if row.report.get("state") != State.READY:
        raise Stale("learning.not_ready", version=row.version)
    attempt = gate.Attempt(row.report, row.trained_by, person.code, current.version if current else None)
    checks, lines = gate.failed(attempt), told(attempt)
    if any(check.forbids for check in checks):
        raise NotAllowed("learning.refused", version=row.version, lines=lines)
    if checks and not knowingly:
        raise Missing("learning.differs", version=row.version, lines=lines)


def told(attempt: gate.Attempt) -> list[list[Any]]:
    """[text key, its arguments] of every check that fails."""
    return [[f"learning.check.{check.name}", check.tells(attempt)] for check in gate.failed(attempt)]


async def _alone(session: AsyncSession, person: Person) -> None:
    """For admins, one at a time: two who press at once are told apart."""
    if person.role is not Role.ADMIN or not person.active:
        raise NotAllowed("learning.admins_only")
    await lock(session)


async def lock(session: AsyncSession) -> None:
    """Until the transaction ends nobody else changes which versions there are."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})


def next_name(rows: Sequence[ModelVersion]) -> str:
    """v1, v2 …: people type it."""
    return f"v{max((number(row.version) for row in rows), default=0) + 1}"


def number(version: str) -> int:
    return int(version.removeprefix("v"))


def _after(current: ModelVersion | None, now: datetime) -> datetime:
    """Later than the one in use was promoted, even by a clock that was put back: the last one is the one in use."""
    if current is None or current.promoted_at is None:
        return now
    return max(now, current.promoted_at + timedelta(microseconds=1))


def _progress(fraction: float, stage: str, now: datetime) -> dict[str, Any]:
    return {"fraction": round(fraction, 3), "stage": str(stage), "at": now.isoformat()}


def _history(row: ModelVersion, act: str, person: Person, now: datetime, why: str = "") -> list[dict[str, str]]:
    line = {"act": act, "by": person.code, "at": now.isoformat()} | ({"why": why} if why else {})
    return [*row.report.get("history", []), line]
