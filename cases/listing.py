"""Beside a case's stops: a page of what was searched for, in its order, and how many there are up to a thousand.

Pages begin after the last line of the one before (keyset), never at an offset. Where cases are seen or found for
several reasons each is asked by itself, in the list's order, and what comes first of all is the page.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, cast, func, literal, literal_column, tuple_, union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, newest, word_index
from cases.errors import NotFound
from cases.search import Asked, Search, Source
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
    later = [order.after(_values(name, after))] if after else []
    plain = [source for source in asked.sources if not _far(asked, source)]
    rows = {case.id: case for case in (await _met(session, asked, plain, order, later))} if plain else {}
    for source in asked.sources:
        if _far(asked, source):
            until = datetime.fromisoformat(after.split("~")[0]) if after else asked.search.until
            rows |= {case.id: case for case in await _back(session, asked, source, later, until)}
    found = list(rows.values())
    if len(asked.sources) > len(plain):  # each came in order, not yet all of them
        found = sorted(found, key=lambda case: (case.submitted_at, case.id), reverse=True)
    return found[:PER_PAGE], _cursor(name, found[PER_PAGE - 1]) if len(found) > PER_PAGE else ""


def _far(asked: Asked, source: Source) -> bool:
    """Its cases are looked for back through the months. Of the open ones there are few: their order meets them soon."""
    return source.held is not None and order_of(asked.search) == "submitted"


async def _met(
    session: AsyncSession, asked: Asked, sources: Sequence[Source], order: Order, later: Sequence[ColumnElement[bool]]
) -> Sequence[Case]:
    """One more than a page, of all of these."""
    parts = [
        select(Case.id).where(arm, *source.where, *later).order_by(*order.by()).limit(PER_PAGE + 1)
        for source in sources
        for arm in _arms(asked, source)
    ]
    chosen = select(Case).where(col(Case.id).in_(_either(parts))).order_by(*order.by()).limit(PER_PAGE + 1)
    return (await session.exec(chosen)).all()


async def _back(
    session: AsyncSession, asked: Asked, source: Source, later: Sequence[ColumnElement[bool]], until: datetime | None
) -> Sequence[Case]:
    """The newest with the words, one more than a page."""
    assert source.held is not None
    found: list[Case] = []
    order = ORDERS["submitted"].by()
    seen = (access.sees(asked.person), *source.where, *later)
    async for stretch in newest.stretches(session, source.held, asked.search.since, until):
        some = select(Case).where(*stretch, *seen).order_by(*order).limit(PER_PAGE + 1 - len(found))
        found += (await session.exec(some)).all()
        if len(found) > PER_PAGE:
            break
    return found


async def count(session: AsyncSession, asked: Asked) -> int:
    """Exact up to COUNTED; one more where there are more."""
    ordered = ORDERS[order_of(asked.search)].by()
    found = set[UUID]()
    for source in asked.sources:
        arms = _arms(asked, source)
        if len(arms) == len(asked.sources) == 1 and not source.some:
            return await _counted(session, _some(arms[0], source, [] if source.named else ordered))
        async for some in _each(session, asked, source, arms, ordered):
            found.update(some)
            if len(found) > COUNTED:
                return COUNTED + 1
    return len(found)


async def _each(
    session: AsyncSession, asked: Asked, source: Source, arms: Sequence[Any], ordered: Sequence[ColumnElement[Any]]
) -> AsyncIterator[Sequence[UUID]]:
    """Ids of its cases, some at a time: the commonest reason, or those the index named first, mostly are enough."""
    if source.some:
        sees = access.sees(asked.person)
        yield (await session.exec(_some(sees, source, []).where(word_index.named(source.some)))).all()
    if source.held is None or not _far(asked, source):
        for arm in arms:
            yield (await session.exec(_some(arm, source, [] if source.named else ordered))).all()
        return
    async for stretch in newest.stretches(session, source.held, asked.search.since, asked.search.until):
        yield (await session.exec(_some(arms[0], source, []).where(*stretch))).all()


def _some(arm: Any, source: Source, ordered: Sequence[ColumnElement[Any]]) -> Any:
    return select(Case.id).where(arm, *source.where).order_by(*ordered).limit(COUNTED + 1)


async def _counted(session: AsyncSession, some: Select[Any]) -> int:
    return int((await session.exec(select(func.count()).select_from(some.subquery()))).one())


def _arms(asked: Asked, source: Source) -> list[ColumnElement[bool]]:
    """Reasons to see a case, each to be asked by itself; where the words lead to the cases, all in one."""
    if source.named or source.held:
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
