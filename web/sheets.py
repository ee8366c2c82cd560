"""Sheets for stairwells (码上议): somebody chooses a community or a grid and gets its sheets as one PDF."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.papers.sheets import Sheet
from bot.papers.sheets import sheets as printed
from bot.papers.typeset import MEDIA_TYPE
from cases.book import Book
from cases.errors import NotFound
from models import Area, Person, Place, Role
from models.town import COMMUNITY, GRID
from routing.places import sign
from web.auth import SignedInHere
from web.languages import locale_of
from web.pages import page
from web.parts import Parts, PartsHere

EVERYWHERE = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN})
OWN_AREA = frozenset({Role.WORKER, Role.LEADER})

router = APIRouter()


@router.get("/staff/sheets", response_model=None, include_in_schema=False)
async def sheets_page(request: Request, me: SignedInHere, parts: PartsHere, area: str = "") -> Response:
    book = parts.senses.book
    areas = printable(book, me.person)
    only = areas[0].code if len(areas) == 1 else ""
    chosen = _among(areas, area or only)
    if chosen is None and (area or not areas):
        return _none(request, parts, areas)
    return _shown(request, parts, areas, chosen)


@router.get("/staff/sheets.pdf", response_class=Response, include_in_schema=False)
async def sheets_pdf(request: Request, area: str, me: SignedInHere, parts: PartsHere) -> Response:
    """Another's area and one that is not there look the same."""
    book = parts.senses.book
    chosen = _among(printable(book, me.person), area)
    if chosen is None:
        raise NotFound("request.not_found")
    given = [sheet_of(parts, place) for place in homes(book, chosen)]
    made = await printed(parts.town_in(locale_of(request)), given, locale_of(request), parts.now())
    name = f'inline; filename="{chosen.code}.pdf"'
    return Response(
        made, media_type=MEDIA_TYPE, headers={"content-disposition": name, "cache-control": "private, no-store"}
    )


def _among(areas: Sequence[Area], code: str) -> Area | None:
    return next((one for one in areas if one.code == code), None)


def printable(book: Book, person: Person) -> Sequence[Area]:
    """The communities and grids whose sheets somebody may print: all where people live, or those they look after."""
    own = book.areas.get(person.area)
    if person.role in OWN_AREA and own is not None and own.level:
        inside = [area for area in book.areas.values() if own.code in area.path]
    else:
        inside = list(book.areas.values()) if person.role in EVERYWHERE else []
    chosen = [area for area in inside if area.level in (COMMUNITY, GRID) and area.code in book.lived_in]
    return sorted(chosen, key=lambda area: area.code)


def may_print(book: Book, person: Person) -> bool:
    """Whether there is any of them, without making a list of a city's grids."""
    own = book.areas.get(person.area)
    if person.role in OWN_AREA and own is not None and own.level:
        return own.code in book.lived_in
    return person.role in EVERYWHERE and bool(book.lived_in)


def homes(book: Book, area: Area) -> Sequence[Place]:
    return book.lived_in.get(area.code, ())


def sheet_of(parts: Parts, place: Place) -> Sheet:
    code = sign(place.code, parts.keys.places)
    bot = parts.deep_link(code) if parts.deep_link else None
    return Sheet(place, parts.senses.book.area_name(place.grid), f"{parts.url}/p/{code}", bot)


def _shown(request: Request, parts: Parts, areas: Sequence[Area], chosen: Area | None) -> Response:
    book = parts.senses.book
    counts = {area.code: len(homes(book, area)) for area in areas}
    asked, own = "area" in request.query_params, parts.keys.places
    places = [(place, sign(place.code, own)) for place in (homes(book, chosen) if chosen else [])]
    return page(request, "sheets.html", parts, areas=areas, counts=counts, chosen=chosen, places=places, asked=asked)


def _none(request: Request, parts: Parts, areas: Sequence[Area]) -> Response:
    """Another's area and one that is not there look the same."""
    answer = _shown(request, parts, areas, None)
    answer.status_code = 404 if areas else 403
    return answer
