"""Saved views: searches of a page that somebody gave a name, each their own."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.errors import Missing, NotFound
from models import Person, SavedView

MOST = 20


async def of(session: AsyncSession, person: Person, page: str) -> Sequence[SavedView]:
    chosen = select(SavedView).where(SavedView.person == person.code, SavedView.page == page)
    return (await session.exec(chosen.order_by(col(SavedView.id)))).all()


async def save(session: AsyncSession, person: Person, page: str, name: str, query: str, now: datetime) -> None:
    """Under a name they have already it takes the place of what was there. Raises Missing without one."""
    if not name:
        raise Missing("console.cases.view_name_missing")
    theirs = (SavedView.person == person.code, SavedView.page == page)
    many = (await session.exec(select(func.count()).where(*theirs, SavedView.name != name))).one()
    if many >= MOST:
        raise Missing("console.cases.view_too_many", most=MOST)
    row = {"person": person.code, "page": page, "name": name, "query": query, "at": now}
    added = insert(SavedView).values(row)
    again = {"query": query, "at": now}
    await session.execute(added.on_conflict_do_update(index_elements=["person", "page", "name"], set_=again))


async def remove(session: AsyncSession, person: Person, page: str, id_: int) -> SavedView:
    row = await session.get(SavedView, id_)
    if row is None or (row.person, row.page) != (person.code, page):
        raise NotFound("view.not_found")
    await session.delete(row)
    return row
