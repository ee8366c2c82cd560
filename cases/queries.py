"""Reading: the lists and pages people look at. Changes nothing."""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy import ColumnElement, Integer, any_, bindparam, func
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access
from cases.book import Book
from cases.errors import NotFound
from cases.notices import VIA_JOINED
from models import (
    OPEN,
    STEPS,
    Case,
    CoTask,
    Event,
    Follower,
    Notification,
    Order,
    Person,
    Photo,
    Prediction,
    Rating,
    Role,
    Status,
)  # fmt: skip
from models.base import WORDS
from models.status import AT_WORK, UNDECIDED

LIST_LIMIT = 200
_THEIRS = (  # put together once: every message of a resident waits for it
    select(Case)
    .join(Follower, col(Follower.case_id) == Case.id)
    .where(Follower.resident == bindparam("who"), Follower.via != VIA_JOINED)
    .order_by(col(Case.submitted_at).desc(), col(Case.number).desc())
    .limit(bindparam("most", type_=Integer))
)

# What every look at a case and every step waits for, put together once.
_NUMBERED = select(Case).where(Case.number == bindparam("number"))
_EVENTS = select(Event).where(Event.case_id == bindparam("its_case")).order_by(col(Event.seq))
_PHOTOS = select(Photo).where(Photo.case_id == bindparam("its_case")).order_by(col(Photo.at))
_NAMES = select(Person.code, Person.name).where(col(Person.code) == any_(bindparam("codes", type_=WORDS)))


def _beside() -> Any:
    """What the model said, the last rating, the case it is merged into and those merged into it, in one row."""
    its, master, along, other = Case, aliased(Case), aliased(Case), aliased(Rating)
    merged = select(func.array_agg(aggregate_order_by(col(along.number), col(along.number)))).where(
        along.master == its.id
    )
    last = select(func.max(other.round)).where(other.case_id == its.id).scalar_subquery()
    rows = select(Prediction, Rating, master.number, merged.scalar_subquery()).select_from(its)
    rows = rows.join(Prediction, col(Prediction.case_id) == its.id, isouter=True)
    rows = rows.join(Rating, (col(Rating.case_id) == its.id) & (Rating.round == last), isouter=True)
    rows = rows.join(master, col(master.id) == its.master, isouter=True)
    return rows.where(its.id == bindparam("its_case"))


_BESIDE = _beside()


def view(
    person: Person, name: str, called: Collection[UUID] = (), ordered: Collection[UUID] = ()
) -> ColumnElement[bool]:
    """The condition behind a tab of the staff page; raises NotFound for an unknown one.

    `called`: the cases that wait for them as for a called unit, see `calls`; `ordered`: for an answer, see `orders`.
    """
    match name:
        case "mine":
            waits_for_unit = col(Case.assignee).is_(None) & (col(Case.unit) == person.unit)
            lead = col(Case.status).in_(AT_WORK) & ((col(Case.assignee) == person.code) | waits_for_unit)
            beside = col(Case.id).in_(called) & col(Case.status).in_(STEPS["co_sign"].before)
            either = [lead, *([beside] if called else []), *([col(Case.id).in_(ordered)] if ordered else [])]
            return or_(*either)
        case "triage" if person.role in access.SEES_ALL:
            return col(Case.status).in_(UNDECIDED)
        case "review" if person.role is Role.LEADER:
            wants_time = col(Case.extension).is_not(None) & (col(Case.unit) == person.unit)
            return ((col(Case.status) == Status.REPLIED) | wants_time) & (col(Case.assignee) != person.code)
        case "filed":
            return col(Case.filed_by) == person.code
        case "all":
            return col(Case.status).in_(OPEN)
    raise NotFound("view.not_found")


async def calls(session: AsyncSession, person: Person) -> Sequence[UUID]:
    """Where their unit was called and they have it in hand. Asked by itself, so that both questions keep an index."""
    theirs = (CoTask.unit == person.unit, col(CoTask.status).in_(access.PENDING), CoTask.assignee == person.code)
    return (await session.exec(select(CoTask.case_id).where(*theirs))).all()


async def orders(session: AsyncSession, person: Person) -> Sequence[UUID]:
    """Where a supervision order (督办单) waits for their answer, whatever became of the case meanwhile."""
    open_ = (col(Order.answered_at).is_(None), col(Order.closed_at).is_(None))
    return (await session.exec(select(Order.case_id).where(*open_, asks(person)))).all()


def asks(person: Person) -> ColumnElement[bool]:
    """Orders they may answer, besides those about what they handle: asked by name, or of the unit they lead."""
    by_name = col(Order.person) == person.code
    return by_name | (col(Order.unit) == person.unit) if person.role is Role.LEADER else by_name


async def co_tasks(session: AsyncSession, case: Case) -> Sequence[CoTask]:
    """Who was called to it in this round, in the order of the calls."""
    rows = select(CoTask).where(CoTask.case_id == case.id, CoTask.round == case.round)
    return (await session.exec(rows.order_by(col(CoTask.called_at), col(CoTask.id)))).all()


async def tasks(session: AsyncSession, person: Person, name: str) -> Sequence[tuple[Case, int]]:
    """Cases of a view with their number of photos, the nearest deadline first."""
    of_case = (Photo.case_id == Case.id, Photo.kind == "photo")
    photos = select(func.count()).where(*of_case).correlate(Case).scalar_subquery()
    called, ordered = await calls(session, person), await orders(session, person)
    chosen = select(Case, photos).where(access.sees(person), view(person, name, called, ordered))
    order = (col(Case.submitted_at).desc(),) if name == "filed" else (col(Case.due_at).nulls_last(), col(Case.id))
    rows = await session.exec(chosen.order_by(*order).limit(LIST_LIMIT))
    return [(case, int(count)) for case, count in rows.all()]


async def counts(session: AsyncSession, person: Person) -> dict[str, int]:
    """How many wait under each tab this person has, and how many of theirs are overdue."""
    names = ["mine"]
    names += ["triage"] if person.role in access.SEES_ALL else []
    names += ["review"] if person.role is Role.LEADER else []
    called, ordered = await calls(session, person), await orders(session, person)
    columns = [func.count().filter(view(person, name, called, ordered)).label(name) for name in names]
    late = func.count().filter(view(person, "mine", called), col(Case.overdue)).label("overdue")
    counted = col(Case.status).in_(OPEN) | (col(Case.id).in_(ordered) if ordered else sqlalchemy.false())
    chosen = sqlalchemy.select(*columns, late).where(access.sees(person), counted)
    row = (await session.execute(chosen)).one()
    filed = select(func.count()).where(view(person, "filed"), col(Case.status).in_(OPEN))
    theirs = int((await session.exec(filed)).one())
    return {"mine": 0, "triage": 0, "review": 0, "filed": theirs, **row._asdict()}


async def case_for(session: AsyncSession, book: Book, person: Person, number: str) -> Case:
    """One case for somebody on the staff; not there and not yours look the same."""
    case = (await session.exec(_NUMBERED, params={"number": number})).first()
    if case is None or not access.may_see(book, person, case):
        raise NotFound("case.not_found", number=number)
    return case


@dataclass(frozen=True)
class Story:
    """A case with everything its page shows."""

    case: Case
    events: Sequence[Event]
    photos: Sequence[Photo]
    prediction: Prediction | None
    rating: Rating | None
    people: dict[str, str]  # code → name
    master: str | None = None  # number of the case it is merged into
    merged: Sequence[str] = ()  # numbers of those merged into it
    called: Sequence[CoTask] = ()  # whoever was called to it in this round


async def story(session: AsyncSession, case: Case) -> Story:
    its = {"its_case": case.id}
    events = (await session.exec(_EVENTS, params=its)).all()
    photos = (await session.exec(_PHOTOS, params=its)).all()
    prediction, rating, master, merged = (await session.exec(_BESIDE, params=its)).one()
    called = await co_tasks(session, case) if case.co_tasks else ()
    named = {case.assignee or "", case.accountable or "", *(task.assignee or "" for task in called)}
    names = await people(session, {e.actor for e in events} | named)
    return Story(case, events, photos, prediction, rating, names, master, merged or (), called)


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
    followed = select(Event.id).join(Follower, col(Follower.case_id) == Event.case_id)
    shown = col(Event.photos).contains([str(photo)])
    theirs = or_(Follower.via != VIA_JOINED, Event.role != Role.RESIDENT)
    of_case = (Event.case_id == Photo.case_id, Follower.resident == resident, col(Event.public), shown, theirs)
    evidence = followed.where(*of_case).correlate(Photo).exists()
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
