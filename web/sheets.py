"""Sheets for stairwells (码上议): one A4 page for each building or village, with its signed link as a QR code."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from cases.book import Book
from models import Area, Person, Place, Role
from routing.places import sign
from web import auth
from web.auth import SignedIn
from web.pages import page
from web.parts import Parts, PartsHere
from web.qr import draw

EVERYWHERE = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN})
OWN_AREA = frozenset({Role.WORKER, Role.LEADER})
STREET, COMMUNITY, GRID = 1, 2, 3

router = APIRouter()
qr = lru_cache(maxsize=1024)(draw)  # a few milliseconds each, and always the same


@dataclass(frozen=True)
class Sheet:
    """What stands on one page; `bot` is missing where residents have no bot."""

    place: Place
    grid: str
    link: str
    qr: str
    bot: str | None
    bot_qr: str | None


async def may_look(request: Request, parts: PartsHere) -> SignedIn | None:
    """None for somebody signed out: a page is answered with the way in, not with a refusal in JSON."""
    try:
        return await auth.signed_in(request, parts)
    except auth.SignedOut:
        return None


@router.get("/staff/sheets", response_model=None)
async def sheets_page(
    request: Request, me: Annotated[SignedIn | None, Depends(may_look)], parts: PartsHere, area: str = ""
) -> Response:
    if me is None:
        return RedirectResponse("/staff", 303)
    book = parts.senses.book
    areas = printable(book, me.person)
    only = areas[0].code if len(areas) == 1 else ""
    chosen = next((one for one in areas if one.code == (area or only)), None)
    if chosen is None and (area or not areas):
        return _none(request, parts, areas)
    places = homes(book, chosen) if chosen else []
    sheets = await asyncio.to_thread(lambda: [_sheet(parts, book, place) for place in places])
    return _shown(request, parts, areas, chosen, sheets)


def printable(book: Book, person: Person) -> Sequence[Area]:
    """The communities and grids whose sheets somebody may print: all where people live, or those they look after."""
    own = book.areas.get(person.area)
    if person.role in OWN_AREA and own is not None and own.level:
        inside = [area for area in book.areas.values() if own.code in area.path]
    else:
        inside = list(book.areas.values()) if person.role in EVERYWHERE else []
    chosen = [area for area in inside if area.level in (COMMUNITY, GRID) and homes(book, area)]
    return sorted(chosen, key=lambda area: area.code)


def homes(book: Book, area: Area) -> list[Place]:
    """Where people live: buildings, and in the country the natural villages (自然村)."""
    found = [place for place in book.places.values() if place.households and area.code in book.path(place.grid)]
    return sorted(found, key=lambda place: place.code)


def _sheet(parts: Parts, book: Book, place: Place) -> Sheet:
    code = sign(place.code, parts.keys.places)
    link = f"{parts.url}/p/{code}"
    bot = parts.deep_link(code) if parts.deep_link else None
    return Sheet(place, book.area_name(place.grid), link, qr(link), bot, qr(bot) if bot else None)


def _shown(request: Request, parts: Parts, areas: Sequence[Area], chosen: Area | None, sheets: list[Sheet]) -> Response:
    book = parts.senses.book
    counts = {area.code: len(homes(book, area)) for area in areas}
    asked = "area" in request.query_params
    return page(request, "sheets.html", parts, areas=areas, counts=counts, chosen=chosen, sheets=sheets, asked=asked)


def _none(request: Request, parts: Parts, areas: Sequence[Area]) -> Response:
    """Another's area and one that is not there look the same."""
    answer = _shown(request, parts, areas, None, [])
    answer.status_code = 404 if areas else 403
    return answer
