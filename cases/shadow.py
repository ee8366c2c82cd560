"""A version that only watches (影子运行): it reads the live cases of some days, and nothing follows from what it says.

Beginning and end stand on the version's row, what it says in `shadow_predictions`; `app/shadowing.py` asks it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import learning
from cases.errors import Missing, NotAllowed, NotFound, Stale
from cases.learning import State
from models import Case, ModelVersion, Person, Role, ShadowPrediction

DAYS, MOST_DAYS = 7, 60
BATCH = 200
LATE = timedelta(minutes=5)
"""A case filed before the end may be committed after it."""


class End(StrEnum):
    """Why a version watches no longer: `report["shadow"]["why"]`."""

    TIME = "time"  # its days are over, and every case of them was read
    PROMOTED = "promoted"  # it decides now
    UNUSABLE = "unusable"  # its file is not there or not what was trained
    STOPPED = "stopped"  # by an admin


@dataclass(frozen=True)
class Watch:
    """A version that watches cases filed from `since` up to `until`."""

    version: str
    fingerprint: str
    since: datetime
    until: datetime


async def begin(session: AsyncSession, version: str, person: Person, days: int, now: datetime) -> ModelVersion:
    """From now on for so many days; what it said in an earlier time stays, and is not counted again."""
    if person.role is not Role.ADMIN or not person.active:
        raise NotAllowed("learning.admins_only")
    if not 1 <= days <= MOST_DAYS:
        raise Missing("shadow.days", most=MOST_DAYS)
    await learning.lock(session)
    row = await row_of(session, version)
    if row.report.get("state") != State.READY:
        raise Stale("learning.not_ready", version=version)
    current = await learning.in_use(session)
    if current is not None and current.version == version:
        raise Stale("learning.in_use", version=version)
    if watches(row):
        raise Stale("shadow.running", version=version, until=row.report["shadow"]["until"])
    until = now + timedelta(days=days)
    begun = {"since": now.isoformat(), "until": until.isoformat(), "by": person.code, "ended": None, "why": None}
    row.report = row.report | {"shadow": begun, "history": _history(row, "shadow_began", person.code, now)}
    return row


async def stop(session: AsyncSession, version: str, person: Person, now: datetime) -> ModelVersion:
    """What it read until now stays to be looked at."""
    if person.role is not Role.ADMIN or not person.active:
        raise NotAllowed("learning.admins_only")
    row = await row_of(session, version)
    if not watches(row):
        raise Stale("shadow.ended", version=version)
    await end(session, version, End.STOPPED, now, by=person.code)
    return row


def watches(row: ModelVersion) -> bool:
    begun = row.report.get("shadow")
    return bool(begun and not begun["ended"])


async def end(session: AsyncSession, version: str, why: End, now: datetime, *, by: str = "system") -> None:
    """Ended twice it ended once."""
    await learning.lock(session)
    row = await row_of(session, version)
    begun = row.report.get("shadow")
    if begun and not begun["ended"]:
        ended = begun | {"ended": now.isoformat(), "why": str(why)}
        row.report = row.report | {"shadow": ended, "history": _history(row, "shadow_ended", by, now)}


async def watching(session: AsyncSession) -> Sequence[Watch]:
    """Asked every half minute, so the long reports stay where they are."""
    report = col(ModelVersion.report)
    begun = report["shadow"]
    mark, since, until = report["fingerprint"].astext, begun["since"].astext, begun["until"].astext
    chosen = select(ModelVersion.version, mark, since, until).where(since.is_not(None), begun["ended"].astext.is_(None))
    rows = (await session.exec(chosen.order_by(ModelVersion.version))).all()
    return [Watch(version, mark, *map(datetime.fromisoformat, span)) for version, mark, *span in rows]


async def unread(session: AsyncSession, watch: Watch, limit: int) -> Sequence[tuple[UUID, str]]:
    """Cases of its days, with their texts, about which it said nothing yet; the oldest first."""
    said = select(ShadowPrediction.case_id).where(ShadowPrediction.version == watch.version)
    chosen = select(Case.id, Case.text).where(*filed(watch.since, watch.until), col(Case.id).not_in(said))
    return (await session.exec(chosen.order_by(col(Case.submitted_at)).limit(limit))).all()


async def keep(session: AsyncSession, said: Iterable[ShadowPrediction]) -> None:
    """Said twice, by two workers or after a kill, the first stays."""
    rows = [one.model_dump() for one in said]
    await session.execute(insert(ShadowPrediction).values(rows).on_conflict_do_nothing())


def filed(since: datetime, until: datetime) -> tuple[Any, Any]:
    """The cases of those days, as a condition."""
    return col(Case.submitted_at) >= since, col(Case.submitted_at) < until


async def row_of(session: AsyncSession, version: str) -> ModelVersion:
    """As it is now; raises NotFound."""
    row = await session.get(ModelVersion, version, populate_existing=True)
    if row is None:
        raise NotFound("learning.unknown", version=version)
    return row


def _history(row: ModelVersion, act: str, by: str, now: datetime) -> list[dict[str, str]]:
    return [*row.report.get("history", []), {"act": act, "by": by, "at": now.isoformat()}]
