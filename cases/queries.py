"""Reading: the lists and pages people look at. Changes nothing."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, any_, bindparam, func
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, timeline
from cases.book import Book
from cases.errors import NotFound
from cases.notices import UNFOLLOWED, VIA_JOINED
from models import (
    Case,
    CoTask,
    Event,
    Follower,
    Notification,
    Person,
    Photo,
    Prediction,
    Rating,
    Resident,
    Role,
)  # fmt: skip
from models.base import AWARE, WORDS

_THEIRS = (  # put together once: every message of a resident waits for it
    select(Case)
    .join(Follower, col(Follower.case_id) == Case.id)
    .where(Follower.resident == bindparam("who"), Follower.via != VIA_JOINED)
    .order_by(col(Case.submitted_at).desc(), col(Case.number).desc())
    .limit(bindparam("most", type_=Integer))
)

# What every look at a case and every step waits for, put together once.
_FOLLOWS = aliased(Case)
_NUMBERED = select(Case, select(_FOLLOWS.id).where(_FOLLOWS.master == Case.id).exists()).where(
    Case.number == bindparam("number")
)
_FILED = bindparam("filed", type_=AWARE)
_EVENTS = select(Event).where(Event.case_id == bindparam("its_case"), timeline.since(_FILED)).order_by(col(Event.seq))
_PHOTOS = select(Photo).where(Photo.case_id == bindparam("its_case")).order_by(col(Photo.at))
_NAMES = select(Person.code, Person.name).where(col(Person.code) == any_(bindparam("codes", type_=WORDS)))


def _beside() -> Any:
    """Who told it, what the model said, the last rating, what it is merged into and what into it, and whether there
    are photos: in one row."""
    its, master, along, other = Case, aliased(Case), aliased(Case), aliased(Rating)
    photos = select(Photo.id).where(Photo.case_id == its.id).exists()
    merged = select(func.array_agg(aggregate_order_by(col(along.number), col(along.number)))).where(
        along.master == its.id
    )
    last = select(func.max(other.round)).where(other.case_id == its.id).scalar_subquery()
    rows = select(Resident, Prediction, Rating, master.number, merged.scalar_subquery(), photos).select_from(its)  # type: ignore[call-overload]
    rows = rows.join(Resident, col(Resident.id) == its.resident)
    rows = rows.join(Prediction, col(Prediction.case_id) == its.id, isouter=True)
    rows = rows.join(Rating, (col(Rating.case_id) == its.id) & (Rating.round == last), isouter=True)
    rows = rows.join(master, col(master.id) == its.master, isouter=True)
    return rows.where(its.id == bindparam("its_case"))


_BESIDE = _beside()


async def co_tasks(session: AsyncSession, case: Case) -> Sequence[CoTask]:
    """Who was called to it in this round, in the order of the calls."""
    rows = select(CoTask).where(CoTask.case_id == case.id, CoTask.round == case.round)
    return (await session.exec(rows.order_by(col(CoTask.called_at), col(CoTask.id)))).all()


async def case_for(session: AsyncSession, book: Book, person: Person, number: str) -> Case:
    """One case for somebody on the staff; not there and not yours look the same."""
    case, followed = (await session.exec(_NUMBERED, params={"number": number})).first() or (None, False)
    if case is not None and not followed:
        session.info.setdefault(UNFOLLOWED, set()).add(case.id)
    if case is None or not access.may_see(book, person, case):
        raise NotFound("case.not_found", number=number)
    return case


@dataclass(frozen=True)
class Story:
    """A case with everything its page shows."""

    case: Case
    resident: Resident
    events: Sequence[Event]
    photos: Sequence[Photo]
    prediction: Prediction | None
    rating: Rating | None
    people: Mapping[str, str]  # code → name
    master: str | None = None  # number of the case it is merged into
    merged: Sequence[str] = ()  # numbers of those merged into it
    called: Sequence[CoTask] = ()  # whoever was called to it in this round


async def story(session: AsyncSession, book: Book, case: Case) -> Story:
    its = {"its_case": case.id}
    events = (await session.exec(_EVENTS, params={**its, "filed": case.submitted_at})).all()
    resident, prediction, rating, master, merged, shown = (await session.exec(_BESIDE, params=its)).one()
    photos = (await session.exec(_PHOTOS, params=its)).all() if shown else ()
    called = await co_tasks(session, case) if case.co_tasks else ()
    return Story(case, resident, events, photos, prediction, rating, book.people, master, merged or (), called)


async def people(session: AsyncSession, codes: set[str]) -> dict[str, str]:
    rows = await session.execute(_NAMES, {"codes": sorted(codes)})
    return {str(code): str(name) for code, name in rows.all()}


async def of_resident(session: AsyncSession, resident: UUID, limit: int = 20) -> Sequence[Case]:
    """What a resident filed or opened by code, the newest first; what they only joined is not theirs to act on."""
    return (await session.exec(_THEIRS, params={"who": resident, "most": limit})).all()


async def of_ids(session: AsyncSession, ids: Set[UUID | None]) -> dict[UUID, Case]:
    """The cases with these ids."""
    if not ids - {None}:
        return {}
    return {case.id: case for case in (await session.exec(select(Case).where(col(Case.id).in_(ids)))).all()}


async def photo_for(session: AsyncSession, resident: UUID, photo: UUID) -> Photo:
    """Their own, or one that an event they may read as a follower shows; who only joined sees the staff's alone.

    Raises NotFound, after the same one question for a photo of somebody else's as for one that is not there.
    """
    its_case = (col(Case.id) == Event.case_id) & timeline.since(col(Case.submitted_at))
    followed = select(Event.id).join(Case, its_case).join(Follower, col(Follower.case_id) == Case.id)
    shown = col(Event.photos).contains([str(photo)])
    theirs = or_(Follower.via != VIA_JOINED, Event.role != Role.RESIDENT)
    # the event's case, not the photo's: the answer to a master is shown with its photos in each case merged into it
    evidence = followed.where(Follower.resident == resident, col(Event.public), shown, theirs).exists()
    chosen = select(Photo).where(Photo.id == photo, or_(Photo.resident == resident, evidence))
    row = (await session.exec(chosen)).first()
    if row is None:
        raise NotFound("photo.not_found")
    return row


async def notices_of(
    session: AsyncSession, person: Person, limit: int = 50
) -> Sequence[tuple[Notification, Case | None]]:
    """What somebody on the staff was told, the newest first, with the case it is about as it is now."""
    chosen = select(Notification, Case).join(Case, col(Case.id) == Notification.case_id, isouter=True)
    newest = chosen.where(Notification.person == person.code).order_by(col(Notification.id).desc())
    rows = await session.exec(newest.limit(limit))
    return [(row, case) for row, case in rows.all()]


async def unread(session: AsyncSession, person: Person) -> int:
    count = select(func.count()).where(Notification.person == person.code, col(Notification.read_at).is_(None))
    return int((await session.exec(count)).one())
