"""Several told the same (并案): one case is handled, the others follow it and end as it ends.

A case is merged exactly while `master` names the one it follows, which itself follows none. Rows are held in one order,
masters before followers and two masters by their ids, so that two dispatchers at once do not wait for each other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, accused, joining, lifecycle, notices, timers
from cases.actors import RESIDENT, SYSTEM, Actor, staff
from cases.book import Book
from cases.errors import Missing, NotFound, Stale
from cases.triage import HELD_CLOCK
from models import OPEN, Case, CoTask, Order, Person, Status

LEADS: Mapping[Status, str] = {  # how the heir of a withdrawn case goes on; from anywhere else it is sorted anew
    Status.DISPATCHED: "lead_unsigned",
    Status.ACCEPTED: "lead_signed",
    Status.WAITING: "lead_signed",
}
NOTES = frozenset({"merged_in", "merged_out", "follow"})  # of its events those that are no steps
HANDED_ON = ("accountable", "returns", "binding", "decision", "rule", "explanation", "extension", "ordered", "co_tasks")


async def merge(session: AsyncSession, book: Book, case: Case, person: Person, number: str, now: datetime) -> None:
    """The case follows the one of this number; those that followed it do so, too. Whoever had it is told.

    Raises Missing where there is none to follow, Stale when either moved meanwhile.
    """
    master = (await session.exec(select(Case).where(Case.number == number.strip()))).first()
    if master is None or not access.may_see(book, person, master):
        raise NotFound("case.not_found", number=number)
    if master.id == case.id:
        raise Missing("merge.itself")
    await _hold(session, case, master)
    await _fits(session, book, case, master)
    actor = staff(person)
    details = {"other": master.number, "from": case.assignee}
    changes = {"master": master.id, **_desk(master)}
    led = await followers(session, case)
    await lifecycle.move(session, book, case, "merge", actor, now, details=details, changes=changes)
    await _follow(session, book, led, master, actor, now)
    await lifecycle.note(session, book, master, "merged_in", actor, now, details={"other": case.number})


async def unmerge(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """On its own again, to be sorted by a person; due when it was due before."""
    master = await session.get(Case, case.master) if case.master else None
    if master is None:
        raise Stale("step.stale", number=case.number)
    await _hold(session, master)
    await _hold(session, case)
    changes: dict[str, Any] = {"master": None, "assignee": None}
    if case.due_at is None:
        changes |= await timers.begin(session, book, case, case.clock or HELD_CLOCK, case.submitted_at)
    actor, details = staff(person), {"other": master.number}
    await lifecycle.move(session, book, case, "unmerge", actor, now, text=text, details=details, changes=changes)
    await lifecycle.note(session, book, master, "merged_out", actor, now, details={"other": case.number}, text=text)


async def end_along(
    session: AsyncSession, book: Book, case: Case, step: str, photos: Sequence[str], now: datetime
) -> None:
    """The case was answered or declined: so is every case that follows it, for its own resident to judge."""
    for one in await followers(session, case):
        changes = {"master": None, "outcome": case.outcome, "result": case.result, "signed_at": case.signed_at}
        await lifecycle.move(
            session, book, one, step, SYSTEM, now,
            text=case.result, photos=photos, details={"other": case.number}, changes={**changes, **_desk(case)},
        )  # fmt: skip


async def withdraw(session: AsyncSession, book: Book, case: Case, now: datetime) -> None:
    """Taken back. The oldest of those that follow it goes on in its place: same desk, same clock, nothing lost.

    Who joined it has joined that one; without any, they are told how to go on with their own words.
    """
    led = await followers(session, case)
    if not led:
        await lifecycle.move(session, book, case, "withdraw", RESIDENT, now, changes={"master": None})
        return
    await _hold(session, case)
    heir, *others = await followers(session, case)
    step = LEADS.get(case.status, "lead_unsorted")
    changes = {name: getattr(case, name) for name in HANDED_ON} | _desk(case)
    if step == "lead_unsorted":
        changes["assignee"] = None
    changes |= await timers.hand_on(session, book, case, heir, now) | {"master": None}
    for table in (CoTask, Order):  # what other units owe to it
        await session.execute(update(table).where(col(table.case_id) == case.id).values(case_id=heir.id))
    changes["joined"] = heir.joined + await joining.hand_on(session, case, heir)
    await lifecycle.move(session, book, case, "withdraw", RESIDENT, now, changes={"joined": 0})
    details = {"other": case.number}
    await lifecycle.move(session, book, heir, step, SYSTEM, now, details=details, changes=changes)
    await _follow(session, book, others, heir, SYSTEM, now)


async def followers(session: AsyncSession, case: Case) -> Sequence[Case]:
    """What is merged into it, the oldest first, held."""
    if not notices.is_followed(session, case):
        return ()
    chosen = select(Case).where(Case.master == case.id).order_by(col(Case.submitted_at), col(Case.id))
    held = chosen.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.exec(held)).all()


async def _follow(
    session: AsyncSession, book: Book, cases: Sequence[Case], master: Case, actor: Actor, now: datetime
) -> None:
    """They follow another from now on; their residents' numbers stay, so nobody is told."""
    changes, details = {"master": master.id, **_desk(master)}, {"other": master.number}
    for one in cases:
        await lifecycle.note(session, book, one, "follow", actor, now, details=details, changes=changes)


async def _hold(session: AsyncSession, *cases: Case) -> None:
    """Raises Stale when one of them was changed since it was read.

    Their keys stay free: other rows point at them, and two who ask for steps crosswise have each added one already.
    """
    seen = {case.id: case.version for case in cases}
    chosen = select(Case).where(col(Case.id).in_(seen)).order_by(col(Case.id)).with_for_update(key_share=True)
    for case in (await session.exec(chosen.execution_options(populate_existing=True))).all():
        if case.version != seen[case.id]:
            raise Stale("step.stale", number=case.number)


async def _fits(session: AsyncSession, book: Book, case: Case, master: Case) -> None:
    if master.status is Status.MERGED:
        leads = await session.get_one(Case, master.master)
        raise Missing("merge.chain", number=master.number, other=leads.number)
    if master.status not in OPEN:
        raise Missing("merge.over", number=master.number)
    if case.co_tasks or case.ordered:
        raise Missing("merge.busy", number=case.number)
    accused.check(book, case, master.unit, master.assignee)
    if case.danger and not master.danger:
        raise Missing("merge.danger", number=case.number, other=master.number)


def _desk(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in lifecycle.CARRIED}
