"""Second stop of a case: route it by rule, or hold it for a person to sort."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import dispatch, lifecycle
from cases.actors import SYSTEM
from cases.book import Book
from cases.notices import Audience
from models import Case, Event
from models.status import MAX_RETURNS, ReturnReason

HELD_CLOCK = "simple"  # what nobody has sorted yet is due like any simple thing


async def sort(session: AsyncSession, book: Book, case: Case, now: datetime, *, sure: bool) -> None:
    """A new case: handed out where the category is known well enough, held where it is not.

    Words of danger never wait for a category.
    """
    if not sure and not case.danger:
        await hold(session, book, case, now)
        return
    await _by_rule(session, book, case, now, frozenset(), leave_out=(Audience.RESIDENT,))


async def again(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    """A returned case: without those who refused it; after the third return a person decides (裁定)."""
    if case.returns >= MAX_RETURNS:
        await lifecycle.move(session, book, case, "arbitrate", SYSTEM, now, changes={"assignee": None})
        return
    returns = await _returns(session, case)
    if returns and returns[-1].details.get("reason") == ReturnReason.NOT_MY_UNIT and returns[-1].details.get("of_unit"):
        await hold(session, book, case, now)
        return
    await _by_rule(session, book, case, now, frozenset(event.actor for event in returns))


async def hold(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    """For the dispatcher. Its clock runs all the same: nobody gains by leaving it unsorted."""
    changes = await dispatch.start_clock(session, book, case, case.clock or HELD_CLOCK, now)
    await lifecycle.move(session, book, case, "hold", SYSTEM, now, changes={**changes, "assignee": None})


async def _by_rule(
    session: AsyncSession,
    book: Book,
    case: Case,
    now: datetime,
    refusers: frozenset[str],
    leave_out: Sequence[Audience] = (),
) -> None:
    decision = book.rules.route(dispatch.facts_of(book, case, now, refusers))
    person = await dispatch.handler(session, book, case, decision, refusers)
    if person is None:
        await hold(session, book, case, now)
        return
    clock = await dispatch.start_clock(session, book, case, decision.clock, now)
    changes = {**dispatch.decided(decision), **clock, "assignee": person}
    await dispatch.hand_out(session, book, case, now, changes=changes, leave_out=leave_out)


async def _returns(session: AsyncSession, case: Case) -> Sequence[Event]:
    chosen = select(Event).where(Event.case_id == case.id, Event.kind == "return").order_by(Event.seq)  # type: ignore[arg-type]
    return (await session.exec(chosen)).all()
