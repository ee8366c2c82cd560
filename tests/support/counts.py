"""How many rows each table of ours holds: what was refused must leave all of them as they were.

Tries at secrets are not among them: that somebody was refused is what they count.
"""

from sqlalchemy import func, literal, select, union_all
from sqlmodel import SQLModel

import models
from tests.support.site import Site

assert models.__all__  # the tables are known once their modules are imported


async def counts(site: Site) -> dict[str, int]:
    tables = [table for table in SQLModel.metadata.sorted_tables if table.name != "tries"]
    each = [select(literal(table.name), func.count()).select_from(table) for table in tables]
    async with site.parts.sessions() as session:
        rows = (await session.execute(union_all(*each))).all()
    return {str(name): int(count) for name, count in rows}


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """The tables with another number of rows, and by how many."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}
