"""Weeks unlike those before (漂移): how often people say another department, how often the model asks or holds, and
how many of the words are new to it.

A week is an ISO week in the town. A correction counts in the week its case was filed, if it was said before that
week was over: an old week has had longer to be corrected, and is held to what its own Monday knew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import learning
from cases.charts import Limits, individuals, laney
from cases.clock import TOWN_TIME
from cases.notices import NEW_NOTICES
from models import DriftAlarm, Notification, Person, Role

LEAST_CASES, LEAST_WEEKS, MOST_WEEKS = 20, 8, 26
SMALL_CASES, SMALL_NOVELTY = 2, 0.01
"""So far beside what is usual is no drift yet, whatever the limits say: two cases of a week, one word of a hundred."""


class Kind(StrEnum):
    CORRECTIONS = "corrections"  # share of the cases of which people said another department than the model
    ASK = "ask"
    HOLD = "hold"
    NOVELTY = "novelty"  # mean share of a text's words the model does not know


@dataclass(frozen=True)
class Week:
    """One week's cases that have a prediction, and what was counted of them."""

    monday: date
    cases: int
    corrections: int
    ask: int
    hold: int
    novelty: float | None

    def count(self, kind: Kind) -> int:
        return {Kind.CORRECTIONS: self.corrections, Kind.ASK: self.ask, Kind.HOLD: self.hold}[kind]


@dataclass(frozen=True)
class Finding:
    """A week beside the limits that the weeks before it set."""

    week: date
    kind: Kind
    value: float
    limits: Limits
    cases: int
    weeks: int
    outside: bool


# A word against the model is another department than its own, or a doubt.
_WEEKS = text(
    """
    SELECT week::date AS monday, count(*) AS cases, count(*) FILTER (WHERE against) AS corrections,
        count(*) FILTER (WHERE action = 'ask') AS ask, count(*) FILTER (WHERE action = 'hold') AS hold,
        avg(novelty) AS novelty
    FROM (
        SELECT date_trunc('week', cases.submitted_at AT TIME ZONE :zone) AS week, said.action, said.novelty,
            EXISTS (
                SELECT FROM corrections LEFT JOIN categories ON categories.code = corrections.now
                WHERE corrections.case_id = cases.id
                    AND COALESCE(categories.parent, categories.code) IS DISTINCT FROM said.label
                    AND corrections.at AT TIME ZONE :zone
                        < date_trunc('week', cases.submitted_at AT TIME ZONE :zone) + interval '7 days'
            ) AS against
        FROM cases JOIN predictions AS said ON said.case_id = cases.id
        WHERE cases.submitted_at >= :since AND cases.submitted_at < :until
    ) AS read
    GROUP BY week ORDER BY week
    """
)


async def weeks(session: AsyncSession, now: datetime) -> Sequence[Week]:
    """The last full weeks up to MOST_WEEKS and one, the oldest first; weeks without cases are not among them."""
    until = monday(now)
    since = until - timedelta(weeks=MOST_WEEKS + 1)
    asked = {"zone": TOWN_TIME.key, "since": _begins(since), "until": _begins(until)}
    rows = (await session.execute(_WEEKS, asked)).all()
    return [Week(*row) for row in rows]


async def look(session: AsyncSession, now: datetime) -> Sequence[Finding]:
    """The last full week, by each kind there is enough to say about; nothing when it had too few cases."""
    found, changed = await weeks(session, now), await _changed(session)
    last = next((week for week in found if week.monday == monday(now) - timedelta(weeks=1)), None)
    if last is None or last.cases < LEAST_CASES:
        return []
    before = comparable([week for week in found if week.monday < last.monday], changed)
    return [one for kind in Kind if (one := judge(kind, last, before))]


async def past(session: AsyncSession, found: Sequence[Week]) -> Sequence[Finding]:
    """Each of these weeks by each kind beside what the weeks before it set; for a chart."""
    changed = await _changed(session)
    enough = [(n, week) for n, week in enumerate(found) if week.cases >= LEAST_CASES]
    sets = [(week, comparable(found[:n], changed if _took_over(changed, week) else None)) for n, week in enough]
    return [one for week, before in sets for kind in Kind if (one := judge(kind, week, before))]


async def check(session: AsyncSession, now: datetime) -> Sequence[Finding]:
    """`look`, and the admins are told of what lies outside, once for a week and kind; returns what was told."""
    told = [one for one in await look(session, now) if one.outside and await _first_time(session, one, now)]
    if told:
        admins = select(Person.code).where(Person.role == Role.ADMIN, col(Person.active)).order_by(Person.code)
        for person in (await session.exec(admins)).all():
            for one in told:
                _tell(session, one, person, now)
    return told


def comparable(before: Sequence[Week], changed: datetime | None) -> Sequence[Week]:
    """Weeks with enough cases; those since another model took over, once they are enough to draw limits from.

    Until then the weeks of the model before stand in: not to look at all would be blind just after a promotion, and
    where the new one asks or errs more than the old one did, that is worth a word too.
    """
    usable = [week for week in before if week.cases >= LEAST_CASES]
    since = [week for week in usable if changed is not None and _begins(week.monday) >= changed]
    return (since if len(since) >= LEAST_WEEKS else usable)[-MOST_WEEKS:]


def judge(kind: Kind, week: Week, before: Sequence[Week]) -> Finding | None:
    """None while there are too few weeks to compare with."""
    if kind is Kind.NOVELTY:
        return _judge_novelty(week, before)
    if len(before) < LEAST_WEEKS:
        return None
    counts, sizes = [one.count(kind) for one in before], [one.cases for one in before]
    limits = laney(counts, sizes, week.cases)
    count = week.count(kind)
    outside = limits.excludes(count / week.cases) and abs(count - limits.centre * week.cases) > SMALL_CASES
    return Finding(week.monday, kind, count / week.cases, limits, week.cases, len(before), outside)


def _judge_novelty(week: Week, before: Sequence[Week]) -> Finding | None:
    means = [one.novelty for one in before if one.novelty is not None]
    if week.novelty is None or len(means) < LEAST_WEEKS:
        return None
    limits = individuals(means)
    outside = limits.excludes(week.novelty) and abs(week.novelty - limits.centre) > SMALL_NOVELTY
    return Finding(week.monday, Kind.NOVELTY, week.novelty, limits, week.cases, len(means), outside)


def monday(now: datetime) -> date:
    """Of the week that runs now, in the town."""
    today = now.astimezone(TOWN_TIME).date()
    return today - timedelta(days=today.weekday())


def _begins(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=TOWN_TIME)


async def _changed(session: AsyncSession) -> datetime | None:
    """When another model last took over, by a promotion or a way back."""
    rows = await learning.headings(session)
    history = [line for row in rows for line in row.report.get("history", ())]
    turns = [datetime.fromisoformat(one["at"]) for one in history if one["act"] in ("promoted", "rolled_back")]
    return max([*turns, *(row.promoted_at for row in rows if row.promoted_at)], default=None)


def _took_over(changed: datetime | None, week: Week) -> bool:
    """Before that week was over: what came later it could not know."""
    return changed is not None and changed < _begins(week.monday + timedelta(weeks=1))


async def _first_time(session: AsyncSession, found: Finding, now: datetime) -> bool:
    limits = found.limits
    row = {
        "week": found.week, "kind": str(found.kind), "value": found.value, "centre": limits.centre,
        "lower": limits.lower, "upper": limits.upper, "cases": found.cases, "weeks": found.weeks, "at": now,
    }  # fmt: skip
    new = insert(DriftAlarm).values(**row).on_conflict_do_nothing().returning(col(DriftAlarm.kind))
    return (await session.execute(new)).first() is not None


def _tell(session: AsyncSession, found: Finding, person: str, now: datetime) -> None:
    row = Notification(
        unique_key=f"drift:{found.week}:{found.kind}:{person}",
        person=person,
        text_key=f"drift.{found.kind}",
        args=_args(found),
        created_at=now,
    )
    session.add(row)
    session.info.setdefault(NEW_NOTICES, []).append(row)


def _args(found: Finding) -> dict[str, Any]:
    """Days and percent, without a name or a word of anybody's."""
    last = found.week + timedelta(days=6)
    days = f"{found.week.month}/{found.week.day}–{last.month}/{last.day}"
    shares = {"percent": found.value, "lower": found.limits.lower, "upper": found.limits.upper}
    return {"days": days, "cases": found.cases, **{name: f"{100 * share:.1f}" for name, share in shares.items()}}
