"""The list of cases: searched, filtered and ordered by its address; saved views; by telephone, for those who may."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field, ValidationError

from bot.flows.words import phone as read_phone
from bot.scrub import scrub
from cases import by_phone, listing, search, views
from cases.errors import Missing
from web.console import cases_export, cases_view
from web.console.cases_asked import READY, Asked
from web.console.shell import Console, at

PAGE = "cases"

router = APIRouter()
Here = Annotated[Console, at(PAGE)]


class Phone(BaseModel):
    phone: str = Field(max_length=40)


class View(BaseModel):
    name: str = Field(max_length=40)
    query: str = Field(max_length=1_000)


class Which(BaseModel):
    id: int = Field(ge=1, lt=2**63)


@router.get("/console/cases", response_model=None)
async def cases_page(here: Here, asked: Annotated[Asked, Query()]) -> Response:
    """A page of what was asked for. Whose telephone somebody looks for is noted, without the number."""
    if asked.person:
        here.may(*by_phone.MAY)
    async with here.parts.transactions.begin() as session:
        ready = await search.ready(session, here.book, here.person, asked.search(here.now), here.now)
        cases, more = await listing.page(session, ready, asked.after)
        count = await listing.count(session, ready)
        saved = await views.of(session, here.person, PAGE)
        if asked.person and not asked.after and "x-part" not in here.request.headers:
            here.note(session, "search", "resident", asked.person[:12], after={"found": min(count, listing.COUNTED)})
    return here.show(
        PAGE,
        asked=asked,
        by_due=ready.search.by_due,
        rows=cases_view.rows(here, cases),
        count=count,
        counted=cases_view.counted(here, count),
        next=asked.query(after=more) if more else "",
        saved=saved,
        may_by_phone=here.person.role in by_phone.MAY,
        exports=here.person.role in cases_export.MAY,
        **cases_view.choices(here),
    )


@router.get("/console/cases/counts")
async def counts(here: Here) -> dict[str, str]:
    """How many each of their views holds, asked for once the page is there."""
    async with here.parts.transactions.read() as session:
        saved = {f"saved-{view.id}": view.query for view in await views.of(session, here.person, PAGE)}
        found = dict[str, str]()
        for name, query in {**READY[here.person.role], **saved}.items():
            asked = _read(query)
            if asked and not asked.person:  # by telephone only when somebody means to, for it is noted
                ready = await search.ready(session, here.book, here.person, asked.search(here.now), here.now)
                found[name] = cases_view.counted(here, await listing.count(session, ready))
    return found


@router.post("/console/cases/person")
async def by_telephone(given: Phone, here: Here) -> dict[str, str]:
    """The number becomes its hash, which opens nothing; the address never holds the number itself."""
    number = read_phone(given.phone)
    if number is None:
        raise Missing("console.cases.phone_wrong")
    return {"to": f"/console/cases?person={here.parts.keys.contact_hash(number)}"}


@router.post("/console/cases/views")
async def save_view(given: View, here: Here) -> dict[str, Any]:
    asked = _read(given.query)
    if asked is None:
        raise Missing("view.not_found")
    name = " ".join(scrub(given.name).split())
    async with here.parts.transactions.begin() as session:
        await views.save(session, here.person, PAGE, name, asked.query(), here.now)
        here.note(session, "add", "saved_view", name)
    return {"to": f"/console/cases?{asked.query()}"}


@router.delete("/console/cases/views")
async def remove_view(given: Which, here: Here) -> dict[str, Any]:
    async with here.parts.transactions.begin() as session:
        row = await views.remove(session, here.person, PAGE, given.id)
        here.note(session, "remove", "saved_view", row.name)
    return {"said": here.say("console.cases.view_removed")}


def _read(query: str) -> Asked | None:
    """An address as it was kept; None where it says nothing we know any more."""
    try:
        return Asked.model_validate(dict(parse_qsl(query)))
    except ValidationError:
        return None
