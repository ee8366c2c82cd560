"""One case in the console: the staff page's own drawing of it, with a map, the clocks and what is alike beside it."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response

from bot.texts import catalogue
from cases import queries, reading
from cases.errors import NotFound
from web.console import case_map
from web.console.shell import Console, at
from web.desk import Desk

router = APIRouter()


@router.get("/console/cases/{number}", response_model=None)
async def case_page(number: str, here: Annotated[Console, at("cases")]) -> Response:
    """One that is not theirs looks like one that is not there."""
    try:
        async with here.parts.transactions.begin() as session:  # a look by some leaves a line
            case = await queries.case_for(session, here.book, here.person, number)
            await reading.note(session, here.person, case, here.now)
    except NotFound:
        return here.show("case_gone", 404)
    where = Desk(here.parts, here.person, here.locale, here.now).where(case)
    shown: dict[str, Any] = {"number": case.number, "where": where, "map": case_map.of(here.book, case)}
    return here.show("case", texts=words(here.locale), **shown)


def words(locale: str) -> dict[str, str]:
    """The staff page's own too, whose modules draw the case and its steps."""
    return {key: text for key, text in catalogue(locale).items() if key.startswith(("staff.", "console.live."))}
