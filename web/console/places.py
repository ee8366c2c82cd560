"""Where something is for, as the forms of several pages ask it: an area, or some buildings of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AfterValidator, BeforeValidator, StringConstraints

from bot.scrub import clean
from cases import reach
from cases.book import Book
from cases.clock import TOWN_TIME
from cases.errors import NotFound
from models import Area, Person, Place
from web.console.shell import Console, at

Words = Annotated[str, BeforeValidator(lambda value: clean(value) if isinstance(value, str) else value),
                  StringConstraints(max_length=4000)]  # fmt: skip
Code = Annotated[str, StringConstraints(max_length=64)]
TICKED_MOST = 600  # buildings: more are not looked through one by one

router = APIRouter()
Here = Annotated[Console, at("proposals")]


def _in_town(moment: datetime) -> datetime:
    """A browser's own field says no zone: the town's is meant."""
    return moment.replace(tzinfo=TOWN_TIME) if moment.tzinfo is None else moment


InTown = Annotated[datetime, AfterValidator(_in_town)]


@dataclass(frozen=True)
class Choice:
    """What a form offers: somebody's areas with their households, and by grid the buildings that may be ticked."""

    areas: Sequence[tuple[Area, int]]
    grids: Sequence[tuple[str, Sequence[Place]]] = ()


@router.get("/console/places", response_model=None, include_in_schema=False)
async def buildings(here: Here, area: Annotated[Code, Query()]) -> Response:
    """The buildings of an area, as a form shows them once somebody wants only some: a county has ten thousand."""
    inside = reach.within(here.book, [area])
    too_many = len(inside) > TICKED_MOST
    if not inside or not reach.covers(here.book, here.person, inside):
        raise NotFound("request.not_found")
    return here.show("_ticks", grids=() if too_many else by_grid(here.book, inside), ticked=(), too_many=too_many)


def choice(book: Book, person: Person, ticked: Sequence[str] = ()) -> Choice:
    areas = [(area, sum(place.households for place in book.lived_in[area.code])) for area in reach.areas(book, person)]
    return Choice(areas, by_grid(book, _beside(book, ticked)))


def by_grid(book: Book, codes: Sequence[str]) -> Sequence[tuple[str, Sequence[Place]]]:
    found: dict[str, list[Place]] = {}
    for place in sorted((book.places[code] for code in codes), key=lambda one: (book.path(one.grid), one.code)):
        found.setdefault(book.area_name(place.grid), []).append(place)
    return list(found.items())


def _beside(book: Book, ticked: Sequence[str]) -> list[str]:
    """All buildings of the grids in which some are ticked."""
    return reach.within(book, {book.places[code].grid for code in ticked if code in book.places})


def chosen(book: Book, area: str, places: Collection[str]) -> list[str]:
    """The buildings ticked, else all of the area."""
    return reach.within(book, places or [area])


def named(book: Book, codes: Sequence[str], most: int = 3) -> str:
    """Some by name; an area by its own name where it is all of it."""
    whole = next((area for area in _smallest(book, codes) if reach.within(book, [area]) == sorted(codes)), None)
    if whole and len(codes) > 1:
        return book.area_name(whole)
    names = [book.place_name(code) for code in codes[:most]]
    return "、".join(names) + (f" +{len(codes) - most}" if len(codes) > most else "")


def _smallest(book: Book, codes: Sequence[str]) -> list[str]:
    paths = [book.path(book.places[code].grid) for code in codes if code in book.places]
    shared = [area for area in paths[0] if all(area in path for path in paths)] if paths else []
    return shared[::-1]
