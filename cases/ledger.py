"""What each worker finished in a period, case by case (以案定补的台账): the figures allowances are paid by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.periods import Period
from cases.rates import IN_FORCE
from cases.timeline import SINCE_FILED
from models import Role


@dataclass(frozen=True)
class Line:
    """One case they answered; a reopened one has a line for each answer."""

    person: str
    number: str
    round: int
    category: str  # code of the item, else of the department's field; "" where nobody knew
    grid: str
    began: datetime  # filed or reopened
    signed: datetime | None
    finished: datetime
    in_time: bool
    contacted: bool | None  # by the resident's word; None: not rated
    solved: str | None
    satisfied: str | None
    excluded: bool

    @property
    def hours(self) -> float:
        return (self.finished - self.began).total_seconds() / 3600


@dataclass(frozen=True)
class Totals:
    """Of somebody's lines. What is left out of the rates is none of them but the last."""

    finished: int
    in_time: int
    rated: int
    solved: int
    satisfied: int
    excluded: int


def totals(lines: Sequence[Line]) -> Totals:
    kept = [line for line in lines if not line.excluded]
    return Totals(
        finished=len(kept),
        in_time=sum(line.in_time for line in kept),
        rated=sum(line.solved is not None for line in kept),
        solved=sum(line.solved == "yes" for line in kept),
        satisfied=sum(line.satisfied == "yes" for line in kept),
        excluded=len(lines) - len(kept),
    )


async def lines(
    session: AsyncSession, *, start: date, end: date, as_of: datetime, roles: Sequence[Role] = (Role.WORKER,)
) -> list[Line]:
    """By person, the earliest first. `as_of`: ratings and exclusions until then, for those come after the answer."""
    period = Period(start, end)
    asked = {"since": period.since, "until": period.until, "as_of": as_of, "roles": [str(role) for role in roles]}
    return [Line(*row) for row in (await session.execute(_LINES, asked)).all()]


_LINES = text(
    f"""
    SELECT event.assignee, cases.number, event.round, coalesce(cases.item, event.category, ''),
        coalesce(event.grid, ''), coalesce(began.at, submitted_at), signed.at, event.at, NOT event.overdue,
        ratings.contacted, ratings.solved, ratings.satisfied,
        EXISTS (
            SELECT FROM exclusions WHERE exclusions.case_id = event.case_id AND exclusions.round >= event.round
                AND {IN_FORCE}
        )
    FROM events AS event
    JOIN cases ON cases.id = event.case_id
    JOIN people ON people.code = event.assignee AND people.role = ANY(:roles)
    LEFT JOIN ratings ON ratings.case_id = event.case_id AND ratings.round = event.round AND ratings.at < :as_of
    LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM events
        WHERE case_id = event.case_id AND {SINCE_FILED} AND kind = 'reopen' AND round = event.round
    ) AS began ON true
    LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM events
        WHERE case_id = event.case_id AND {SINCE_FILED} AND kind = 'sign' AND round = event.round
            AND assignee = event.assignee
    ) AS signed ON true
    WHERE event.kind IN ('approve', 'resolve_along') AND event.at >= :since AND event.at < :until
    ORDER BY event.assignee, event.at, cases.number
    """  # noqa: S608 (of our own words only)
)
