"""The three rates and what goes with them (三率), counted in SQL from events. Formulas: docs/rates.md.

A fact belongs to the period in which it happened, to whoever had the case then, and is never changed by what happens
later. Only a decision to leave a case out (剔除) reaches back, and only as far as `as_of` lets it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.periods import Period
from cases.timeline import SINCE_FILED
from models import OPEN


class By(StrEnum):
    TOWN = "town"  # one row for all that is asked about
    AREA = "area"  # of every level; a parent holds its children
    UNIT = "unit"  # the lead unit then; what nobody had sorted lies with the dispatch desk
    WORKER = "worker"  # whoever had it then
    CATEGORY = "category"  # the department's field then, "" while nobody knew


@dataclass(frozen=True)
class Share:
    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """None where nothing was due."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True)
class Rates:
    """One row. `key`: the code of the area, unit, person or category."""

    key: str
    filed: int  # 收件; 0 by unit and by worker, for nobody has a case that is just filed
    handed: int  # 派单
    signed: Share  # 签收及时率
    contacted: Share  # 响应率
    finished: Share  # 办结率, of those finished and those left open
    in_time: Share  # 按时办结率, of those finished
    solved: Share  # 解决率, of residents who answered
    satisfied: Share  # 满意率, of residents who answered
    returned: Share  # 退单率, of those handed out
    reopened: Share  # 重办率, of those finished
    overdue: int  # 超期: whose time ran out in the period
    overdue_open: int  # 超期未结: late and open when it ended
    median_hours: float | None  # 办理时长中位数, from filing or reopening to the answer
    excluded: int  # 剔除: cases left out of all the others


async def rates(
    session: AsyncSession, *, by: By, start: date, end: date, within: str | None = None, as_of: datetime | None = None
) -> list[Rates]:
    """A row for each that has anything to count, by key. `end` is counted too; days are the town's.

    `within`: an area of any level. `as_of`: exclusions decided until then; unset, until the period was over, which is
    why the numbers of a past week stay as they were told.
    """
    return await counted(session, query(by), Period(start, end), within=within, as_of=as_of)


async def counted(
    session: AsyncSession, asked: TextClause, period: Period, *, within: str | None, as_of: datetime | None
) -> list[Rates]:
    """What a `query` finds."""
    around = {"since": period.since, "until": period.until, "as_of": as_of or period.until, "within": within}
    rows = (await session.execute(asked, {**around, "open": [str(one) for one in OPEN]})).mappings().all()
    return [made_of(row) for row in rows]


async def total(
    session: AsyncSession, *, start: date, end: date, within: str | None = None, as_of: datetime | None = None
) -> Rates:
    """The one row of the whole town, or of an area."""
    rows = await rates(session, by=By.TOWN, start=start, end=end, within=within, as_of=as_of)
    return rows[0] if rows else nothing(within or "")


def nothing(key: str) -> Rates:
    """What there is to say where nothing happened."""
    none = Share(0, 0)
    return Rates(key, 0, 0, none, none, none, none, none, none, none, none, 0, 0, None, 0)


def made_of(row: Mapping[Any, Any]) -> Rates:
    """The rates that counts by the names of COUNTED make."""
    finished = row["finished"]
    return Rates(
        key=row["key"],
        filed=row["filed"],
        handed=row["handed"],
        signed=Share(row["sign_kept"], row["sign_due"]),
        contacted=Share(row["contact_kept"], row["contact_due"]),
        finished=Share(finished, finished + row["left_open"]),
        in_time=Share(row["in_time"], finished),
        solved=Share(row["solved"], row["answered"]),
        satisfied=Share(row["satisfied"], row["answered"]),
        returned=Share(row["returned"], row["handed"]),
        reopened=Share(row["reopened"], finished),
        overdue=row["overdue"],
        overdue_open=row["overdue_open"],
        median_hours=None if row["median_hours"] is None else float(row["median_hours"]),
        excluded=row["excluded"],
    )


IN_FORCE = "granted AND decided_at < :as_of AND NOT (upheld AND appeal_decided_at < :as_of)"
"""SQL: which exclusions (剔除) held then. Each leaves out its round of a case and those before it."""

# Open at the end is what is open now and was filed by then, or what ended later, if its last event by then says so.
MAYBE_OPEN = """
    SELECT id, submitted_at FROM cases WHERE status = ANY(:open) AND submitted_at < :until
    UNION
    SELECT case_id, submitted_at FROM events JOIN cases ON cases.id = case_id
    WHERE at >= :until AND events.status <> ALL(:open) AND submitted_at < :until
"""

_HAPPENED = f"""
    SELECT event.case_id, event.round, event.unit, event.assignee, event.category, event.grid,
        event.status, event.kind,
        kind = 'submit' AS filed,
        kind IN ('route', 'assign', 'raise', 'relocate') AS handed,
        kind = 'sign_overdue' OR (kind = 'sign' AND (at <= event.sign_due_at OR NOT EXISTS (
            SELECT FROM events AS mark WHERE mark.case_id = event.case_id AND mark.seq < event.seq
                AND mark.{SINCE_FILED}
                AND mark.kind = 'sign_overdue' AND mark.sign_due_at = event.sign_due_at
        ))) AND event.sign_due_at IS NOT NULL AS sign_due,
        kind = 'sign' AND at <= event.sign_due_at AS sign_kept,
        first_contact AS contact_due,
        first_contact AND kind <> 'contact_overdue' AND at <= event.contact_due_at AS contact_kept,
        kind IN ('approve', 'resolve_along') AS finished,
        kind IN ('approve', 'resolve_along') AND NOT event.overdue AS in_time,
        CASE WHEN kind IN ('approve', 'resolve_along') THEN extract(epoch FROM at - CASE event.round
            WHEN 1 THEN submitted_at
            ELSE (SELECT max(began.at) FROM events AS began WHERE began.case_id = event.case_id
                AND began.{SINCE_FILED}
                AND began.kind = 'reopen' AND began.round = event.round)
        END) / 3600 END AS hours,
        kind = 'rate' AS answered,
        kind = 'rate' AND details->>'solved' = 'yes' AS solved,
        kind = 'rate' AND details->>'satisfied' = 'yes' AS satisfied,
        kind = 'return' AS returned,
        kind = 'reopen' AS reopened,
        kind = 'overdue' AS overdue,
        false AS left_open,
        false AS overdue_open
    FROM events AS event JOIN cases ON cases.id = event.case_id
    CROSS JOIN LATERAL (
        SELECT event.contact_due_at IS NOT NULL
            AND event.kind IN ('contact', 'relay', 'ask', 'reply', 'contact_overdue') AND NOT EXISTS (
                SELECT FROM events AS before WHERE before.case_id = event.case_id AND before.round = event.round
                    AND before.seq < event.seq AND before.{SINCE_FILED}
                    AND before.kind IN ('contact', 'relay', 'ask', 'reply', 'contact_overdue')
            ) AS first_contact
        OFFSET 0  -- worked out once
    ) AS contact
    WHERE at >= :since AND at < :until AND kind IN (
        'submit', 'route', 'assign', 'raise', 'relocate', 'sign', 'sign_overdue', 'contact', 'relay', 'ask', 'reply',
        'contact_overdue', 'approve', 'resolve_along', 'rate', 'return', 'reopen', 'overdue'
    )
"""  # noqa: S608 (of our own words only)

_LEFT_OPEN = f"""
    SELECT last.case_id, last.round, last.unit, last.assignee, last.category, last.grid, last.status, '',
        false, false, false, false, false, false, false, false, NULL, false, false, false, false, false, false,
        true, last.overdue
    FROM ({MAYBE_OPEN}) AS maybe
    CROSS JOIN LATERAL (
        SELECT * FROM events
        WHERE case_id = maybe.id AND at >= maybe.submitted_at - interval '1 day' AND at < :until
        ORDER BY seq DESC LIMIT 1
    ) AS last
    WHERE last.status = ANY(:open)
"""  # noqa: S608 (of our own words only)

_LEFT_OUT = f"SELECT case_id, max(round) AS upto FROM exclusions WHERE {IN_FORCE} GROUP BY case_id"  # noqa: S608

UNIT = "CASE WHEN new THEN NULL WHEN unsorted THEN desk ELSE coalesce(unit, desk) END"
_WHOSE: Mapping[By, str] = {
    By.TOWN: "VALUES (coalesce(CAST(:within AS text), town.code))",
    By.AREA: "SELECT unnest(coalesce(path, ARRAY[town.code]))",
    By.UNIT: f"VALUES ({UNIT})",
    By.WORKER: "VALUES (CASE WHEN NOT new AND NOT unsorted THEN assignee END)",
    By.CATEGORY: "VALUES (coalesce(category, ''))",
}
COUNTED = (
    "filed", "handed", "sign_due", "sign_kept", "contact_due", "contact_kept", "finished", "in_time", "answered",
    "solved", "satisfied", "returned", "reopened", "overdue", "left_open", "overdue_open",
)  # fmt: skip


def query(by: By) -> TextClause:
    return grouped(_WHOSE[by])


@cache
def grouped(whose: str) -> TextClause:
    """Every fact, added up for each case and whoever had it, then for each key: by far fewer rows.

    `whose`: SQL for the keys (text) a row of `lot` counts for.
    """
    some = " OR ".join(COUNTED)
    counts = ", ".join(f"count(*) FILTER (WHERE {name}) AS {name}" for name in COUNTED)
    sums = ", ".join(f"coalesce(sum({name}) FILTER (WHERE NOT left_out), 0)::int AS {name}" for name in COUNTED)
    return text(f"""
        WITH fact AS MATERIALIZED ({_HAPPENED} UNION ALL {_LEFT_OPEN}), gone AS MATERIALIZED ({_LEFT_OUT}),
        lot AS MATERIALIZED (
            SELECT case_id, round, unit, assignee, category, grid, kind = 'submit' AS new,
                status IN ('submitted', 'triage', 'arbitration') AS unsorted, max(hours) AS hours, {counts}
            FROM fact WHERE {some} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        )
        SELECT key, {sums},
            percentile_cont(0.5) WITHIN GROUP (ORDER BY hours) FILTER (WHERE NOT left_out) AS median_hours,
            count(DISTINCT case_id) FILTER (WHERE left_out) AS excluded
        FROM (
            SELECT lot.*, key, coalesce(round <= upto, false) AS left_out
            FROM lot CROSS JOIN town LEFT JOIN gone USING (case_id) LEFT JOIN areas ON areas.code = lot.grid
            CROSS JOIN LATERAL ({whose}) AS own (key)
            WHERE CAST(:within AS text) IS NULL OR :within = ANY(path) OR :within = town.code
        ) AS known
        WHERE key IS NOT NULL GROUP BY key ORDER BY key
    """)  # noqa: S608 of our own words alone
