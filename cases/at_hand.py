"""What there is to learn from now, counted: confirmed, waiting for something, or refused and why. Reads only.

The same rules as `cases/lessons.py`, which takes the texts themselves; here one statement counts, for a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.corrections import PROPOSED, REVIEWED
from cases.lessons import DECIDED, TEACHERS, TEXTS_PER_RESIDENT
from models import OPEN, ModelVersion, Status


class Standing(StrEnum):
    """Why a label that people gave teaches, does not yet, or will not."""

    TEACHES = "teaches"
    OPEN = "open"  # the case is not archived yet
    PROPOSED = "proposed"  # a clerk's word, which a dispatcher confirms
    DOUBTED = "doubted"  # known to be wrong, not what is right
    MOVED = "moved"  # the case went on under another category
    ENDED = "ended"  # archived with an outcome that says nothing about the label, or not dealt with at all
    OTHERS = "others"  # said by somebody whose word does not teach
    MANY = "many"  # one resident's sixth and later


WAITS = (Standing.OPEN, Standing.PROPOSED)
REFUSED = (Standing.DOUBTED, Standing.MOVED, Standing.ENDED, Standing.OTHERS, Standing.MANY)


@dataclass(frozen=True)
class AtHand:
    """Cases with a word of people about their label, by how it stands and by department (a field; "" unknown)."""

    counts: dict[Standing, dict[str, int]]

    def of(self, *standings: Standing) -> int:
        return sum(sum(self.counts.get(one, {}).values()) for one in standings)

    def by(self, department: str, *standings: Standing) -> int:
        return sum(self.counts.get(one, {}).get(department, 0) for one in standings)

    @property
    def departments(self) -> set[str]:
        return {name for counts in self.counts.values() for name in counts if name}


_COUNTS = text(
    """
    WITH said AS (
        SELECT DISTINCT ON (case_id) case_id, now, role, why FROM corrections ORDER BY case_id, id DESC
    ), standing AS (
        SELECT cases.resident, COALESCE(categories.parent, categories.code, cases.category, '') AS department,
            COALESCE(cases.closed_at, cases.submitted_at) AS known_at, cases.id,
            CASE
                WHEN why = :proposed THEN 'proposed'
                WHEN now IS NULL THEN 'doubted'
                WHEN NOT role = ANY(:teachers) THEN 'others'
                WHEN why = :reviewed THEN 'teaches'
                WHEN now IS DISTINCT FROM COALESCE(cases.item, cases.category) THEN 'moved'
                WHEN status = ANY(:open) THEN 'open'
                WHEN status = :closed AND outcome = ANY(:decided) THEN 'teaches'
                ELSE 'ended'
            END AS state
        FROM said JOIN cases ON cases.id = said.case_id LEFT JOIN categories ON categories.code = said.now
    ), counted AS (
        SELECT department, state,
            row_number() OVER (PARTITION BY state, resident ORDER BY known_at DESC, id) AS turn
        FROM standing
    )
    SELECT CASE WHEN state = 'teaches' AND turn > :most THEN 'many' ELSE state END AS state, department, count(*)
    FROM counted GROUP BY 1, 2
    """
)


async def counted(session: AsyncSession) -> AtHand:
    asked = {
        "proposed": PROPOSED,
        "reviewed": REVIEWED,
        "teachers": [str(role) for role in TEACHERS],
        "open": [str(status) for status in OPEN | {Status.RESOLVED, Status.MERGED}],
        "closed": str(Status.CLOSED),
        "decided": [str(outcome) for outcome in DECIDED],
        "most": TEXTS_PER_RESIDENT,
    }
    found: dict[Standing, dict[str, int]] = {}
    for state, department, count in (await session.execute(_COUNTS, asked)).all():
        found.setdefault(Standing(state), {})[department] = count
    return AtHand(found)


def dropped(versions: Sequence[ModelVersion]) -> tuple[ModelVersion, int] | None:
    """The last training that came to an end, and how many lessons it left out as near-copies of others."""
    for row in versions:
        if "alike" in row.report:
            return row, int(row.report["alike"])
    return None
