"""议事投票: what residents want decided is checked here, put to the vote, counted by the clock and shown as bars."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, Field

from bot.papers.slips import House, slips
from bot.papers.typeset import MEDIA_TYPE
from cases import posted, proposals, reach, votes
from cases import slips as issued
from cases.clock import TOWN_TIME
from cases.elections import FEWEST, MAJORITIES
from models import Proposal, Stage, Way
from web.console.places import Code, InTown, Words, choice, chosen, named
from web.console.shell import NOT_BLANK, Console, at

router = APIRouter()
STAGES: Mapping[str, tuple[Stage, ...]] = {
    "waiting": (Stage.RAISED,),
    "open": (Stage.PLANNED, Stage.OPEN),
    "over": (Stage.CLOSED, Stage.REFUSED, Stage.WITHDRAWN),
}
Here = Annotated[Console, at("proposals")]
Number = Annotated[int, Path(ge=1, lt=2**63)]


class Fields(BaseModel):
    """What is filled in to put something to the vote. `choices`: one a line; none is yes or no."""

    title: Words
    text: Words = ""
    choices: Words = ""
    area: Code = ""
    places: list[Code] = Field(default_factory=list, max_length=5000)
    way: Way = Way.RESIDENT
    majority: Code = "half"
    quorum: int = Field(default=FEWEST, ge=0, le=10_000_000)
    opens_at: Annotated[InTown | None, NOT_BLANK] = None
    closes_at: InTown


class Why(BaseModel):
    reason: Words


class Building(BaseModel):
    place: Code


@router.get("/console/proposals", response_model=None)
async def proposals_page(here: Here, stage: Literal["waiting", "open", "over"] = "waiting") -> Response:
    async with here.parts.transactions.read() as session:
        rows = {name: await proposals.listed(session, here.book, here.person, s) for name, s in STAGES.items()}
        shown = rows[stage]
        cast = await votes.turnout(session, [row.id for row in shown if row.id is not None])
    counts = {name: len(found) for name, found in rows.items()}
    writes = here.person.role in proposals.CHECKS
    return here.show("proposals", rows=shown, cast=cast, stage=stage, counts=counts, writes=writes, **_helpers(here))


@router.get("/console/proposals/new", response_model=None)
async def new_page(here: Here) -> Response:
    return here.show("proposal", row=None, writes=True, choice=choice(here.book, here.person), **_helpers(here))


@router.get("/console/proposals/{number}", response_model=None)
async def proposal_page(here: Here, number: Number) -> Response:
    async with here.parts.transactions.read() as session:
        row = await posted.seen(session, Proposal, here.book, here.person, number)
        cast = (await votes.turnout(session, [number])).get(number, 0)
        printed = await issued.printed(session, number)
        same = row.counts is None or await votes.recount(session, row) == row.counts
    writes = here.person.role in proposals.CHECKS and reach.covers(here.book, here.person, row.places)
    return here.show(
        "proposal", row=row, cast=cast, printed=printed, same=same, writes=writes,
        choice=choice(here.book, here.person, row.places if row.stage is Stage.RAISED else ()),
        bars=_bars(here, row), **_helpers(here),
    )  # fmt: skip


@router.post("/console/proposals")
async def create(here: Here, fields: Fields) -> dict[str, Any]:
    async with here.parts.transactions.begin() as session:
        row = await proposals.create(session, here.book, here.parts.keys, here.person, _wanted(here, fields), here.now)
        here.note(session, "add", "proposal", str(row.id), after=_noted(row))
        return {"to": f"/console/proposals/{row.id}"}


@router.post("/console/proposals/{number}/accept")
async def accept(here: Here, number: Number, fields: Fields) -> dict[str, Any]:
    async with here.parts.transactions.begin() as session:
        wanted, keys = _wanted(here, fields), here.parts.keys
        row = await proposals.accept(session, here.book, keys, here.person, number, wanted, here.now)
        here.note(session, "accept", "proposal", str(number), after=_noted(row))
    return {"to": f"/console/proposals/{number}"}


@router.post("/console/proposals/{number}/refuse")
async def refuse(here: Here, number: Number, why: Why) -> dict[str, Any]:
    async with here.parts.transactions.begin() as session:
        await proposals.refuse(session, here.book, here.person, number, why.reason, here.now)
        here.note(session, "refuse", "proposal", str(number), reason=why.reason[: proposals.REASON_MOST])
    return {"to": "/console/proposals"}


@router.post("/console/proposals/{number}/withdraw")
async def withdraw(here: Here, number: Number, why: Why) -> dict[str, Any]:
    async with here.parts.transactions.begin() as session:
        await proposals.withdraw(session, here.book, here.person, number, why.reason)
        here.note(session, "withdraw", "proposal", str(number), reason=why.reason[: proposals.REASON_MOST])
    return {"to": f"/console/proposals/{number}"}


@router.post("/console/proposals/{number}/slips.pdf", response_class=Response)
async def print_slips(here: Here, number: Number, building: Building) -> Response:
    """New codes for a building's households, on paper only; those printed before and not used end with it."""
    async with here.parts.transactions.begin() as session:
        row = await posted.held(session, Proposal, here.book, here.person, number)
        codes = await issued.issue(session, here.book, here.parts.keys, row, building.place)
        here.note(session, "print", "proposal", str(number), after={"place": building.place, "slips": len(codes)})
    house = House(here.book.place_name(building.place), codes)
    made = await slips(here.parts.town_in(here.locale), row, house, f"{here.parts.url}/", here.locale, here.now)
    return Response(made, media_type=MEDIA_TYPE, headers={"cache-control": "private, no-store"})


def _wanted(here: Console, fields: Fields) -> proposals.Wanted:
    options = [line for line in fields.choices.splitlines() if line.strip()] or list(proposals.YES_NO)
    return proposals.Wanted(
        title=fields.title, text=fields.text, options=options, way=fields.way, majority=fields.majority,
        places=chosen(here.book, fields.area, fields.places), quorum=fields.quorum, opens_at=fields.opens_at,
        closes_at=fields.closes_at,
    )  # fmt: skip


def _noted(row: Proposal) -> dict[str, Any]:
    return {"title": row.title, "places": len(row.places), "way": str(row.way), "closes_at": _iso(row.closes_at)}


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _helpers(here: Console) -> dict[str, Any]:
    local = here.now.astimezone(TOWN_TIME)
    return {
        "where": lambda codes: named(here.book, codes),
        "homes": lambda codes: reach.households(here.book, codes),
        "option": lambda words: (
            here.say({"yes": "vote.yes", "no": "vote.no"}[words]) if words in ("yes", "no") else words
        ),
        "majorities": MAJORITIES,
        "fewest": FEWEST,
        "in_a_week": (local + timedelta(days=7)).strftime("%Y-%m-%dT18:00"),
        "outcomes": proposals.OUTCOMES,
    }


def _bars(here: Console, row: Proposal) -> list[tuple[str, int]]:
    if not proposals.shows_counts(row):
        return []
    words = _helpers(here)["option"]
    return [(words(option), n) for option, n in zip(row.options, row.counts or [], strict=True)]
