"""For whom somebody on the staff may speak: a grid worker for own grids, a leader for an area, the desks for all."""

from collections.abc import Collection, Iterable, Sequence

from cases.book import Book, Member
from models import Area, Person, Place, Role
from routing.assign import held

EVERYWHERE = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN})
READS_ALL = EVERYWHERE | {Role.AUDITOR}


def areas(book: Book, person: Person | Member) -> Sequence[Area]:
    """Those they may speak for, from the top down; areas nobody lives in are left out."""
    mine = _own(book, person, EVERYWHERE)
    lived_in = (book.areas[code] for code in book.lived_in)
    inside = (area for area in lived_in if mine is None or mine & {*area.path})
    return sorted(inside, key=lambda area: (area.path, area.code))


def places(book: Book, person: Person | Member) -> Sequence[Place]:
    """The buildings and villages people live in that are theirs."""
    return [book.places[code] for code in _reached(book, person, EVERYWHERE)]


def covers(book: Book, person: Person | Member, codes: Collection[str]) -> bool:
    """Whether all of these places are theirs to speak for."""
    return bool(codes) and set(codes) <= set(_reached(book, person, EVERYWHERE))


def touches(book: Book, person: Person | Member, codes: Iterable[str]) -> bool:
    """Whether they may read what is said there: any of it is theirs, or they read everything."""
    return person.role in READS_ALL or not set(codes).isdisjoint(_reached(book, person, READS_ALL))


def within(book: Book, chosen: Iterable[str]) -> list[str]:
    """The places people live in, inside these areas or among these places."""
    found = set[str]()
    for code in chosen:
        place = book.places.get(code)
        found |= {one.code for one in book.lived_in.get(code, ())}
        found |= {code} if place is not None and place.households else set()
    return sorted(found)


def households(book: Book, codes: Iterable[str]) -> int:
    return sum(book.places[code].households for code in codes if code in book.places)


def of_area(book: Book, person: Person | Member, area: str) -> bool:
    """Whether an area's work is theirs to look after: a leader's own and what lies below it."""
    mine = _own(book, person, READS_ALL)
    return mine is None or bool(mine & {*book.path(area)})


def _own(book: Book, person: Person | Member, everywhere: Collection[Role]) -> set[str] | None:
    """None: everything."""
    if person.role in everywhere:
        return None
    if person.role is Role.WORKER:
        return set(held(person))
    if person.role is Role.LEADER:
        own = book.areas.get(person.area)
        return {*person.holds, *([person.area] if own is not None and own.level else [])}
    return set()


def _reached(book: Book, person: Person | Member, everywhere: Collection[Role]) -> list[str]:
    mine = _own(book, person, everywhere)
    return within(book, [book.town.code] if mine is None else mine)
