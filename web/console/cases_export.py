"""The cases that were found, as a table: masked as everywhere, a clerk's own unit's only, with a line in the log."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import by_phone, listing, search
from cases.clock import TOWN_TIME
from cases.errors import NotAllowed, Refusal
from cases.masking import mask
from models import Case, Role
from web import roles
from web.console.cases_asked import Asked
from web.console.export import To, sent
from web.console.shell import Console, at
from web.desk import Desk

MAY = roles.EXPORTS
MOST = 10_000  # in one file
COLUMNS = ("number", "submitted", "what", "text", "place", "status", "unit", "person", "due", "resolved", "overdue")

router = APIRouter()


class TooMany(Refusal):
    """It would be more than one file holds: whoever asks asks for less."""


@router.get("/console/cases/export", response_model=None)
async def export_cases(
    here: Annotated[Console, at("cases")], asked: Annotated[Asked, Query()], to: To = To.XLSX
) -> Response:
    """By the same address as the list. What was searched for stays out of the log: it may be somebody's name."""
    if asked.person and here.person.role not in by_phone.MAY:
        raise NotAllowed("console.not_yours")
    wanted = asked.search(here.now)
    if here.person.role is Role.CLERK:
        wanted = replace(wanted, unit=search.MINE)
    heading = [here.say(f"console.tables.case.{column}") for column in COLUMNS]
    async with here.parts.transactions.begin() as session:
        ready = await search.ready(session, here.book, here.person, wanted, here.now)
        desk = Desk(here.parts, here.person, here.locale, here.now)
        rows = [_row(here, desk, case) for case in await _all(session, ready)]
        about = asked.query(q="", person="", place="")
        return await sent(here, session, "cases", here.say("console.page.cases"), to, heading, rows, about)


async def _all(session: AsyncSession, ready: search.Asked) -> Sequence[Case]:
    """Page by page, as the list does. Raises TooMany."""
    found: list[Case] = []
    after = ""
    while True:
        page, after = await listing.page(session, ready, after)
        found += page
        if len(found) > MOST:
            raise TooMany("console.tables.export_many", n=MOST)
        if not after:
            return found


def _row(here: Console, desk: Desk, case: Case) -> list[str]:
    return [
        case.number,
        _local(case.submitted_at),
        desk.category(case.item) or desk.category(case.category) or here.say("word.unsorted"),
        mask(case.text),
        desk.where(case),
        here.say(f"status_name.{case.status}"),
        desk.unit(case.unit) or here.say("word.dispatch_desk"),
        here.book.people.get(case.assignee or "", ""),
        _local(case.due_at),
        _local(case.resolved_at),
        here.say("console.tables.yes" if case.overdue else "console.tables.no"),
    ]


def _local(moment: datetime | None) -> str:
    return f"{moment.astimezone(TOWN_TIME):%Y-%m-%d %H:%M}" if moment else ""
