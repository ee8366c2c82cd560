"""Beside a case's stops: what waits for somebody on the staff, the nearest deadline first, and how many under each tab.

Every reason for a case to stand there is asked by itself, of an index that holds the open cases alone.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy
from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, bindparam, func, literal_column, text, union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access
from cases.errors import NotFound
from models import OPEN, STEPS, Case, CoTask, Order, Person, Photo, Role, Status
from models.listed import DUE, OPEN_CASES
from models.status import AT_WORK, UNDECIDED
from routing.assign import held

LIST_LIMIT = 200
STATEMENTS_MOST = 4_000  # a thousand people with four tabs
_OPEN: ColumnElement[bool] = text(OPEN_CASES)  # type: ignore[assignment]  # in the very words of the indexes
_DUE: ColumnElement[Any] = literal_column(DUE)

Reasons = Sequence[ColumnElement[bool]]
_CALLED = col(Case.id) == any_(bindparam("called", type_=ARRAY(Uuid)))
_ORDERED = col(Case.id) == any_(bindparam("ordered", type_=ARRAY(Uuid)))


class Beside(NamedTuple):
    """Cases that wait for somebody without being theirs."""

    called: list[UUID]  # as for a called unit
    ordered: list[UUID]  # for the answer to a supervision order (督办单), whatever became of the case meanwhile


def reasons(person: Person, name: str) -> Reasons:
    """The conditions behind a tab of the staff page, of which one must hold; raises NotFound for an unknown one."""
    match name:
        case "mine":
            lead = col(Case.status).in_(AT_WORK) & _OPEN
            theirs = lead & (col(Case.assignee) == person.code)
            units = lead & col(Case.assignee).is_(None) & (col(Case.unit) == person.unit)
            return [theirs, units, _CALLED & col(Case.status).in_(STEPS["co_sign"].before), _ORDERED]
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


async def beside(session: AsyncSession, person: Person) -> Beside:
    """Asked by itself, so that the other questions keep their index."""
    theirs = (CoTask.unit == person.unit, col(CoTask.status).in_(access.PENDING), CoTask.assignee == person.code)
    open_ = (col(Order.answered_at).is_(None), col(Order.closed_at).is_(None))
    called = select(func.array_agg(CoTask.case_id)).where(*theirs).scalar_subquery()
    ordered = select(func.array_agg(Order.case_id)).where(*open_, asks(person)).scalar_subquery()
    row = (await session.execute(sqlalchemy.select(called, ordered))).one()
    return Beside(*(list(found or ()) for found in row))


def asks(person: Person) -> ColumnElement[bool]:
    """Orders they may answer, besides those about what they handle: asked by name, or of the unit they lead."""
    by_name = col(Order.person) == person.code
    return by_name | (col(Order.unit) == person.unit) if person.role is Role.LEADER else by_name


async def tasks(
    session: AsyncSession, person: Person, name: str, others: Beside | None = None
) -> Sequence[tuple[Case, int]]:
    """Cases of a tab with their number of photos, the nearest deadline first. `others`: where it is known already."""
    chosen = _kept(person, name, lambda: _chosen(person, name))
    others = others or (await beside(session, person) if name == "mine" else Beside([], []))
    rows = await session.execute(chosen, others._asdict() if name == "mine" else {})
    return [(case, int(count)) for case, count in rows.all()]


async def counts(session: AsyncSession, person: Person, others: Beside | None = None) -> dict[str, int]:
    """How many wait under each tab this person has, and how many of theirs are overdue; one question for all."""
    others = others or await beside(session, person)
    row = (await session.execute(_kept(person, None, lambda: _counted(person)), others._asdict())).one()
    return {"mine": 0, "triage": 0, "review": 0, **row._asdict()}


_statements = dict[Hashable, Any]()


def _kept(person: Person, name: str | None, build: Callable[[], Any]) -> Any:
    """Put together once for a person as they are now: that takes longer than the answer. None: the numbers of all tabs,
    which no tab's name, however asked for, may be taken for."""
    key = (name, person.code, person.role, person.unit, person.area, *person.holds, None, *held(person))
    if key not in _statements:
        if len(_statements) >= STATEMENTS_MOST:
            _statements.clear()
        _statements[key] = build()
    return _statements[key]


def _chosen(person: Person, name: str) -> Any:
    of_case = (Photo.case_id == Case.id, Photo.kind == "photo")
    photos = select(func.count()).where(*of_case).correlate(Case).scalar_subquery()
    order = (col(Case.submitted_at).desc(),) if name == "filed" else (_DUE, col(Case.id))
    parts = [
        select(Case.id).where(access.sees(person), reason).order_by(*order).limit(LIST_LIMIT)
        for reason in reasons(person, name)
    ]
    return select(Case, photos).where(col(Case.id).in_(_either(parts))).order_by(*order).limit(LIST_LIMIT)


def _counted(person: Person) -> Select[Any]:
    tabs = {"mine": reasons(person, "mine")}
    tabs |= {"triage": reasons(person, "triage")} if person.role in access.SEES_ALL else {}
    tabs |= {"review": reasons(person, "review")} if person.role is Role.LEADER else {}
    late = [reason & col(Case.overdue) for reason in reasons(person, "mine")[:-1]]  # an order has its own clock
    found = {name: _number(person, some) for name, some in {**tabs, "overdue": late}.items()}
    filed = select(func.count()).where(col(Case.filed_by) == person.code, col(Case.status).in_(OPEN))
    columns = [one.label(name) for name, one in found.items()]
    return sqlalchemy.select(*columns, filed.scalar_subquery().label("filed"))


def _number(person: Person, some: Reasons) -> Any:
    """How many they see of these, each once."""
    parts = [select(Case.id).where(access.sees(person), reason) for reason in some]
    return select(func.count()).select_from(_either(parts).subquery()).scalar_subquery()


def _either(parts: Sequence[Select[Any]]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return select(union(*(select(part.subquery()) for part in parts)).subquery().c.id)
