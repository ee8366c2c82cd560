"""删除居民信息: found by telephone, number or code, seen in figures, asked for with a reason, done by another."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.scrub import scrub
from cases import erasing, forgetting
from models import Erasure
from web.console.shell import Console, at

router = APIRouter()
Here = Annotated[Console, at("erasure")]
Which = Annotated[int, Path(ge=1, lt=2**63)]


class Said(BaseModel):
    said: str = Field(max_length=64)


class Asked(BaseModel):
    of: str = Field(max_length=64)
    reason: str = Field(max_length=500)


@router.get("/console/erasure", response_model=None)
async def erasure_page(here: Here, of: Annotated[str, Query(max_length=64)] = "") -> Response:
    """`of`: a case's number or a keyed hash, never a telephone: addresses are kept by browsers."""
    may_ask, may_agree = here.person.role in erasing.ASK, here.person.role in erasing.AGREE
    async with here.parts.transactions.read() as session:
        found = await _found(session, of) if of and may_ask else None
        asked = [(one, await _all_of(session, one.residents)) for one in await erasing.waiting(session, here.now)]
        over = await erasing.decided(session)
    shown: dict[str, Any] = {"of": of, "found": found, "waiting": asked, "over": over}
    return here.show("erasure", may_ask=may_ask, may_agree=may_agree, **shown)


@router.post("/console/erasure/find")
async def find(given: Said, here: Here) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        here.note(session, "search", "resident", "")
    return {"to": f"/console/erasure?of={erasing.key_of(here.parts.keys, scrub(given.said))}"}


@router.post("/console/erasure")
async def ask(given: Asked, here: Here) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        await erasing.ask(session, here.person, given.of, scrub(given.reason), here.now)
    return {"to": "/console/erasure"}


@router.post("/console/erasure/{which}")
async def agree(which: Which, here: Here) -> dict[str, str]:
    """Files go once it is committed: one that no row names does no harm, a row without its file would."""
    async with here.parts.transactions.begin() as session:
        row, gone = await erasing.agree(session, here.book, here.person, which, here.now)
        here.parts.remember(row.residents)
        row.residents = []
    here.parts.store.drop(gone.files)
    return {"said": here.say("console.erasure.done", n=gone.cases)}


@router.post("/console/erasure/{which}/decline")
async def decline(which: Which, here: Here) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        row: Erasure = await erasing.decline(session, here.person, which, here.now)
    return {"said": here.say("console.erasure.declined", n=len(row.cases))}


async def _found(session: AsyncSession, of: str) -> dict[str, Any]:
    found = [one.id for one in await erasing.find(session, of)]
    cases, working = await erasing.numbers(session, found)
    return {"residents": len(found), "cases": cases, "working": working, "sums": await _all_of(session, found)}


async def _all_of(session: AsyncSession, residents: Sequence[UUID]) -> dict[str, int]:
    """What would go: residents, cases, events, lines, photos."""
    sums = {"residents": len(residents)}
    for who in residents:
        for name, count in (await forgetting.preview(session, who)).items():
            sums[name] = sums.get(name, 0) + count
    return sums
