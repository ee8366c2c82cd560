"""登录安全: one's own second factor and sessions. Everybody's, and the only page before a rank's factor is there."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel import col, select

from bot.desk import binding
from models import StaffSession
from web import qr, second_factor, totp
from web.console.shell import Console, at
from web.limits import CODES

HANDLE = 16
"""So much of a session's hash names it on the page: enough to tell apart, too little to be anything."""
BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")

router = APIRouter()
Here = Annotated[Console, at("security")]


class Code(BaseModel):
    code: str = Field(max_length=40)


@router.get("/console/security", response_model=None)
async def security_page(here: Here) -> Response:
    async with here.parts.transactions.read() as session:
        factor = await second_factor.of(session, here.person.code)
        live = select(StaffSession).where(
            StaffSession.person == here.person.code, col(StaffSession.expires_at) > here.now
        )
        rows = (await session.exec(live.order_by(col(StaffSession.created_at).desc()))).all()
    sessions = [
        {"handle": row.token_hash[:HANDLE], "since": row.created_at, "agent": browser(row.agent),
         "here": row.token_hash == here.me.token_hash}
        for row in rows
    ]  # fmt: skip
    on = factor is not None and factor.confirmed_at is not None
    return here.show(
        "security", sessions=sessions, factor=factor if on else None, needed=here.person.role in here.parts.proves
    )


@router.post("/console/security/factor", response_model=None)
async def begin(here: Here) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        key = await second_factor.begin(session, here.parts.keys, here.person, here.now)
    drawn = qr.draw(totp.address(key, here.person.code, here.parts.town or "Fengqiao"))
    return {"key": totp.written(key), "qr": drawn}


@router.post("/console/security/factor/confirm")
async def confirm(given: Code, here: Here) -> dict[str, list[str]]:
    await _once_more(here)
    keys, mine = here.parts.keys, here.me.token_hash
    async with here.parts.transactions.begin() as session:
        codes = await second_factor.confirm(session, keys, here.person, given.code, here.now, mine)
        await binding.let_go(session, here.person.code, here.now)
        here.note(session, "second_factor_on", "people", here.person.code)
    return {"codes": list(codes)}


@router.post("/console/security/factor/off", status_code=204)
async def put_off(given: Code, here: Here) -> None:
    """Where a rank needs one, the next page asks for a new one."""
    await _once_more(here)
    async with here.parts.transactions.begin() as session:
        await second_factor.put_off(session, here.parts.keys, here.person, given.code, here.now)
        mine = await session.get_one(StaffSession, here.me.token_hash)
        mine.proven = here.person.role not in here.parts.proves
        if not mine.proven:
            await binding.let_go(session, here.person.code, here.now)
        here.note(session, "second_factor_off", "people", here.person.code)


@router.post("/console/security/sessions/end", status_code=204)
async def end_others(here: Here) -> None:
    async with here.parts.transactions.begin() as session:
        await second_factor.end(session, here.person.code, but=here.me.token_hash)


@router.post("/console/security/sessions/{handle}/end", status_code=204)
async def end_one(handle: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")], here: Here) -> None:
    """Another person's, or one that has ended: nothing happens, and the answer is the same."""
    async with here.parts.transactions.begin() as session:
        await second_factor.end(session, here.person.code, only=handle)


def browser(agent: str) -> str:
    """“Chrome · Windows” of what a browser calls itself, nothing for a program."""
    name = next((shown for word, shown in BROWSERS if word in agent), "")
    system = next((one for one in SYSTEMS if one in agent), "")
    return " · ".join(part for part in (name, system.removesuffix(" X")) if part)


async def _once_more(here: Console) -> None:
    await here.parts.tries.hit((CODES, here.person.code))
