"""One case in the console: the staff page's own drawing of it, with a map, the clocks and what is alike beside it."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.scrub import scrub
from bot.texts import catalogue
from cases import queries, reading, unmasking
from cases.errors import NotFound
from cases.master_keys import CannotOpen
from models import Case
from web.console import case_map
from web.console.shell import Console, at
from web.desk import Desk

router = APIRouter()
log = structlog.get_logger()


@router.get("/console/cases/{number}", response_model=None)
async def case_page(number: str, here: Annotated[Console, at("cases")]) -> Response:
    """One that is not theirs looks like one that is not there."""
    try:
        async with here.parts.transactions.begin() as session:  # a look by some leaves a line
            case = await queries.case_for(session, here.book, here.person, number)
            await reading.note(session, here.person, case, here.now)
            personal = await _personal(session, here, case)
    except NotFound:
        return here.show("case_gone", 404)
    where = Desk(here.parts, here.person, here.locale, here.now).where(case)
    shown: dict[str, Any] = {"number": case.number, "where": where, "map": case_map.of(here.book, case)}
    return here.show("case", texts=words(here.locale), **personal, **shown)


async def _personal(session: AsyncSession, here: Console, case: Case) -> dict[str, Any]:
    """What is starred out, as far as this person may see it now, and what they may ask for or agree to."""
    may_ask, may_agree = here.person.role in unmasking.ASK, here.person.role in unmasking.AGREE
    asked = await unmasking.waiting(session, case, here.now) if may_ask or may_agree else []
    try:
        plain, broken = await unmasking.look(session, here.parts.keys, here.person, case, here.now), False
    except CannotOpen:
        plain, broken = None, True
        log.error("contact.cannot_open", resident=str(case.resident))
    mine = [one for one in asked if one.person == here.person.code]
    others = [one for one in asked if may_agree and one.person != here.person.code]
    return {"opened": plain, "broken": broken, "may_ask": may_ask, "waiting": mine, "to_agree": others}


class Reason(BaseModel):
    reason: str = Field(max_length=500)


@router.post("/console/cases/{number}/unmask")
async def unmask(number: str, given: Reason, here: Annotated[Console, at("cases")]) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        case = await queries.case_for(session, here.book, here.person, number)
        await unmasking.ask(session, here.person, case, scrub(given.reason), here.now)
    return {"to": f"/console/cases/{number}"}


@router.post("/console/cases/{number}/unmask/{which}")
async def agree(
    number: str, which: Annotated[int, Path(ge=1, lt=2**63)], here: Annotated[Console, at("cases")]
) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        case = await queries.case_for(session, here.book, here.person, number)
        await unmasking.agree(session, here.person, case, which, here.now)
    return {"to": f"/console/cases/{number}"}


def words(locale: str) -> dict[str, str]:
    """The staff page's own too, whose modules draw the case and its steps."""
    return {key: text for key, text in catalogue(locale).items() if key.startswith(("staff.", "console.live."))}
