"""What one may choose from when a step needs a reason, an outcome, a unit, somebody, days or a category. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.desk.heard import Around
from bot.desk.state import Pending
from cases import access
from cases.book import Member
from models import STEPS, ExclusionReason, Outcome, ReturnReason
from models.status import EXTEND_DAYS

HAND_OVER = "hand_over"  # 交班: asked for like a step, and none
DAYS = [days for days in (1, 2, 3, 5, 7, 10, 15) if days <= EXTEND_DAYS]
ORDER_DAYS = (1, 3, 5, 7)  # working ones, in which a supervision order is answered
Option = tuple[str, Mapping[str, Any], Any, str]  # label, its arguments, value, what it is found by


def _reasons(pending: Pending, around: Around) -> list[Option]:
    return [(f"reason.{reason}", {}, str(reason), "") for reason in ReturnReason]


def _outcomes(pending: Pending, around: Around) -> list[Option]:
    return [(f"outcome.{outcome}", {}, str(outcome), "") for outcome in Outcome]


def _grounds(pending: Pending, around: Around) -> list[Option]:
    return [(f"ground.{ground}", {}, str(ground), "") for ground in ExclusionReason]


def _days(pending: Pending, around: Around) -> list[Option]:
    offered = ORDER_DAYS if pending.step == "order" else DAYS
    return [("task.button.days", {"days": days}, days, "") for days in offered]


def _units(pending: Pending, around: Around) -> list[Option]:
    """All where somebody handles cases; to be let off: those that are waited for."""
    if pending.step == "co_waive":
        waited = access.awaited(around.case) if around.case else []
        return [("task.button.unit", {"unit": code}, code, around.book.unit_name(code)) for code in waited]
    about_any = pending.step == "accuse"
    units = [unit for code, unit in around.book.units.items() if about_any or handlers(around, code)]
    return [("task.button.unit", {"unit": unit.code}, unit.code, unit.name) for unit in units]


def _called(pending: Pending, around: Around) -> list[Option]:
    """Whom one may call; those chosen so far are marked, and stand first."""
    known = {around.person.unit, *(access.awaited(around.case) if around.case else ())}
    units = [unit for code, unit in around.book.units.items() if code not in known and handlers(around, code)]
    units.sort(key=lambda unit: unit.code not in pending.units)
    marked = dict.fromkeys(pending.units, "task.button.chosen")
    return [(marked.get(one.code, "task.button.unit"), {"unit": one.code}, one.code, one.name) for one in units]


def _people(pending: Pending, around: Around) -> list[Option]:
    """Of the unit that was chosen, else of one's own; not whoever has it now."""
    unit = pending.unit or around.person.unit
    has = around.case.assignee if around.case else around.person.code
    people = around.book.staff.get(unit, ()) if pending.step in (HAND_OVER, "accuse") else handlers(around, unit)
    but = "" if pending.step == "accuse" else has
    return [("task.button.person", {"name": p.name}, p.code, p.name) for p in people if p.code != but]


def handlers(around: Around, unit: str) -> Sequence[Member]:
    return [one for one in around.book.staff.get(unit, ()) if one.role in STEPS["sign"].who]


def _categories(pending: Pending, around: Around) -> list[Option]:
    book = around.book
    rows = book.items.get(pending.field, ()) if pending.field else [c for c in book.categories.values() if not c.parent]
    return [("task.button.label", {"category": row.code}, row.code, row.name) for row in rows]


def _masters(pending: Pending, around: Around) -> list[Option]:
    """Open cases like this one; any other is named by its number."""
    return [
        ("task.button.master", {"number": one.number, "place": one.place}, one.number, one.number)
        for one in around.alike
    ]


CHOICES: Mapping[str, Callable[[Pending, Around], list[Option]]] = {
    "reason": _reasons,
    "outcome": _outcomes,
    "ground": _grounds,
    "days": _days,
    "unit": _units,
    "units": _called,
    "assignee": _people,
    "category": _categories,
    "master": _masters,
}
