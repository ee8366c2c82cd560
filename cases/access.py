"""Which cases somebody on the staff may see, and which steps they may take on one now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, or_, true
from sqlmodel import col, select

from cases.book import Book
from models import STEPS, Area, Case, Person, Role, Step
from models.status import EXTENSIONS, RETURN_WITHIN_HOURS

SEES_ALL = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR})
REVIEWS = frozenset({"approve", "send_back"})
HANDLES = frozenset({"return", "contact", "relay", "ask", "reply", "extend"})
DECIDES = frozenset({"grant_extension", "refuse_extension"})
TALK = frozenset({"relay", "hang_up"})  # what the other side says meanwhile is no reason to start again
FIRST = ("sign", "approve", "grant_extension", "assign", "reply")  # what a task most wants next


def sees(person: Person) -> ColumnElement[bool]:
    """The cases a person may see, as a condition for a query."""
    if person.role in SEES_ALL:
        return true()
    own = or_(col(Case.assignee) == person.code, col(Case.called).contains([person.code]))
    if person.role is Role.WORKER:
        return or_(own, col(Case.grid) == person.area)
    if person.role is Role.CLERK:
        return or_(own, col(Case.unit) == person.unit, col(Case.co_units).contains([person.unit]))
    if person.role is Role.LEADER:
        below = select(Area.code).where(col(Area.path).contains([person.area]), col(Area.level) == 3)
        in_area = col(Case.grid).in_(below) if not _whole_city(person) else false()
        return or_(own, col(Case.unit) == person.unit, in_area)
    return own


def may_see(book: Book, person: Person, case: Case) -> bool:
    """The same for one case at hand."""
    if person.role in SEES_ALL or case.assignee == person.code or person.code in case.called:
        return True
    if person.role is Role.WORKER:
        return case.grid == person.area
    if person.role is Role.CLERK:
        return person.unit == case.unit or person.unit in case.co_units
    if person.role is Role.LEADER:
        return person.unit == case.unit or (not _whole_city(person) and person.area in book.path(case.grid))
    return False


def steps_for(book: Book, person: Person, case: Case, now: datetime) -> Sequence[Step]:
    """Every step of STEPS this person may take on this case now, the most wanted first."""
    if not may_see(book, person, case):
        return []
    possible = [s for s in STEPS.values() if person.role in s.who and case.status in s.before]
    allowed = [s for s in possible if _concerns(book, person, case, s.name) and not _too_late(case, s.name, now)]
    return sorted(allowed, key=lambda s: FIRST.index(s.name) if s.name in FIRST else len(FIRST))


def needs(book: Book, case: Case, step: Step) -> frozenset[str]:
    """What the step needs in this case: evidence only where the clock policy asks for it."""
    policy = book.policies.get(case.clock or "")
    return step.needs - {"photo"} if policy and not policy.photo else step.needs


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
    if step == "sign":  # a colleague of the lead unit may take it over before it is signed
        return case.assignee == person.code or person.unit == case.unit
    if step in HANDLES:
        return case.assignee == person.code
    if step == "hang_up":
        return case.relay == person.code
    if step in REVIEWS:
        return case.assignee != person.code
    if step in DECIDES:
        return case.extension is not None and _answers_for(book, person, case)
    if step == "reassign":  # of the lead unit, or the grid leader of the grid worker who has it
        return person.unit in (case.unit, book.unit_of.get(case.assignee or ""))
    return True


def others_leading(book: Book, case: Case) -> frozenset[str]:
    """Of the lead unit, without whoever handles it."""
    leaders = (one.code for one in book.staff.get(case.unit or "", ()) if one.role is Role.LEADER)
    return frozenset(leaders) - {case.assignee}


def _answers_for(book: Book, person: Person, case: Case) -> bool:
    """The lead unit's leaders; a supervisor where the only one is who wants more time."""
    others = others_leading(book, case)
    return person.code in others or (person.role is Role.SUPERVISOR and not others)


def _too_late(case: Case, step: str, now: datetime) -> bool:
    if step == "extend":
        return not may_extend(case, now)
    if step != "return":
        return False
    late = case.signed_at is not None and now > case.signed_at + timedelta(hours=RETURN_WITHIN_HOURS)
    return case.binding or late


def _whole_city(person: Person) -> bool:
    return "-" not in person.area
