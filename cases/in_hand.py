"""Beside a case's stops: what waits for somebody on the staff, the nearest deadline first, and how many under each tab.

Every reason for a case to stand there is asked by itself, of an index that holds the open cases alone.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy import ColumnElement, Select, func, literal_column, text, union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access
from cases.errors import NotFound
from models import OPEN, STEPS, Case, CoTask, Order, Person, Photo, Role, Status
from models.listed import DUE, OPEN_CASES
from models.status import AT_WORK, UNDECIDED

LIST_LIMIT = 200
_OPEN: ColumnElement[bool] = text(OPEN_CASES)  # type: ignore[assignment]  # in the very words of the indexes
_DUE: ColumnElement[Any] = literal_column(DUE)

Reasons = Sequence[ColumnElement[bool]]


def reasons(person: Person, name: str, called: Collection[UUID] = (), ordered: Collection[UUID] = ()) -> Reasons:
    """The conditions behind a tab of the staff page, of which one must hold; raises NotFound for an unknown one.

    `called`: the cases that wait for them as for a called unit, see `calls`; `ordered`: for an answer, see `orders`.
    """
    match name:
        case "mine":
            lead = col(Case.status).in_(AT_WORK) & _OPEN
            theirs = [lead & (col(Case.assignee) == person.code)]
            theirs += [lead & col(Case.assignee).is_(None) & (col(Case.unit) == person.unit)]
            theirs += [col(Case.id).in_(called) & col(Case.status).in_(STEPS["co_sign"].before)] if called else []
            return [*theirs, *([col(Case.id).in_(ordered)] if ordered else [])]
        case "triage" if person.role in access.SEES_ALL:
            return [col(Case.status).in_(UNDECIDED) & _OPEN]
        case "review" if person.role is Role.LEADER:
            others = _OPEN & (col(Case.assignee) != person.code)
            replied = others & (col(Case.status) == Status.REPLIED)
            return [replied, others & col(Case.extension).is_not(None) & (col(Case.unit) == person.unit)]
        case "filed":
            return [col(Case.filed_by) == person.code]
        case "all":
            return [_OPEN]
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


async def tasks(session: AsyncSession, person: Person, name: str) -> Sequence[tuple[Case, int]]:
    """Cases of a tab with their number of photos, the nearest deadline first."""
    of_case = (Photo.case_id == Case.id, Photo.kind == "photo")
    photos = select(func.count()).where(*of_case).correlate(Case).scalar_subquery()
    order = (col(Case.submitted_at).desc(),) if name == "filed" else (_DUE, col(Case.id))
    called, ordered = (await calls(session, person), await orders(session, person)) if name == "mine" else ((), ())
    parts = [
        select(Case.id).where(access.sees(person), reason).order_by(*order).limit(LIST_LIMIT)
        for reason in reasons(person, name, called, ordered)
    ]
    chosen = select(Case, photos).where(col(Case.id).in_(_either(parts)))
    rows = await session.exec(chosen.order_by(*order).limit(LIST_LIMIT))
    return [(case, int(count)) for case, count in rows.all()]


async def counts(session: AsyncSession, person: Person) -> dict[str, int]:
    """How many wait under each tab this person has, and how many of theirs are overdue; one question for all."""
    called, ordered = await calls(session, person), await orders(session, person)
    tabs = {"mine": reasons(person, "mine", called, ordered)}
    tabs |= {"triage": reasons(person, "triage")} if person.role in access.SEES_ALL else {}
    tabs |= {"review": reasons(person, "review")} if person.role is Role.LEADER else {}
    late = [reason & col(Case.overdue) for reason in reasons(person, "mine", called)]
    found = {name: _number(person, some) for name, some in {**tabs, "overdue": late}.items()}
    filed = select(func.count()).where(col(Case.filed_by) == person.code, col(Case.status).in_(OPEN))
    columns = [one.label(name) for name, one in found.items()]
    row = (await session.execute(sqlalchemy.select(*columns, filed.scalar_subquery().label("filed")))).one()
    return {"mine": 0, "triage": 0, "review": 0, **row._asdict()}


def _number(person: Person, some: Reasons) -> Any:
    """How many they see of these, each once."""
    parts = [select(Case.id).where(access.sees(person), reason) for reason in some]
    return select(func.count()).select_from(_either(parts).subquery()).scalar_subquery()


def _either(parts: Sequence[Select[Any]]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return select(union(*(select(part.subquery()) for part in parts)).subquery().c.id)
