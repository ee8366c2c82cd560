"""Beside a case's stops: a page of what was searched for, in its order, and how many there are up to a thousand.

Pages begin after the last line of the one before (keyset), never at an offset. For whoever sees cases for several
reasons each reason is asked by itself, in the list's order, and what comes first of all is the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, cast, func, literal, literal_column, tuple_, union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, search
from cases.errors import NotFound
from cases.search import Asked, Search
from models import Case
from models.base import AWARE
from models.listed import DUE, URGENCY

PER_PAGE = 50
COUNTED = 1_000
NEVER = "infinity"


@dataclass(frozen=True)
class Order:
    """Its columns as the index has them; `newest`: from the last to the first."""

    keys: Sequence[Any]
    newest: bool = False

    def by(self) -> list[ColumnElement[Any]]:
        return [key.desc() if self.newest else key.asc() for key in self.keys]

    def after(self, values: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
        here, there = tuple_(*self.keys), tuple_(*values)
        return here < there if self.newest else here > there


_DUE: ColumnElement[Any] = literal_column(DUE)
_RANK: ColumnElement[Any] = literal_column(URGENCY)
ORDERS = {
    "due": Order([_DUE, col(Case.id)]),
    "urgent": Order([_RANK, _DUE, col(Case.id)]),
    "submitted": Order([col(Case.submitted_at), col(Case.id)], newest=True),
}


def order_of(search: Search) -> str:
    return search.sort if search.by_due else "submitted"


async def page(session: AsyncSession, asked: Asked, after: str = "") -> tuple[Sequence[Case], str]:
    """A page of cases, and where the next begins; empty where there is none. Raises NotFound for a forged beginning."""
    name = order_of(asked.search)
    order = ORDERS[name]
    conditions = [*asked.where, *([order.after(_values(name, after))] if after else [])]
    parts = [select(Case.id).where(arm, *conditions).order_by(*order.by()).limit(PER_PAGE + 1) for arm in _arms(asked)]
    chosen = select(Case).order_by(*order.by()).limit(PER_PAGE + 1)
    rows = (await session.exec(chosen.where(col(Case.id).in_(_either(parts))))).all()
    more = _cursor(name, rows[PER_PAGE - 1]) if len(rows) > PER_PAGE else ""
    return rows[:PER_PAGE], more


async def count(session: AsyncSession, asked: Asked) -> int:
    """Exact up to COUNTED; one more where there are more."""
    if asked.some:  # of very many that hold the words, a few thousand mostly are enough
        among = (*asked.where, search.named(asked.some), access.sees(asked.person))
        if await _counted(session, select(Case.id).where(*among).limit(COUNTED + 1)) > COUNTED:
            return COUNTED + 1
    ordered = [] if asked.named else ORDERS[order_of(asked.search)].by()
    arms, found = _arms(asked), set[UUID]()
    for arm in arms:  # the commonest reason mostly is enough
        some = select(Case.id).where(arm, *asked.where).order_by(*ordered).limit(COUNTED + 1)
        if len(arms) == 1:
            return await _counted(session, some)
        found.update((await session.exec(some)).all())
        if len(found) > COUNTED:
            return COUNTED + 1
    return len(found)


async def _counted(session: AsyncSession, some: Select[Any]) -> int:
    return int((await session.exec(select(func.count()).select_from(some.subquery()))).one())


def _arms(asked: Asked) -> list[ColumnElement[bool]]:
    if asked.named:
        return [access.sees(asked.person)]
    hidden = access.not_about(asked.person)
    return [arm & hidden for arm in access.reaches(asked.person)]


def _either(parts: Sequence[Select[Any]]) -> Any:
    """Each part keeps its own order and limit; a case found for two reasons is there once."""
    if len(parts) == 1:
        return parts[0]
    return select(union(*(select(part.subquery()) for part in parts)).subquery().c.id)


def _cursor(name: str, case: Case) -> str:
    at = case.submitted_at if name == "submitted" else case.due_at
    rank = [str(int(not case.ringing) + int(case.danger is None))] if name == "urgent" else []
    return "~".join([*rank, at.isoformat() if at else NEVER, str(case.id)])


def _values(name: str, after: str) -> list[ColumnElement[Any]]:
    try:
        *rank, at, id_ = after.split("~")
        if len(rank) != (name == "urgent") or (at != NEVER and datetime.fromisoformat(at).tzinfo is None):
            raise ValueError(after)
        return [*(literal(int(one)) for one in rank), cast(literal(at), AWARE), literal(UUID(id_))]
    except ValueError as error:
        raise NotFound("view.not_found") from error
