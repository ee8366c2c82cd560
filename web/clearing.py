"""Clearing lists (清零): what each community has to settle in a month, how far it is, and what is still open."""

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, clearing
from cases.clearing import Dispute
from cases.errors import NotFound
from cases.periods import month as month_of
from cases.periods import today
from models import Case, Person, Role
from models.town import COMMUNITY
from web.auth import SignedInHere
from web.languages import locale_of
from web.pages import page
from web.parts import Parts, PartsHere

MONTHS = 14  # in the choice
_DAY = timedelta(days=1)

router = APIRouter()


class Target(BaseModel):
    area: str = Field(max_length=64)
    month: str = Field(pattern=r"^\d{4}-\d{2}$")
    settle: int | None = None


@router.get("/staff/clearing", response_model=None, include_in_schema=False)
async def clearing_page(
    request: Request,
    me: SignedInHere,
    parts: PartsHere,
    month: str = "",
    area: str = "",
) -> Response:
    book, now = parts.senses.book, parts.now()
    within, chosen = clearing.reach(book, me.person), _month(month) if month else today(now)
    if within is None:
        shown = page(request, "clearing.html", parts, none=True)
        shown.status_code = 403
        return shown
    async with parts.transactions.read() as session:
        found = await clearing.disputes(session, chosen, now)
        aims = await clearing.targets(session, chosen, now)
        rows = clearing.measured(book, found, aims, chosen, now, within)
        open_ = [one for one in found if one.open and _lies_in(parts, one, area or within, within)]
        mine = await _shown(session, parts, me.person, open_, locale_of(request))
    sets = me.person.role is Role.SUPERVISOR and month_of(chosen).end >= today(now)
    free = [one for one in sorted(book.areas) if sets and book.areas[one].level == COMMUNITY]
    return page(
        request, "clearing.html", parts, rows=rows, book=book, month=f"{chosen:%Y-%m}", months=_months(today(now)),
        open=mine, hidden=len(open_) - len(mine), sets=sets, communities=free, csrf=me.csrf, area=area,
    )  # fmt: skip


@router.post("/api/staff/clearing", status_code=204)
async def set_target(asked: Target, me: SignedInHere, parts: PartsHere) -> None:
    async with parts.transactions.begin() as session:
        book, month = parts.senses.book, _month(asked.month)
        await clearing.set_target(session, book, asked.area, month, asked.settle, me.person, parts.now())


def _month(name: str) -> date:
    """`2026-11`; raises NotFound for what is no month."""
    try:
        return date.fromisoformat(f"{name}-01")
    except ValueError:
        raise NotFound("request.not_found") from None


def _months(day: date) -> list[str]:
    """This one, the next, and those before."""
    months = [month_of(month_of(day).end + _DAY)]
    while len(months) < MONTHS:
        months.append(month_of(months[-1].start - _DAY))
    return [f"{one.start:%Y-%m}" for one in months]


def _lies_in(parts: Parts, one: Dispute, area: str, within: str) -> bool:
    path = parts.senses.book.path(one.grid)
    return (area in path and within in path) or (area == within == parts.senses.book.town.code)


async def _shown(
    session: AsyncSession, parts: Parts, person: Person, open_: list[Dispute], locale: str
) -> list[dict[str, Any]]:
    """Those this person may see; of others only how many there are."""
    book, now = parts.senses.book, parts.now()
    chosen = select(Case).where(col(Case.number).in_([one.number for one in open_]))
    seen = {case.number for case in (await session.exec(chosen)).all() if access.may_see(book, person, case)}
    return [
        {
            "number": one.number,
            "what": book.category_name(one.category, locale),
            "where": book.area_name(clearing.community(book, one.grid)),
            "unit": book.unit_name(one.unit, locale),
            "days": (now - one.submitted_at).days,
            "overdue": one.overdue,
            "listed": one.listed,
        }
        for one in open_
        if one.number in seen
    ]
