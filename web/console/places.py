"""Where something is for, as the forms of several pages ask it: an area, or some buildings of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from bot.scrub import clean
from cases import reach
from cases.book import Book
from cases.clock import TOWN_TIME
from models import Area, Person, Place

Words = Annotated[str, BeforeValidator(lambda value: clean(value) if isinstance(value, str) else value),
                  StringConstraints(max_length=4000)]  # fmt: skip
Code = Annotated[str, StringConstraints(max_length=64)]


def _in_town(moment: datetime) -> datetime:
    """A browser's own field says no zone: the town's is meant."""
    return moment.replace(tzinfo=TOWN_TIME) if moment.tzinfo is None else moment


InTown = Annotated[datetime, AfterValidator(_in_town)]


@dataclass(frozen=True)
class Choice:
    """What somebody may choose from: their areas, and their buildings by grid."""

    areas: Sequence[tuple[Area, int]]  # with how many households
    grids: Sequence[tuple[str, Sequence[Place]]]


def choice(book: Book, person: Person) -> Choice:
    mine = reach.places(book, person)
    areas = [
        (area, sum(place.households for place in mine if area.code in book.path(place.grid)))
        for area in reach.areas(book, person)
    ]
    by_grid: dict[str, list[Place]] = {}
    for place in sorted(mine, key=lambda one: (book.path(one.grid), one.code)):
        by_grid.setdefault(book.area_name(place.grid), []).append(place)
    return Choice(areas, list(by_grid.items()))


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
