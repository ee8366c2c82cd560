"""Beside a case's stops: a complaint about our own (C7) goes past them, and they never see it.

Whom it is about is read once, when it is filed, and stands in the case's facts. `routing/accused.py` reads the text.
"""

from collections.abc import Sequence

from cases.book import Book
from cases.errors import Missing
from models import Case, Role
from routing import accused as reading
from routing.assign import barred, managers

SEES_ALL = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR})


def read(book: Book, text: str, path: Sequence[str]) -> frozenset[str]:
    """Codes of the people and units a text is about."""
    return reading.accused(text, path, book.members.values(), book.units, book.areas)


def about(case: Case) -> frozenset[str]:
    """The same, of a case."""
    return frozenset(case.facts.get("accused") or ())


def never(book: Book, case: Case) -> frozenset[str]:
    """Everybody it must not be handed to: the accused, their managers, an accused unit's people."""
    whom = about(case)
    return barred(whom, _all(book), book.areas, book.units) if whom else whom


def not_led(book: Book, whom: frozenset[str]) -> frozenset[str]:
    """Units that a manager of the accused leads: their people would answer to that manager."""
    return frozenset(book.unit_of[code] for code in _managers(book, whom) if code in book.leading(book.unit_of[code]))


def is_hidden(book: Book, case: Case, person: str) -> bool:
    """From the accused and an accused unit's people; who sees every case for the town's sake, only if named."""
    whom = about(case)
    if not whom:
        return False
    member = book.members.get(person)
    return person in whom or (member is not None and member.unit in whom and member.role not in SEES_ALL)


def may_act(book: Book, case: Case, person: str) -> bool:
    """A manager of the accused may know of it, and does nothing in it."""
    whom = about(case)
    return not whom or person not in _managers(book, whom)


def check(book: Book, case: Case, unit: str | None, person: str | None) -> None:
    """Raises Missing where it would be put on the desk of those it is about."""
    if unit in about(case) or (person is not None and person in never(book, case)):
        raise Missing("step.about_them")


def _managers(book: Book, whom: frozenset[str]) -> frozenset[str]:
    return managers(whom, _all(book), book.areas, book.units) if whom else whom


def _all(book: Book) -> Sequence[reading.Named]:
    return list(book.members.values())
