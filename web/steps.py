"""The steps somebody may take on a case now, as JSON: what each needs and what there is to choose from."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bot.texts import say
from cases import access
from cases.book import Book
from models import STEPS, Calendar, Case, Outcome, Person, ReturnReason, Step
from models.status import EXTEND_DAYS

WORDS: Mapping[str, Iterable[str]] = {"reason": ReturnReason, "outcome": Outcome}


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
    if "assignee" in needs:
        choices["assignee"] = _colleagues(book, person, case)
    return {
        "name": step.name,
        "label": say(f"step_name.{step.name}", locale),
        "needs": sorted(needs),
        "optional": sorted(access.may_add(book, case, step)),
        "choices": choices,
    }


def _colleagues(book: Book, person: Person, case: Case) -> list[dict[str, str]]:
    """Those of one's own unit who handle cases, except whoever has it."""
    mine = book.staff.get(person.unit, ())
    able = [one for one in mine if one.role in STEPS["sign"].who and one.code != case.assignee]
    return [{"value": one.code, "label": one.name} for one in able]


def _days(book: Book, case: Case, step: Step) -> dict[str, Any]:
    """How many one may ask for, and whether they are working days."""
    if "days" not in step.needs:
        return {}
    policy = book.policies.get(case.clock or "")
    return {"days": {"most": EXTEND_DAYS, "working": policy is not None and policy.calendar is Calendar.WORKDAYS}}
