"""Who is on duty for one's unit (值班), and handing over (交接班)."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.scrub import scrub
from bot.transactions import wake
from cases import duty, handover
from models import DutyHandover, Person
from web.auth import SignedInHere
from web.parts import Parts, PartsHere
from web.present import iso

router = APIRouter(prefix="/api/staff/duty")


class HandOver(BaseModel):
    to: str = Field(max_length=64)
    note: str = Field(default="", max_length=500)


@router.get("")
async def now_on(me: SignedInHere, parts: PartsHere) -> dict[str, Any]:
    """Nobody is on where the unit keeps no roster; `colleagues` only for whoever may hand over."""
    async with parts.transactions.read() as session:
        return await _shown(session, parts, me.person)


@router.post("")
async def hand_over(given: HandOver, me: SignedInHere, parts: PartsHere) -> dict[str, Any]:
    book, now = parts.senses.book, parts.now()
    async with parts.transactions.begin() as session:
        row = await handover.hand_over(session, book, me.person, given.to, scrub(given.note), now)
        wake(session, f"staff:{row.person}")
        await session.flush()
        return await _shown(session, parts, me.person)


@router.post("/{number}/accept")
async def accept(number: int, me: SignedInHere, parts: PartsHere) -> dict[str, Any]:
    async with parts.transactions.begin() as session:
        row = await handover.accept(session, parts.senses.book, me.person, number, parts.now())
        wake(session, f"staff:{row.from_person}")
        await session.flush()
        return await _shown(session, parts, me.person)


async def _shown(session: AsyncSession, parts: Parts, person: Person) -> dict[str, Any]:
    book, now = parts.senses.book, parts.now()
    on = await duty.on_now(session, book, person.unit, now)
    waiting = await handover.waiting(session, person.unit, now)
    mine = any(one.person == person.code for one in on)
    others = [one for one in book.staff.get(person.unit, ()) if one.code != person.code]
    return {
        "on": [
            {
                "name": book.people.get(one.person, ""),
                "mine": one.person == person.code,
                "until": iso(one.until),
                "note": one.by.note if one.by else "",
            }
            for one in on
        ],
        "waiting": [_waiting(parts, row, person) for row in waiting],
        "colleagues": [{"code": one.code, "name": one.name} for one in others] if mine else [],
    }


def _waiting(parts: Parts, row: DutyHandover, person: Person) -> dict[str, Any]:
    people = parts.senses.book.people
    return {
        "id": row.id,
        "from": people.get(row.from_person, ""),
        "to": people.get(row.person, ""),
        "mine": row.person == person.code,
        "until": iso(row.until),
        "note": row.note,
    }
