"""Signing in and out, and who one is: the first doors of docs/staff-api.md."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import col, delete

from bot.texts import say
from cases import behalf, bulletins, clearing
from models import StaffSession
from web import auth, limits, second_factor, sheets
from web.auth import SignedInHere
from web.console import menu
from web.gate import FACTOR
from web.languages import reader_of
from web.parts import Parts, PartsHere

router = APIRouter(prefix="/api/staff")
Locale = Annotated[str, Depends(reader_of)]


class Credentials(BaseModel):
    name: str = Field(max_length=64)
    password: str = Field(max_length=256)
    code: str = Field(default="", max_length=40)  # of a second factor, where there is one


@router.post("/session")
async def sign_in(
    given: Credentials, request: Request, response: Response, parts: PartsHere, locale: Locale
) -> dict[str, Any]:
    name = given.name.strip().lower()
    address = request.client.host if request.client else ""
    tries = (limits.SIGN_INS, f"{name}\0{address}"), (limits.SIGN_INS_OF_ONE, name)
    await parts.tries.hit(*tries)
    async with parts.transactions.read() as session:
        person = await auth.check_password(session, given.name, given.password)
    async with parts.transactions.begin() as session:
        shown = await second_factor.show(session, parts.keys, person, given.code, parts.now())
        proven, agent = shown or person.role not in parts.proves, request.headers.get("user-agent", "")[:200]
        token, row = auth.begin(session, person, parts.now(), agent=agent, proven=proven)
        await parts.tries.take_back(session, *tries)
    lasts = int(auth.LASTS.total_seconds())
    response.set_cookie(auth.COOKIE, token, lasts, httponly=True, samesite="strict", secure=parts.secure)
    return _me(parts, auth.SignedIn(person, row.csrf, row.token_hash, proven), locale)


@router.get("/session")
async def who_am_i(me: SignedInHere, parts: PartsHere, locale: Locale) -> dict[str, Any]:
    return _me(parts, me, locale)


@router.delete("/session", status_code=204)
async def sign_out(me: SignedInHere, response: Response, parts: PartsHere) -> None:
    async with parts.transactions.begin() as session:
        await session.execute(delete(StaffSession).where(col(StaffSession.token_hash) == me.token_hash))
    response.delete_cookie(auth.COOKIE)


def _me(parts: Parts, me: auth.SignedIn, locale: str) -> dict[str, Any]:
    book, person = parts.senses.book, me.person
    shown = {
        "code": person.code,
        "name": person.name,
        "role": str(person.role),
        "role_text": say(f"role.{person.role}", locale),
        "unit": book.unit_name(person.unit, locale),
        "area": book.area_name(person.area),
        "files": person.role in behalf.MAY,
        "prints": sheets.may_print(book, person),
        "reads_bulletins": bool(bulletins.readable(book, person)),
        "sees_clearing": clearing.reach(book, person) is not None,
        "console": bool(menu.open_to(person.role)),
    }
    return {"person": shown, "csrf": me.csrf, "to": "" if me.proven else FACTOR}
