"""Second stop of a case: route it by rule, or hold it for a person to sort."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import accused, alarms, dispatch, lifecycle, timeline
from cases.actors import SYSTEM
from cases.book import Book
from cases.dispatch import Refused
from cases.notices import Audience
from models import STEPS, Case, Event
from models.status import MAX_RETURNS, ReturnReason
from routing.rules import Decision, NoRule

HELD_CLOCK = "simple"  # what nobody has sorted yet is due like any simple thing


async def sort(session: AsyncSession, book: Book, case: Case, now: datetime, *, sure: bool) -> None:
    """A new case: handed out where the category is known well enough, held where it is not.

    Words of danger never wait for a category. Whom of our own it is about is read once, here: it goes past them (C7).
    """
    if whom := accused.read(book, case.text, book.path(case.grid)):
        case.facts = {**case.facts, "accused": sorted(whom)}
    if not sure and not case.danger:
        await hold(session, book, case, now)
        return
    await _by_rule(session, book, case, now, Refused(), leave_out=(Audience.RESIDENT,))


async def again(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    """A returned case: without those who refused it; after the third return a person decides (裁定)."""
    if case.returns >= MAX_RETURNS:
        await lifecycle.move(session, book, case, "arbitrate", SYSTEM, now, changes={"assignee": None})
        return
    await _by_rule(session, book, case, now, await refused_by(session, case))


async def past(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    """It turned out to be about those who had it: to the desk the rules name without them, or a person decides."""
    await _by_rule(session, book, case, now, await refused_by(session, case))


async def relocate(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    """Of danger that nobody has signed yet the place is known now: to the desk it belongs to, and it rings anew there.

    Whoever has it keeps it where only another of the same unit would get it.
    """
    if not case.danger or case.status not in STEPS["relocate"].before:
        return
    if whom := accused.read(book, case.text, book.path(case.grid)):
        case.facts = {**case.facts, "accused": sorted(whom | accused.about(case))}
    found = await _found(session, book, case, now, await refused_by(session, case))
    if found is None:
        await lifecycle.note(session, book, case, alarms.HEARD, SYSTEM, now)
        return
    decision, person = found
    if decision.unit == case.unit and case.assignee and person not in book.workers:
        person = case.assignee
    clock = await dispatch.start_clock(session, book, case, decision.clock, now)
    changes = {**dispatch.decided(decision), **clock, "assignee": person}
    await dispatch.hand_out(session, book, case, now, step="relocate", changes=changes)


async def hold(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    """For the dispatcher. Its clock runs all the same: nobody gains by leaving it unsorted."""
    changes = await dispatch.start_clock(session, book, case, case.clock or HELD_CLOCK, now)
    await lifecycle.move(session, book, case, "hold", SYSTEM, now, changes={**changes, "assignee": None})


async def _by_rule(
    session: AsyncSession,
    book: Book,
    case: Case,
    now: datetime,
    refused: Refused,
    leave_out: Sequence[Audience] = (),
) -> None:
    found = await _found(session, book, case, now, refused)
    if found is None:
        await hold(session, book, case, now)
        return
    decision, person = found
    clock = await dispatch.start_clock(session, book, case, decision.clock, now)
    changes = {**dispatch.decided(decision), **clock, "assignee": person}
    await dispatch.hand_out(session, book, case, now, changes=changes, leave_out=leave_out)


async def _found(
    session: AsyncSession, book: Book, case: Case, now: datetime, refused: Refused
) -> tuple[Decision, str] | None:
    """What the rules say and who takes it; None where a person has to decide."""
    try:
        decision = book.rules.route(dispatch.facts_of(book, case, now, refused))
    except NoRule:
        return None
    person = await dispatch.handler(session, book, case, decision, refused, now)
    return (decision, person) if person else None


async def refused_by(session: AsyncSession, case: Case) -> Refused:
    """Everybody who returned it since it was last reopened."""
    chosen = select(Event).where(*timeline.of(case), col(Event.kind).in_(("return", "reopen")))
    people, units, past_grid = set[str](), set[str](), False
    for event in (await session.exec(chosen.order_by(col(Event.seq)))).all():
        if event.kind == "reopen":
            people, units, past_grid = set(), set(), False
            continue
        people.add(event.actor)
        past_grid = past_grid or event.details.get("reason") != ReturnReason.NOT_MY_GRID
        if event.details.get("of_unit") and event.details.get("reason") == ReturnReason.NOT_MY_UNIT:
            units.add(event.details["of_unit"])
    return Refused(frozenset(people), frozenset(units), past_grid)
