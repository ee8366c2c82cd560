"""How the model does at its work (B8): how often it was right where the truth is known by now, and where people
said another department. By week and by the department it gave. Reads only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.clock import TOWN_TIME
from cases.corrections import PROPOSED
from cases.drift import monday
from cases.lessons import DECIDED
from models import Status

WEEKS = 12


@dataclass(frozen=True)
class Count:
    """Cases about which the model said something. `known`: of these the right department is known by now."""

    cases: int = 0
    known: int = 0
    right: int = 0
    corrected: int = 0  # people said another one, or only that it is not this one

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.cases + other.cases,
            self.known + other.known,
            self.right + other.right,
            self.corrected + other.corrected,
        )

    @property
    def accuracy(self) -> float | None:
        return self.right / self.known if self.known else None

    @property
    def rate(self) -> float | None:
        return self.corrected / self.cases if self.cases else None


@dataclass(frozen=True)
class Live:
    weeks: Sequence[tuple[date, Count]]  # by their Mondays, the oldest first; the running one last
    departments: Sequence[tuple[str, Count]]  # as the model said, the most corrected first

    @property
    def total(self) -> Count:
        return sum((count for _, count in self.weeks), Count())


# Right is what people said last, where nobody did, what the case was archived under by whoever dealt with it.
_COUNTS = text(
    """
    WITH read AS (
        SELECT cases.id, cases.category, cases.status, cases.outcome, predictions.label,
            date_trunc('week', cases.submitted_at AT TIME ZONE :zone)::date AS week
        FROM cases JOIN predictions ON predictions.case_id = cases.id WHERE cases.submitted_at >= :since
    ), said AS (
        SELECT DISTINCT ON (case_id) case_id, COALESCE(categories.parent, categories.code) AS label
        FROM corrections LEFT JOIN categories ON categories.code = corrections.now
        WHERE why <> :proposed AND case_id IN (SELECT id FROM read) ORDER BY case_id, corrections.id DESC
    ), known AS (
        SELECT read.week, read.label, said.case_id IS NOT NULL AND said.label IS DISTINCT FROM read.label AS corrected,
            CASE WHEN said.case_id IS NOT NULL THEN said.label
                WHEN status = :closed AND outcome = ANY(:decided) THEN category END AS truth
        FROM read LEFT JOIN said ON said.case_id = read.id
    )
    SELECT week, label, count(*), count(truth), count(*) FILTER (WHERE truth = label), count(*) FILTER (WHERE corrected)
    FROM known GROUP BY week, label
    """
)


async def live(session: AsyncSession, now: datetime) -> Live:
    """The running week and those before it, WEEKS in all."""
    since = monday(now) - timedelta(weeks=WEEKS - 1)
    asked = {
        "zone": TOWN_TIME.key,
        "since": datetime.combine(since, time(), TOWN_TIME),
        "proposed": PROPOSED,
        "closed": str(Status.CLOSED),
        "decided": [str(outcome) for outcome in DECIDED],
    }
    weeks: dict[date, Count] = {since + timedelta(weeks=n): Count() for n in range(WEEKS)}
    departments: dict[str, Count] = {}
    for week, label, *counts in (await session.execute(_COUNTS, asked)).all():
        if week in weeks:  # a clock that was put back leaves cases of the future
            weeks[week] += Count(*counts)
            departments[label] = departments.get(label, Count()) + Count(*counts)
    ranked = sorted(departments.items(), key=lambda one: (-(one[1].rate or 0), -one[1].cases, one[0]))
    return Live(sorted(weeks.items()), ranked)
