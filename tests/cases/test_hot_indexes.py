"""What is finished leaves the indexes of what people have in hand: however many there are, these stay as small."""

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from cases import dispatch, rates
from models import OPEN

NOW = datetime(2026, 11, 18, 2, tzinfo=UTC)
HOT = {
    "ix_cases_open", "ix_cases_unit", "ix_cases_cell", "ix_cases_open_due", "ix_cases_open_urgent", "ix_cases_in_hand",
    "ix_cases_nobodys",
}  # fmt: skip
MANY = """
WITH one AS (
    INSERT INTO residents (id, channel, address, locale, large, created_at)
    VALUES (gen_random_uuid(), 'webchat', :status, 'zh-Hans', false, now()) RETURNING id
)
INSERT INTO cases (id, number, code_hash, resident, anonymous, locale, status, version, round, text, place_text,
    co_units, co_tasks, binding, decision, returns, urges, level, explanation, facts, submitted_at, overdue, extensions,
    called, ringing, joined, result, unit, assignee, cell)
SELECT gen_random_uuid(), :status || n, :status || n, one.id, false, 'zh-Hans', :status, 1, 1, '楼下', '', '{}', '{}',
    false, '', 0, 0, 0, '{}', '{}', CAST(:now AS timestamptz) - n * interval '1 minute', false, 0, '{}', false, 0, '',
    (SELECT code FROM units ORDER BY code LIMIT 1), (SELECT code FROM people ORDER BY code LIMIT 1), n
FROM one, generate_series(1, :count) AS n
"""
SIZES = """
SELECT indexrelid::regclass::text AS name, pg_relation_size(indexrelid) AS bytes FROM pg_index
WHERE indrelid = 'cases'::regclass AND pg_get_expr(indpred, indrelid) LIKE '%submitted%reopened%'
"""


async def sizes(session: AsyncSession) -> dict[str, int]:
    return {row.name: row.bytes for row in (await session.execute(text(SIZES))).all()}


def as_prepared(statement: Any, **values: Any) -> str:
    """With a place for each value: $1, $2 …"""
    whole = statement.params(**values).compile(
        dialect=postgresql.psycopg.dialect(), compile_kwargs={"render_postcompile": True}
    )
    places = count(1)
    return re.sub(r"%\(\w+\)s", lambda _: f"${next(places)}", str(whole))


async def test_finished_cases_do_not_lie_in_them(town: Sessions) -> None:
    async with town() as session:
        await session.execute(text(MANY), {"status": "accepted", "count": 20, "now": NOW})
        before = await sizes(session)
        assert set(before) >= HOT
        await session.execute(text(MANY), {"status": "closed", "count": 4_000, "now": NOW - timedelta(days=30)})
        assert await sizes(session) == before


async def test_who_has_how_many_in_hand_is_asked_of_what_is_open(town: Sessions) -> None:
    """Also by a plan that is kept for whatever values come."""
    async with town() as session:
        for status, many in (("accepted", 20), ("closed", 4_000)):
            await session.execute(text(MANY), {"status": status, "count": many, "now": NOW})
        await session.execute(text("ANALYZE cases"))
        asked = as_prepared(dispatch._LOADS, people=["limin"])
        kept = (await session.execute(text(f"EXPLAIN (GENERIC_PLAN) {asked}"))).scalars().all()
        assert any("ix_cases_in_hand" in line for line in kept), kept
        values = {"open": [str(one) for one in OPEN], "until": NOW}
        lines = (await session.execute(text(f"EXPLAIN {rates.MAYBE_OPEN}"), values)).scalars().all()
        assert any(name in line for line in lines for name in HOT), lines
        await session.rollback()
