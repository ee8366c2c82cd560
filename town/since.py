"""What of the town changed since a program read it: a service written anew is no reason to read all the rest."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from town.read import OUTLINES, PROFILE
from town.tables import COLUMNS

SERVICES = "services"
OTHERS = sorted({file.partition(".")[0] for file in (*COLUMNS, OUTLINES, PROFILE)} - {SERVICES})


class Mark(NamedTuple):
    """`version` counts the changes of the town, `noted` is the last line of the log by then."""

    seeded_from: str
    version: int
    noted: int


async def mark(session: AsyncSession) -> Mark | None:
    """None before a town is loaded. One statement, so that both are of one moment."""
    asked = text("SELECT seeded_from, version, (SELECT coalesce(max(id), 0) FROM audit) FROM town")
    row = (await session.execute(asked)).first()
    return Mark(*row) if row else None


async def only_services(session: AsyncSession, then: Mark, now: Mark) -> bool:
    """Each change in between was of one service: as many lines in the log as changes, none of another table."""
    if then.seeded_from != now.seeded_from or now.version <= then.version:
        return False
    counted = await _noted(session, then, now, [SERVICES])
    return counted == now.version - then.version and not await _noted(session, then, now, OTHERS)


async def _noted(session: AsyncSession, then: Mark, now: Mark, kinds: Sequence[str]) -> int:
    asked = text("""
        SELECT count(*) FROM audit
        WHERE id > :then AND id <= :now AND kind = ANY(:kinds) AND action NOT IN ('export', 'import')
    """)
    given = {"then": then.noted, "now": now.noted, "kinds": list(kinds)}
    return int((await session.execute(asked, given)).scalar_one())
