"""What waits to be sorted by hand (分拨): danger first, then whoever has waited longest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access
from models import Case, Person, Status
from models.status import UNDECIDED

SHOWN = 30


@dataclass(frozen=True)
class Queue:
    """The first SHOWN of those that wait, and how many there are."""

    cases: Sequence[Case]
    waiting: int
    dangerous: int
    disputed: int  # 裁定: sent back three times
    oldest: datetime | None


async def queue(session: AsyncSession, person: Person) -> Queue:
    theirs = (col(Case.status).in_(UNDECIDED), access.sees(person))
    danger = col(Case.danger).is_not(None)
    order = (danger.desc(), col(Case.submitted_at), col(Case.number))
    cases = (await session.exec(select(Case).where(*theirs).order_by(*order).limit(SHOWN))).all()
    disputed = func.count().filter(col(Case.status) == Status.ARBITRATION)
    counts = (func.count(), func.count().filter(danger), disputed, func.min(Case.submitted_at))
    row = (await session.execute(sqlalchemy.select(*counts).where(*theirs))).one()
    return Queue(cases, *row)
