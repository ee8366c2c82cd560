"""Who is on duty (值班): the roster's pattern, with what was handed over (交接班) until the end of the shift.

Danger is told to whoever is on at once; at night so is what nobody signed in time or what went up. All else is quiet.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import Book
from cases.clock import TOWN_TIME
from models import Case, DutyHandover, DutyShift, Role
from models.status import OPEN
from routing.assign import held

NIGHT = time(21), time(7)  # in the town
ARRIVES = frozenset({"hold", "route", "assign", "relocate", "alarm"})
RINGS = ARRIVES | {"ring"}  # of danger, until somebody answers
AT_NIGHT = frozenset({"sign_overdue", "escalate"})
URGENT = frozenset({"desk.danger", "desk.ring", "desk.sign_overdue", "desk.escalate", "desk.alarm", "duty.asked"})
TASKS = frozenset(
    {
        "desk.hold", "desk.route", "desk.arbitrate", "desk.assign", "desk.decided", "desk.reassign", "desk.raise",
        "desk.whistle", "desk.relocate", "desk.cover",
    }
)  # fmt: skip
AT_ONCE = TASKS | {"desk.supplement"}  # of danger, also at night
SOUNDLESS = frozenset({"desk.join"})  # at any hour

KNOWN = "handed_over"  # in session.info: what `known_once` remembers

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class OnDuty:
    """Somebody who is on for a unit now. `by`: the hand-over that made it them, if it was one."""

    unit: str
    person: str
    begun: datetime
    until: datetime
    by: DutyHandover | None = None


def is_night(now: datetime) -> bool:
    begins, ends = NIGHT
    clock = now.astimezone(TOWN_TIME).time()
    return clock >= begins or clock < ends


def quiet(key: str, case: Case | None, now: datetime) -> bool:
    """Whether a notice to the staff comes without a sound: at night, unless somebody has to get up for it."""
    danger = case is not None and bool(case.danger) and case.status in OPEN and key in AT_ONCE
    return key in SOUNDLESS or (is_night(now) and key not in URGENT and not danger)


def by_roster(shifts: Sequence[DutyShift], unit: str, now: datetime) -> list[OnDuty]:
    """The pattern alone: a shift belongs to the day it begins, also when it ends on the next."""
    today = now.astimezone(TOWN_TIME).date()
    mine = [shift for shift in shifts if shift.unit == unit]
    spans = [span for day in (today - _DAY, today) for shift in mine for span in _on(shift, day)]
    return list({one.person: one for one in spans if one.begun <= now < one.until}.values())


def _on(shift: DutyShift, day: date) -> Iterator[OnDuty]:
    if day.isoweekday() not in shift.weekdays:
        return
    if (shift.valid_from and day < shift.valid_from) or (shift.valid_to and day > shift.valid_to):
        return
    begun = datetime.combine(day, shift.from_time, TOWN_TIME)
    last = day if shift.from_time < shift.to_time else day + _DAY
    yield OnDuty(shift.unit, shift.person, begun, datetime.combine(last, shift.to_time, TOWN_TIME))


async def on_now(session: AsyncSession, book: Book, unit: str, now: datetime) -> Sequence[OnDuty]:
    """The pattern with what was handed over and accepted since; nobody where the unit keeps no roster."""
    found = {one.person: one for one in by_roster(book.duty, unit, now)}
    for handover in await handovers(session, unit, now):
        before = found.pop(handover.from_person, None)
        if handover.accepted_at and before:
            found[handover.person] = replace(before, person=handover.person, begun=handover.accepted_at, by=handover)
        elif before:
            found[handover.from_person] = before
    return list(found.values())


async def handovers(session: AsyncSession, unit: str, now: datetime) -> Sequence[DutyHandover]:
    """Those of this hour, the answered and the unanswered, in their order."""
    known: dict[str, Sequence[DutyHandover]] | None = session.info.get(KNOWN)
    if known is not None and unit in known:
        return known[unit]
    here = (DutyHandover.unit == unit, col(DutyHandover.at) <= now, col(DutyHandover.until) > now)
    found = (await session.exec(select(DutyHandover).where(*here).order_by(col(DutyHandover.id)))).all()
    if known is not None:
        known[unit] = found
    return found


@asynccontextmanager
async def known_once(session: AsyncSession) -> AsyncIterator[None]:
    """For many acts at one moment: who handed over is asked once for each unit."""
    session.info[KNOWN] = {}
    try:
        yield
    finally:
        del session.info[KNOWN]


async def concerned(session: AsyncSession, book: Book, case: Case, kind: str, now: datetime) -> Sequence[str]:
    """Who on duty has to hear of this at once, besides those whose task it is."""
    danger = kind in RINGS and bool(case.danger)
    if not danger and not (kind in AT_NIGHT and is_night(now)):
        return []
    own = await _nearest(session, book, book.upward(case.unit), now)
    desk = await on_now(session, book, book.town.desk, now) if danger or not own else []
    on = [one.person for one in [*own, *desk]]
    return list(dict.fromkeys([*on, *_of_grid(book, case.grid), *_supervisor(book, on)] if danger else on))


def _of_grid(book: Book, grid: str | None) -> list[str]:
    """The grid's own workers: they live and work there, on duty or not."""
    return [code for code in book.of_role(Role.WORKER) if grid and grid in held(book.members[code])]


def _supervisor(book: Book, on: Sequence[str]) -> list[str]:
    """The first of them, where none is on duty."""
    known = book.of_role(Role.SUPERVISOR)
    return [] if set(on) & set(known) else known[:1]


async def _nearest(session: AsyncSession, book: Book, units: Sequence[str], now: datetime) -> Sequence[OnDuty]:
    """The first of these units where somebody is on."""
    for unit in units:
        if found := await on_now(session, book, unit, now):
            return found
    return []
