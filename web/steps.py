"""The steps somebody may take on a case now, as JSON: what each needs and what there is to choose from."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.texts import say
from cases import access
from cases.book import Book
from models import STEPS, Calendar, Case, ExclusionReason, Outcome, Person, ReturnReason, Step
from models.status import EXTEND_DAYS
from models.town import STREET

WORDS: Mapping[str, Iterable[str]] = {"reason": ReturnReason, "ground": ExclusionReason, "outcome": Outcome}


def shown(book: Book, person: Person, case: Case, locale: str, now: datetime) -> list[dict[str, Any]]:
    """Drawn from STEPS, the most wanted first."""
    allowed = access.steps_for(book, person, case, now)
    first = access.wanted(allowed)
    return [
        _step(book, person, case, step, locale) | {"primary": step.name == first} | _days(book, case, step)
        for step in allowed
    ]


def _step(book: Book, person: Person, case: Case, step: Step, locale: str) -> dict[str, Any]:
    needs = access.needs(book, case, step)
    choices = {
        name: [{"value": str(value), "label": say(f"{name}.{value}", locale)} for value in words]
        for name, words in WORDS.items()
        if name in needs
    }
    if "units" in needs:
        choices["units"] = _callable(book, person, case, locale)
    if step.name == "co_waive":
        choices["unit"] = [_unit(book, code, locale) for code in access.awaited(case)]
    if "assignee" in needs:
        choices["assignee"] = _members(book, person.unit, case.assignee)
    if step.name == "order":
        choices["assignee"] = _members(book, case.unit or book.town.desk)
    if step.name == "accuse":
        choices["unit"] = [_unit(book, code, locale) for code in book.units]
        choices["assignee"] = _everybody(book, locale)
    return {
        "name": step.name,
        "label": say(f"step_name.{step.name}", locale),
        "needs": sorted(needs),
        "optional": sorted(access.may_add(book, case, step)),
        "choices": choices,
    }


def _callable(book: Book, person: Person, case: Case, locale: str) -> list[dict[str, str]]:
    """The city's units and its street's that have somebody to handle cases, but one's own and those called already."""
    known = {person.unit, *access.awaited(case)}
    streets = ("", *book.path(case.grid)[STREET : STREET + 1]) if case.grid else list(book.handling)
    return [
        _unit(book, code, locale) for street in streets for code in book.handling.get(street, ()) if code not in known
    ]


def _unit(book: Book, code: str, locale: str) -> dict[str, str]:
    return {"value": code, "label": book.unit_name(code, locale)}


def _members(book: Book, unit: str, but: str | None = None) -> list[dict[str, str]]:
    """Those of a unit who handle cases, except whoever has it."""
    able = [one for one in book.staff.get(unit, ()) if one.role in STEPS["sign"].who and one.code != but]
    return [{"value": one.code, "label": one.name} for one in able]


def _everybody(book: Book, locale: str) -> list[dict[str, str]]:
    """All who work here, with where, by unit."""
    return [
        {"value": one.code, "label": say("word.person_of", locale, name=one.name, unit=book.unit_name(unit, locale))}
        for unit, people in book.staff.items()
        for one in people
    ]


def _days(book: Book, case: Case, step: Step) -> dict[str, Any]:
    """How many one may ask for, and whether they are working days."""
    if step.name == "order":
        return {"days": {"most": EXTEND_DAYS, "working": True}}
    if "days" not in step.needs:
        return {}
    policy = book.policies.get(case.clock or "")
    return {"days": {"most": EXTEND_DAYS, "working": policy is not None and policy.calendar is Calendar.WORKDAYS}}


def for_dispatcher(book: Book, people: Sequence[Person]) -> dict[str, Any]:
    """What a dispatcher may choose from: units with their people, departments with their items."""
    units = [
        {
            "code": unit.code,
            "name": unit.name,
            "people": [{"code": p.code, "name": p.name} for p in people if p.unit == unit.code],
        }
        for unit in book.units.values()
    ]
    fields = [c for c in book.categories.values() if c.parent is None]
    categories = [
        {
            "code": field.code,
            "name": field.name,
            "items": [{"code": item.code, "name": item.name} for item in book.items.get(field.code, ())],
        }
        for field in fields
    ]
    return {"units": [unit for unit in units if unit["people"]], "categories": categories}
