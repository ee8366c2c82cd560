"""Beside triage: three desks a case might go to, each with its reason. A person decides; nothing is written here.

First what the rules make of each label the model holds possible, then where its neighbours went, then who is near.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import accused, dispatch, triage
from cases.book import Book
from cases.dispatch import Refused
from cases.joining import Alike
from models import STEPS, Case, Prediction
from routing.rules import Decision, Facts, NoRule

MOST = 3
LABELS = 5  # of the ranking


@dataclass(frozen=True)
class Suggestion:
    """`why`: the model and a rule, a neighbour's desk, or the unit that serves the place."""

    why: str  # "model", "alike" or "area"
    unit: str
    person: str | None  # who would get it; None: the whole unit
    named: bool = False  # the rule means this very person: they are asked for by name
    category: str | None = None
    share: float | None = None
    explanation: dict[str, Any] = field(default_factory=dict)
    number: str | None = None  # the neighbour's


async def suggest(
    session: AsyncSession, book: Book, case: Case, guess: Prediction | None, alike: Sequence[Alike], now: datetime
) -> list[Suggestion]:
    """At most MOST, each another unit, none that refused it or that it is about."""
    refused = await triage.refused_by(session, case)
    found: dict[str, Suggestion] = {}
    for category, share in _labels(book, case, guess):
        one = await _by_rule(session, book, case, category, share, refused, now)
        if one is not None:
            found.setdefault(one.unit, one)
    others = [*await _neighbours(session, alike), *_serving(book, case)]
    for one in others:
        if len(found) < MOST and one.unit not in found and _may_have(book, case, one.unit, refused.units):
            person = await dispatch.least_loaded(session, book, case, one.unit, now)
            found[one.unit] = replace(one, person=person)
    return list(found.values())[:MOST]


def _labels(book: Book, case: Case, guess: Prediction | None) -> Iterator[tuple[str, float | None]]:
    """As codes, the likeliest first; what the case goes by already before all others."""
    if case.category:
        yield case.item or case.category, None
    for label, share in guess.ranking[:LABELS] if guess else ():
        item = guess.item if guess and label == guess.label else None
        if (item or label) in book.categories and label != case.category:
            yield item or label, float(share)


async def _by_rule(
    session: AsyncSession, book: Book, case: Case, category: str, share: float | None, refused: Refused, now: datetime
) -> Suggestion | None:
    """As if a person had said that it is of this category."""
    decision = _decision(book, dispatch.facts_of(book, case, now, refused), category)
    if decision is None or not _may_have(book, case, decision.unit, refused.units):
        return None
    person = await dispatch.handler(session, book, case, decision, refused, now)
    named = person is not None and book.unit_of.get(person) == decision.unit
    if not named:  # a grid's worker is of another unit: by hand it goes to the unit itself
        person = await dispatch.least_loaded(session, book, case, decision.unit, now)
    return Suggestion("model", decision.unit, person, named, category, share, decision.explanation)


def _decision(book: Book, facts: Facts, category: str) -> Decision | None:
    """None where only the catch-all fits, which means this very desk, or nothing does."""
    known = book.categories[category]
    field_, item = (known.parent, known.code) if known.parent else (known.code, None)
    try:
        decision = book.rules.route(replace(facts, category=field_, item=item, confidence=1.0))
    except NoRule:
        return None
    return None if book.rules.catches_all(decision.rule) else decision


async def _neighbours(session: AsyncSession, alike: Sequence[Alike]) -> list[Suggestion]:
    """Where open cases nearby lie that tell of the same."""
    numbers = [one.number for one in alike]
    chosen = select(Case).where(col(Case.number).in_(numbers), col(Case.unit).is_not(None))
    cases = (await session.exec(chosen)).all() if numbers else ()
    by_number = {case.number: case for case in cases}
    near = [by_number[number] for number in numbers if number in by_number]
    return [Suggestion("alike", c.unit or "", None, category=c.item or c.category, number=c.number) for c in near]


def _serving(book: Book, case: Case) -> list[Suggestion]:
    """Units of the place, the nearest first: those of its community, then of its street."""
    path = book.path(case.grid)[1:]
    return [
        Suggestion("area", unit.code, None)
        for area in reversed(path)
        for unit in book.units.values()
        if unit.area == area
    ]


def _may_have(book: Book, case: Case, unit: str, refused: Collection[str]) -> bool:
    """Somebody there handles cases, they have not refused it, and it is not about them."""
    able = any(one.role in STEPS["sign"].who for one in book.staff.get(unit, ()))
    return able and unit not in refused and unit not in accused.about(case) and unit != book.town.desk
