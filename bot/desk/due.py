"""Which deadline of a case comes next, and what for."""

from datetime import datetime

from models import Case, Status

OVER = frozenset({Status.RESOLVED, Status.CLOSED, Status.REJECTED, Status.WITHDRAWN})


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
