"""Which deadline of a case comes next, and what for."""

from datetime import datetime

from cases import access
from models import Case, Person, Status

OVER = frozenset({Status.RESOLVED, Status.CLOSED, Status.REJECTED, Status.WITHDRAWN, Status.MERGED})


def due_for(person: Person, case: Case) -> tuple[datetime | None, str]:
    """The same for one person: their part in it, where their unit was called."""
    task = access.owes(person, case) if person.code != case.assignee else None
    if task is None:
        return next_due(case)
    return datetime.fromisoformat(task["due"]), f"co_{task['status']}"


def next_due(case: Case) -> tuple[datetime | None, str]:
    """The moment, and the end of a text key: sign, sort, contact, resolve, waiting; nothing for what is over."""
    if case.status in OVER:
        return None, ""
    if case.status is Status.WAITING:
        return None, "waiting"
    if case.status is Status.DISPATCHED and case.sign_due_at:
        return case.sign_due_at, "sign"
    if case.status in (Status.TRIAGE, Status.ARBITRATION) and case.sign_due_at:
        return case.sign_due_at, "sort"
    if case.status is Status.ACCEPTED and case.contacted_at is None and case.contact_due_at:
        return min((case.contact_due_at, "contact"), (case.due_at or case.contact_due_at, "resolve"))
    return case.due_at, "resolve"
