"""What must be true of all cases at any moment, asked of the rows; each check yields what breaks it.

`broken(session, book, now)` asks all of them. `now` is the moment of the last sweep.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import dispatch
from cases.book import Book
from cases.notices import ALONG, JOINED, TOLD
from models import OPEN, STEPS, Case, Status

SHOWN = 5  # examples of each
PASSING = ("submitted", "returned", "reopened")  # no case stays in one of these
ACTS = ("remind", "sign_overdue", "contact_overdue", "overdue", "escalate", "stop_waiting", "close", "ring")
HANDS_OUT = (  # whoever gets it has their own time to sign
    "hold", "route", "assign", "reassign", "raise", "cover", "relocate", "unmerge", "lead_unsorted", "lead_unsigned",
)  # fmt: skip
Check = Callable[[AsyncSession, Book, datetime], AsyncIterator[str]]


async def broken(session: AsyncSession, book: Book, now: datetime) -> dict[str, list[str]]:
    """By invariant: examples of what breaks it, and how many in all. Empty when all hold."""
    found: dict[str, list[str]] = {}
    for name, check in CHECKS.items():
        wrong = [one async for one in check(session, book, now)]
        if wrong:
            found[name] = wrong[:SHOWN] + ([f"… {len(wrong)} in all"] if len(wrong) > SHOWN else [])
    return found


async def _rows(session: AsyncSession, sql: str, **asked: Any) -> list[Any]:
    return list((await session.execute(text(sql), asked)).all())


async def owner(session: AsyncSession, _: Book, __: datetime) -> AsyncIterator[str]:
    """Somebody has it, or it waits at the dispatch desk; what is merged follows a case that is open."""
    for number, status in await _rows(
        session,
        """
        SELECT number, status FROM cases WHERE status = ANY(:passing)
            OR (status IN ('dispatched', 'accepted', 'waiting', 'replied') AND (unit IS NULL OR assignee IS NULL))
            OR (status = 'merged') <> (master IS NOT NULL)
        UNION ALL
        SELECT one.number, 'follows a ' || master.status
        FROM cases AS one JOIN cases AS master ON master.id = one.master
        WHERE one.status = 'merged' AND master.status <> ALL(:open)
        """,
        passing=[*PASSING],
        open=[str(status) for status in OPEN],
    ):
        yield f"{number}: {status}"


async def clock(session: AsyncSession, book: Book, now: datetime) -> AsyncIterator[str]:
    """What is open has a due time, and something the clock will do: until it has gone up to the top of its chain."""
    asked = {"open": [str(status) for status in OPEN], "now": now}
    for (number,) in await _rows(
        session, "SELECT number FROM cases WHERE status = ANY(:open) AND due_at IS NULL", **asked
    ):
        yield f"{number}: no due time"
    silent = """
        SELECT id FROM cases WHERE status = ANY(:open) AND NOT EXISTS (
            SELECT FROM timers WHERE case_id = cases.id AND round = cases.round AND done_at IS NULL
                AND NOT paused AND due_at > :now
        )
    """
    for (id_,) in await _rows(session, silent, **asked):
        case = await session.get_one(Case, id_)
        if not (case.overdue and case.level >= len(dispatch.all_above(book, case, case.assignee))):
            yield f"{case.number}: nothing will happen to it ({case.status}, gone up {case.level} times)"


async def nothing_left(session: AsyncSession, _: Book, now: datetime) -> AsyncIterator[str]:
    """What was due is done: timers, called units, orders, alarms. Clocks of what is over have stopped."""
    for number, what in await _rows(
        session,
        """
        SELECT number, act || ' is past due' FROM timers JOIN cases ON cases.id = case_id
            WHERE done_at IS NULL AND NOT paused AND timers.due_at <= :now
        UNION ALL SELECT number, act || ' still runs' FROM timers JOIN cases ON cases.id = case_id
            WHERE done_at IS NULL AND (timers.round <> cases.round
                OR (status IN ('closed', 'rejected', 'withdrawn')) OR (status = 'resolved' AND act <> 'close'))
        UNION ALL SELECT number, act || ' stands still' FROM timers JOIN cases ON cases.id = case_id
            WHERE done_at IS NULL AND paused AND status NOT IN ('waiting', 'merged')
        UNION ALL SELECT cases.number, 'a called unit is past due' FROM co_tasks JOIN cases ON cases.id = case_id
            WHERE co_tasks.status IN ('called', 'signed') AND NOT co_tasks.overdue AND co_tasks.due_at <= :now
        UNION ALL SELECT cases.number, 'its order is past due' FROM orders JOIN cases ON cases.id = case_id
            WHERE answered_at IS NULL AND NOT orders.overdue AND orders.due_at <= :now
        UNION ALL SELECT number, 'its alarm is past due' FROM alarms JOIN cases ON cases.id = case_id
            WHERE taken_at IS NULL AND cancelled_at IS NULL AND next_at <= :now
        UNION ALL SELECT number, 'its alarm still rings' FROM alarms JOIN cases ON cases.id = case_id
            WHERE next_at IS NOT NULL AND status <> ALL(:open)
        """,
        now=now,
        open=[str(status) for status in OPEN],
    ):
        yield f"{number}: {what}"


async def once(session: AsyncSession, _: Book, __: datetime) -> AsyncIterator[str]:
    """No act twice: of each kind as many as the clock was started, and never two at one moment."""
    sql = """
        WITH began AS (
            SELECT case_id, round, count(*) FILTER (WHERE kind = ANY(:hands_out)) AS handed,
                count(*) FILTER (WHERE kind = 'ask') AS asked,
                count(*) FILTER (WHERE kind = 'grant_extension') AS longer
            FROM events GROUP BY case_id, round
        ), done AS (
            SELECT case_id, round, kind, count(*) AS times, count(DISTINCT at) AS moments,
                CASE kind WHEN 'sign_overdue' THEN handed WHEN 'stop_waiting' THEN asked WHEN 'overdue' THEN 1 + longer
                    WHEN 'remind' THEN 1 + longer WHEN 'contact_overdue' THEN 1 WHEN 'close' THEN 1 END AS most
            FROM events JOIN began USING (case_id, round)
            WHERE kind = ANY(:acts) AND role = 'system'
            GROUP BY case_id, round, kind, handed, asked, longer
        )
        SELECT number, done.round, kind, times, moments, most FROM done JOIN cases ON cases.id = case_id
        WHERE times > most OR times > moments
    """
    for number, round_, kind, times, moments, most in await _rows(session, sql, hands_out=[*HANDS_OUT], acts=[*ACTS]):
        yield f"{number}: {kind} {times} times at {moments} moments in round {round_}, {most} expected"


async def chain(session: AsyncSession, _: Book, __: datetime) -> AsyncIterator[str]:
    """Each case's events, from the first on: numbered without a gap, in order of time, each a step STEPS allows."""
    sql = """
        SELECT number, seq, kind, role, events.status, at, cases.status, version
        FROM events JOIN cases ON cases.id = case_id ORDER BY case_id, seq
    """
    found = await session.stream(text(sql).execution_options(yield_per=5_000))
    mine: list[Any] = []
    async for row in found:
        if mine and mine[-1].number != row.number:
            for fault in _faults(mine):
                yield fault
            mine = []
        mine.append(row)
    for fault in _faults(mine) if mine else ():
        yield fault
    sql = "SELECT number FROM cases WHERE NOT EXISTS (SELECT FROM events WHERE case_id = cases.id)"
    for (number,) in await _rows(session, sql):
        yield f"{number}: no event"


def _faults(events: list[Any]) -> Iterator[str]:
    number, last = events[0].number, events[-1]
    if [event.seq for event in events] != list(range(1, last.version + 1)):
        yield f"{number}: numbered {[event.seq for event in events]} up to version {last.version}"
        return
    if last[4] != last[6]:
        yield f"{number}: is {last[6]}, its last event says {last[4]}"
    if (events[0].kind, events[0][4]) != ("submit", Status.SUBMITTED):
        yield f"{number}: begins with {events[0].kind}"
    for before, event in pairwise(events):
        step = STEPS.get(event.kind)
        if event.at < before.at:
            yield f"{number}: {event.kind} before {before.kind}"
        if step is None:
            allowed = event[4] == before[4]
        else:
            allowed = before[4] in step.before and event[4] == (step.after or before[4]) and event.role in step.who
        if not allowed:
            yield f"{number}: {event.kind} by {event.role} from {before[4]} to {event[4]}"


async def notices(session: AsyncSession, _: Book, __: datetime) -> AsyncIterator[str]:
    """Every notice about a case belongs to an event that tells of it, and nobody is told of one event twice."""
    sql = """
        SELECT unique_key, text_key, kind, count(*) OVER (
            PARTITION BY split_part(unique_key, ':', 1), split_part(unique_key, ':', 2), notifications.case_id, person,
                resident
        ) FROM notifications LEFT JOIN events ON events.case_id::text = split_part(unique_key, ':', 1)
            AND events.seq::text = split_part(unique_key, ':', 2)
        WHERE notifications.case_id IS NOT NULL
    """
    found = await session.stream(text(sql).execution_options(yield_per=5_000))
    async for key, text_key, kind, times in found:
        if kind is None:
            yield f"{key}: of no event"
        elif not (TOLD.get(kind) or kind in ALONG or kind in JOINED):
            yield f"{key}: {text_key} of {kind}, which is told to nobody"
        elif times > 1:
            yield f"{key}: {times} times"


async def numbers(session: AsyncSession, _: Book, __: datetime) -> AsyncIterator[str]:
    """Counted through without a hole: nothing that took a number was lost."""
    rows = await _rows(session, "SELECT split_part(number, '-', 2)::int FROM cases")
    seen = Counter(number for (number,) in rows)
    for n in range(1, max(seen, default=0) + 1):
        if seen[n] != 1:
            yield f"{n}: {seen[n]} times"


async def called_units(session: AsyncSession, _: Book, __: datetime) -> AsyncIterator[str]:
    """The answer went out only when every called unit had ended its part; the case knows what the rows say."""
    for number, what in await _rows(
        session,
        """
        SELECT cases.number, co_tasks.unit || ' still ' || co_tasks.status
            FROM co_tasks JOIN cases ON cases.id = case_id
            WHERE co_tasks.status IN ('called', 'signed') AND co_tasks.round = cases.round
                AND cases.status IN ('replied', 'resolved', 'closed')
        UNION ALL SELECT cases.number, co_tasks.unit || ': ' || co_tasks.status
            FROM co_tasks JOIN cases ON cases.id = case_id
            WHERE co_tasks.round = cases.round AND cases.status = ANY(:open)
                AND cases.co_tasks -> co_tasks.unit ->> 'status' IS DISTINCT FROM co_tasks.status
        """,
        open=[str(status) for status in OPEN],
    ):
        yield f"{number}: {what}"


CHECKS: Mapping[str, Check] = {
    "no case without an owner": owner,
    "no clock without an end": clock,
    "nothing due is left": nothing_left,
    "no act twice": once,
    "chain of events whole": chain,
    "every notice of an event, nobody told twice": notices,
    "numbers without holes": numbers,
    "called units ended before the answer": called_units,
}
