"""Weekly bulletins (周通报): a list by area, and each week as a PDF."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.papers import bulletin as paper
from bot.papers.typeset import MEDIA_TYPE
from cases import bulletins
from cases.bulletin import last_monday, week_name
from cases.errors import NotAllowed, NotFound
from models import Person
from web import watermark
from web.auth import SignedInHere
from web.languages import locale_of
from web.pages import page
from web.parts import Parts, PartsHere

router = APIRouter()


@router.get("/staff/bulletins", response_model=None, include_in_schema=False)
async def bulletins_page(request: Request, me: SignedInHere, parts: PartsHere, area: str = "") -> Response:
    book, now, locale = parts.senses.book, parts.now(), locale_of(request)
    areas = bulletins.readable(book, me.person)
    chosen = next((one for one in areas if one.code == (area or areas[0].code)), None)
    async with parts.transactions.read() as session:
        kept = await bulletins.listed(session, chosen.code, now) if chosen else []
    weeks = [paper.brief(row, locale) for row in kept]
    newest = week_name(last_monday(now))
    if chosen and newest not in [week["week"] for week in weeks]:
        weeks.insert(0, {"week": newest})
    shown = page(request, "bulletins.html", parts, areas=areas, chosen=chosen, weeks=weeks)
    shown.status_code = 200 if chosen else 404 if areas else 403
    return shown


@router.get("/staff/bulletins/{week}.pdf", response_class=Response, include_in_schema=False)
async def bulletin_pdf(week: str, request: Request, me: SignedInHere, parts: PartsHere, area: str = "") -> Response:
    """A past week nobody asked for yet is made now, and kept."""
    code = _area(parts, me.person, area)
    monday = bulletins.monday_of(week)
    async with parts.transactions.begin() as session:
        row = await bulletins.of_week(session, parts.senses.book, code, monday, parts.now())
    made = await paper.bulletin(row, locale_of(request), watermark.of(me, parts.now()))
    named = f'inline; filename="{paper.file_name(row)}"'
    return Response(
        made, media_type=MEDIA_TYPE, headers={"content-disposition": named, "cache-control": "private, no-store"}
    )


def _area(parts: Parts, person: Person, asked: str) -> str:
    """Their own unless they ask; another's and one that is not there look the same."""
    readable = [one.code for one in bulletins.readable(parts.senses.book, person)]
    if not readable:
        raise NotAllowed("bulletin.not_yours")
    if asked and asked not in readable:
        raise NotFound("request.not_found")
    return asked or readable[0]
