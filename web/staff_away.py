"""Away and back (不在岗): until which day, who covers, and for whom one covers oneself."""

from datetime import date, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.transactions import wake
from cases import cover
from cases.clock import TOWN_TIME
from models import Person
from web.auth import SignedInHere
from web.parts import Parts, PartsHere

router = APIRouter(prefix="/api/staff/away")


class Leave(BaseModel):
    until: date = Field(lt=date(2200, 1, 1))  # the last day away, in the town
    cover: str = Field(default="", max_length=64)  # empty: the leader


@router.get("")
async def how_it_stands(me: SignedInHere, parts: PartsHere) -> dict[str, Any]:
    """`colleagues` only for whoever handles cases: others need no cover."""
    async with parts.transactions.read() as session:
        return await _shown(session, parts, me.person)


@router.post("")
async def leave(given: Leave, me: SignedInHere, parts: PartsHere) -> dict[str, Any]:
    until = cover.end_of(datetime(given.until.year, given.until.month, given.until.day, tzinfo=TOWN_TIME))
    async with parts.transactions.begin() as session:
        book, now = parts.senses.book, parts.now()
        _, handed = await cover.leave(session, book, me.person, until, given.cover or None, now)
        wake(session, "staff")
        await session.flush()
        return await _shown(session, parts, me.person) | {"handed": len(handed)}


@router.delete("")
async def back(me: SignedInHere, parts: PartsHere) -> dict[str, Any]:
    async with parts.transactions.begin() as session:
        await cover.back(session, me.person, parts.now())
        return await _shown(session, parts, me.person)


async def _shown(session: AsyncSession, parts: Parts, person: Person) -> dict[str, Any]:
    book, now = parts.senses.book, parts.now()
    mine = await cover.current(session, person, now)
    others = await cover.covered_by(session, person, now)
    may = cover.may_cover(book, person) if person.role in cover.HANDLERS else []
    return {
        "until": cover.last_day(mine.until) if mine else None,
        "cover": book.people.get(mine.cover or "", "") if mine else "",
        "covers": [{"name": book.people.get(one.person, ""), "until": cover.last_day(one.until)} for one in others],
        "colleagues": [{"code": code, "name": book.people.get(code, "")} for code in may],
    }
