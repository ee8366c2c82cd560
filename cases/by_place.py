"""Beside a case's stops: a place that was typed, as the areas and places it stands for, and as residents wrote it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlmodel import col

from cases.book import Book
from cases.word_index import SHORTEST, stands
from models import Case
from models.town import GRID

PLACES = 2_000


@dataclass(frozen=True)
class Spot:
    """One reason to lie there; each is asked by itself, for together no index would answer them."""

    where: Sequence[ColumnElement[bool]]
    words: Sequence[str] = ()  # by these the index of words finds it
    marks: Sequence[str] = ()  # or by one of these


def spots(book: Book, asked: str) -> Sequence[Spot]:
    """By the codes it stands for; and by how residents wrote it where nobody knew the place."""
    grids, places = where(book, asked)
    found = [Spot([col(Case.grid).in_(grids)], marks=[f"grid={one}" for one in grids])] if grids else []
    found += [Spot([col(Case.place).in_(places)], marks=[f"place={one}" for one in places])] if places else []
    if asked not in book.areas and asked not in book.places and len(asked) >= SHORTEST:
        words = [word for word in asked.split() if len(word) >= SHORTEST]
        found += [Spot([stands(col(Case.place_text), word) for word in words], words)] if words else []
    return found


def where(book: Book, asked: str) -> tuple[list[str], list[str]]:
    """Grids and places: of the area or place with this code, else of all that are called so."""
    if asked in book.areas:
        return below(book, [asked]), []
    if known := book.places.get(asked):
        return [], [asked, *(code for code, one in book.places.items() if one.name.startswith(known.name + " "))]
    areas = [code for code, one in book.areas.items() if asked in one.name]
    places = [code for code, one in book.places.items() if asked in one.name or asked in one.aliases]
    return below(book, areas), places[:PLACES]


def below(book: Book, areas: Sequence[str]) -> list[str]:
    """The grids in some areas."""
    wanted = set(areas)
    return [code for code, one in book.areas.items() if one.level >= GRID and wanted & set(one.path)] if wanted else []
