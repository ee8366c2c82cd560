"""Which cases somebody on the staff may see, and which steps they may take on one now."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, true
from sqlalchemy.dialects.postgresql import array
from sqlmodel import col, select

from cases import accused
from cases.book import Book
from models import STEPS, Area, Case, CoStatus, Person, Role, Status, Step
from models.status import EXCLUDE_WITHIN_DAYS, EXTENSIONS, RETURN_WITHIN_HOURS
from models.town import GRID
from routing.assign import held

SEES_ALL = accused.SEES_ALL
REVIEWS = frozenset({"approve", "send_back"})
HANDLES = frozenset({"return", "contact", "relay", "ask", "reply", "extend", "raise", "whistle"})
CALLED = frozenset({"co_sign", "co_answer", "co_decline"})  # by whoever was called to it
PENDING = frozenset({CoStatus.CALLED, CoStatus.SIGNED})
ABOUT_DANGER = frozenset({"take_alarm", "false_alarm"})
ABOUT_ORDERS = frozenset({"order", "answer_order", "close_order"})
ABOUT_EXCLUSION = frozenset(
    {"exclude", "grant_exclusion", "refuse_exclusion", "uphold_appeal", "dismiss_appeal"}
)  # left out of the rates
DECIDES = frozenset({"grant_extension", "refuse_extension"})
MERGES = frozenset({"merge", "unmerge"})
# What happens meanwhile is no reason to start again: the other side says something, an alarm rings once more.
ANYTIME = frozenset({"relay", "hang_up", "take_alarm", "note"})
FIRST = (  # what a task most wants next
    "sign", "take_alarm", "co_sign", "co_answer", "approve", "answer_order", "close_order", "grant_extension",
    "grant_exclusion", "uphold_appeal", "assign", "reply",
)  # fmt: skip
LAST = ("note", "accuse", "return")  # a line for colleagues, seldom, and to send it back: never what is offered first


def sees(person: Person) -> ColumnElement[bool]:
    """The cases a person may see, as a condition for a query; never one about themselves."""
    return or_(*reaches(person)) & not_about(person)


def not_about(person: Person) -> ColumnElement[bool]:
    """Hides what is about them (C7): from the staff at large also what is about their unit."""
    hides = [person.code] if person.role in SEES_ALL else [person.code, person.unit]
    return ~func.coalesce(col(Case.facts)["accused"].has_any(array(hides)), false())


def reaches(person: Person) -> Sequence[ColumnElement[bool]]:
    """Each reason for which a case is theirs to see, the commonest first: a list asks for each by itself."""
    if person.role in SEES_ALL:
        return [true()]
    own = [
        col(Case.assignee) == person.code,
        (col(Case.called) != []) & col(Case.called).contains([person.code]),
        col(Case.accountable) == person.code,
        col(Case.filed_by) == person.code,
        (col(Case.co_tasks) != {}) & col(Case.co_tasks).op("?", is_comparison=True)(person.unit),
    ]
    if person.role is Role.WORKER:
        return [*own, col(Case.grid).in_(held(person))]
    if person.role is Role.CLERK:
        return [col(Case.unit) == person.unit, *own, col(Case.co_units).contains([person.unit])]
    if person.role is Role.LEADER:
        below = select(Area.code).where(col(Area.path).contains([person.area]), col(Area.level) == GRID)
        around = [] if _whole_city(person) else [col(Case.grid).in_(below)]
        return [col(Case.unit) == person.unit, *around, *own, col(Case.grid).in_(person.holds)]
    return own


def may_see(book: Book, person: Person, case: Case) -> bool:
    """The same for one case at hand."""
    return _is_reached(book, person, case) and not accused.is_hidden(book, case, person.code)


def _is_reached(book: Book, person: Person, case: Case) -> bool:
    if person.role in SEES_ALL or person.code in (case.assignee, case.accountable, case.filed_by, *case.called):
        return True
    if person.unit in case.co_tasks:
        return True
    if person.role is Role.WORKER:
        return case.grid in held(person)
    if person.role is Role.CLERK:
        return person.unit == case.unit or person.unit in case.co_units
    if person.role is Role.LEADER:
        around = not _whole_city(person) and person.area in book.path(case.grid)
        return person.unit == case.unit or around or case.grid in person.holds
    return False


def steps_for(book: Book, person: Person, case: Case, now: datetime) -> Sequence[Step]:
    """Every step of STEPS this person may take on this case now, the most wanted first."""
    allowed = _allowed(book, person, case, STEPS.values(), now)
    ranks = {name: n for n, name in enumerate(FIRST)} | {name: len(STEPS) + n for n, name in enumerate(LAST)}
    return sorted(allowed, key=lambda s: ranks.get(s.name, len(FIRST)))


def may_take(book: Book, person: Person, case: Case, step: str, now: datetime) -> bool:
    """Whether it is one of those."""
    return bool(_allowed(book, person, case, [STEPS[step]], now))


def _allowed(book: Book, person: Person, case: Case, some: Iterable[Step], now: datetime) -> Sequence[Step]:
    if not may_see(book, person, case) or not accused.may_act(book, case, person.code):
        return []
    possible = [s for s in some if person.role in s.who and case.status in s.before]
    return [s for s in possible if _concerns(book, person, case, s.name) and not _too_late(case, s.name, now)]


def needs(book: Book, case: Case, step: Step) -> frozenset[str]:
    """What the step needs in this case: evidence only where the clock policy asks for it, to decide also a reason."""
    if step.name == "assign" and case.status is Status.ARBITRATION:
        return step.needs | {"text"}
    policy = book.policies.get(case.clock or "")
    return step.needs - {"photo"} if policy and not policy.photo else step.needs


def called(person: Person, case: Case) -> Mapping[str, Any] | None:
    """What their unit was called for, while it is neither answered nor ended otherwise."""
    task: Mapping[str, Any] | None = case.co_tasks.get(person.unit)
    return task if task and task["status"] in PENDING and case.status in STEPS["co_sign"].before else None


def owes(person: Person, case: Case) -> Mapping[str, Any] | None:
    """The same, where it is this person's."""
    task = called(person, case)
    return task if task and task["assignee"] == person.code else None


def awaited(case: Case) -> list[str]:
    """The called units that have not ended what they were called for."""
    return [unit for unit, task in case.co_tasks.items() if task["status"] in PENDING]


def may_extend(case: Case, now: datetime) -> bool:
    """Before the deadline, one wish at a time, granted once a round."""
    in_time = case.due_at is not None and now < case.due_at
    return in_time and case.extension is None and case.extensions < EXTENSIONS


def wanted(steps: Sequence[Step]) -> str | None:
    """The one to offer before all others, if there is one."""
    return next((step.name for step in steps[:1] if step.name in FIRST), None)


def may_add(book: Book, case: Case, step: Step) -> frozenset[str]:
    """What the step takes besides."""
    return (step.may | step.needs) - needs(book, case, step)


def _concerns(book: Book, person: Person, case: Case, step: str) -> bool:
    if step == "sign":  # a colleague of the lead unit may take it over before it is signed, not who handed it on
        return case.assignee == person.code or (person.unit == case.unit and person.code != case.accountable)
    if step == "assign":
        return person.role is Role.DISPATCHER or case.status is Status.ARBITRATION
    if step in CALLED:
        return _owes(person, case, step)
    if step == "co_waive":
        return bool(awaited(case))
    if step == "reply" and awaited(case):
        return False
    if step in HANDLES:
        return case.assignee == person.code
    if step == "hang_up":
        return case.relay == person.code
    if step in REVIEWS:
        return case.assignee != person.code
    if step in ABOUT_DANGER:
        return case.ringing if step == "take_alarm" else bool(case.danger)
    if step in ABOUT_ORDERS:
        return _order_wants(person, case, step)
    if step in ABOUT_EXCLUSION:
        return _exclusion_wants(person, case, step)
    if step in DECIDES:
        return case.extension is not None and _answers_for(book, person, case)
    if step in MERGES:  # the dispatch desk, or the lead unit's own leader
        return person.role is Role.DISPATCHER or person.unit == case.unit
    if step == "reassign":  # of the lead unit, or the grid leader of the grid worker who has it
        return person.unit in (case.unit, book.unit_of.get(case.assignee or ""))
    return True


def _owes(person: Person, case: Case, step: str) -> bool:
    """Anybody of a called unit signs or declines; once signed it is theirs, or their leader's."""
    task = called(person, case)
    if task is None:
        return False
    if task["status"] == CoStatus.CALLED:
        return step != "co_answer"
    return step != "co_sign" and (task["assignee"] == person.code or person.role is Role.LEADER)


def others_leading(book: Book, case: Case) -> frozenset[str]:
    """Of the lead unit, without whoever handles it."""
    leaders = (one.code for one in book.staff.get(case.unit or "", ()) if one.role is Role.LEADER)
    return frozenset(leaders) - {case.assignee}


def _answers_for(book: Book, person: Person, case: Case) -> bool:
    """The lead unit's leaders; a supervisor where the only one is who wants more time."""
    others = others_leading(book, case)
    return person.code in others or (person.role is Role.SUPERVISOR and not others)


def _order_wants(person: Person, case: Case, step: str) -> bool:
    """A new one where none is open, or the open one was answered or is overdue; an answer; that it is taken."""
    open_ = case.ordered or {}
    answered = bool(open_.get("answered_by"))
    if step == "order":
        return not open_ or answered or bool(open_.get("overdue"))
    if step == "close_order":
        return answered
    mine = person.code in (*open_.get("to", ()), case.assignee) or _leads(person, open_.get("unit"))
    return bool(open_) and not answered and mine


def exclusion(case: Case) -> Mapping[str, Any]:
    """The last one asked for, with its `state`; empty where none was."""
    return case.exclusion or {}


def _exclusion_wants(person: Person, case: Case, step: str) -> bool:
    """Whoever handled it or leads the unit asks, once a round; the others are each somebody else."""
    asked = exclusion(case)
    state = asked.get("state")
    if step == "exclude":
        pending = state in ("proposed", "appealed") or asked.get("round") == case.round
        return not pending and (case.assignee == person.code or _leads(person, case.unit))
    if step in ("grant_exclusion", "refuse_exclusion"):
        return state == "proposed" and person.code != asked["by"]
    return state == "appealed" and person.code not in (asked["by"], asked["decided_by"])


def _leads(person: Person, unit: str | None) -> bool:
    return person.role is Role.LEADER and person.unit == unit


def _too_late(case: Case, step: str, now: datetime) -> bool:
    if step == "extend":
        return not may_extend(case, now)
    if step == "exclude":
        return case.resolved_at is None or now > case.resolved_at + timedelta(days=EXCLUDE_WITHIN_DAYS)
    if step != "return":
        return False
    late = case.signed_at is not None and now > case.signed_at + timedelta(hours=RETURN_WITHIN_HOURS)
    return case.binding or late


def _whole_city(person: Person) -> bool:
    return "-" not in person.area
