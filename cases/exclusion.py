"""A case left out of the rates (剔除): proposed, decided by another, told to the resident, who may appeal.

Nothing about how the case is handled changes. What the page and the buttons need lies in `case.exclusion`; the row in
`exclusions` is kept, one for each round.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, evidence, lifecycle
from cases.actors import RESIDENT, staff
from cases.book import Book
from cases.errors import Stale
from models import STEPS, Case, Exclusion, ExclusionReason, Person
from models.status import APPEAL_WITHIN_DAYS


async def exclude(
    session: AsyncSession, book: Book, case: Case, person: Person, ground: ExclusionReason, text: str, now: datetime
) -> None:
    """The handling unit asks for it, once a round, when the case is over."""
    session.add(
        Exclusion(case_id=case.id, round=case.round, reason=ground, text=text, proposed_by=person.code, proposed_at=now)
    )
    asked = {"state": "proposed", "round": case.round, "ground": str(ground), "text": text, "by": person.code}
    details = {"ground": str(ground), "told": _deciders(book, "grant_exclusion")}
    await lifecycle.move(
        session, book, case, "exclude", staff(person), now, text=text, details=details, changes={"exclusion": asked}
    )


async def grant(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """A supervisor says why, in words for the resident, who may appeal from now on."""
    row, asked = await _row(session, case), access.exclusion(case)
    row.decided_by, row.decided_at, row.granted, row.decision = person.code, now, True, text
    until = (now + timedelta(days=APPEAL_WITHIN_DAYS)).isoformat()
    changes = {"exclusion": {**asked, "state": "granted", "decided_by": person.code, "until": until}}
    details = {"ground": asked["ground"], "told": [row.proposed_by]}
    actor = staff(person)
    await lifecycle.move(
        session, book, case, "grant_exclusion", actor, now, text=text, details=details, changes=changes
    )


async def refuse(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """It goes on counting; only the staff hear of it."""
    row, asked = await _row(session, case), access.exclusion(case)
    row.decided_by, row.decided_at, row.decision = person.code, now, text
    changes = {"exclusion": {**asked, "state": "refused", "decided_by": person.code}}
    details = {"told": [row.proposed_by]}
    actor = staff(person)
    await lifecycle.move(
        session, book, case, "refuse_exclusion", actor, now, text=text, details=details, changes=changes
    )


def is_left_out(case: Case) -> bool:
    """Without an appeal so far."""
    return access.exclusion(case).get("state") == "granted"


def may_appeal(case: Case, now: datetime) -> bool:
    return is_left_out(case) and now <= datetime.fromisoformat(access.exclusion(case)["until"])


async def appeal(
    session: AsyncSession, book: Book, case: Case, text: str, photos: Iterable[str], now: datetime
) -> None:
    """The resident does not agree; somebody who had no part in it decides. Stale where there is nothing to appeal."""
    if not may_appeal(case, now):
        raise Stale("appeal.over", number=case.number, days=APPEAL_WITHIN_DAYS)
    row, asked, photos = await _row(session, case), access.exclusion(case), list(photos)
    row.appealed_at, row.appeal = now, text
    part = {row.proposed_by, row.decided_by}
    details = {"told": [code for code in _deciders(book, "uphold_appeal") if code not in part]}
    changes = {"exclusion": {**asked, "state": "appealed", "appeal": text}}
    await lifecycle.move(
        session, book, case, "appeal", RESIDENT, now, text=text, photos=photos, details=details, changes=changes
    )
    await evidence.attach(session, case.id, photos)


async def uphold(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """The resident is right: from now on it counts again."""
    await _judge(session, book, case, person, "uphold_appeal", text, now)


async def dismiss(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """It stays left out; the resident reads why."""
    await _judge(session, book, case, person, "dismiss_appeal", text, now)


async def _judge(
    session: AsyncSession, book: Book, case: Case, person: Person, step: str, text: str, now: datetime
) -> None:
    row, asked = await _row(session, case), access.exclusion(case)
    row.appeal_decided_by, row.appeal_decided_at, row.appeal_decision = person.code, now, text
    row.upheld = step == "uphold_appeal"
    changes = {"exclusion": {**asked, "state": "upheld" if row.upheld else "dismissed"}}
    details = {"told": [row.proposed_by, row.decided_by]}
    await lifecycle.move(session, book, case, step, staff(person), now, text=text, details=details, changes=changes)


def _deciders(book: Book, step: str) -> list[str]:
    return [code for role in sorted(STEPS[step].who) for code in book.of_role(role)]


async def _row(session: AsyncSession, case: Case) -> Exclusion:
    chosen = select(Exclusion).where(Exclusion.case_id == case.id, Exclusion.round == access.exclusion(case)["round"])
    return (await session.exec(chosen.with_for_update().order_by(col(Exclusion.id)))).one()
