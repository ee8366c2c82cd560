"""Indexes for the lists people look at: one for each order, and one for each filter that few cases pass.

The two of open cases hold what those lists are mostly filtered by, so that a filter reads the index and no case.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Index, text

OPEN_CASES = (
    "status IN ('submitted', 'triage', 'dispatched', 'returned', 'arbitration', 'accepted', 'waiting', 'replied', "
    "'reopened')"
)
DONE_CASES = "status IN ('resolved', 'closed', 'rejected', 'withdrawn', 'merged')"
DUE = "COALESCE(due_at, 'infinity'::timestamp with time zone)"
URGENCY = "((NOT ringing)::integer + (danger IS NULL)::integer)"
_MOSTLY = ("status", "unit", "grid", "category")


def _at_work(name: str, *columns: str) -> Index:
    """Of what is open: a case leaves it when it ends, so it is as small as what people have in hand."""
    return Index(f"ix_cases_{name}", *columns, postgresql_where=text(OPEN_CASES))


def _by_time(name: str, column: str, where: str | None = None) -> Index:
    condition: dict[str, Any] = {"postgresql_where": text(where)} if where else {}
    return Index(f"ix_cases_{name}", text(column), "submitted_at", **condition)


def _some(name: str, where: str) -> Index:
    """Of the few cases that are so, by time."""
    return Index(f"ix_cases_{name}", "submitted_at", postgresql_where=text(where))


def _holding(column: str, nothing: str | None = None) -> Index:
    """`nothing`: what most cases have there, if that is left out."""
    where: dict[str, Any] = {"postgresql_where": text(f"{column} <> {nothing}")} if nothing else {}
    return Index(f"ix_cases_{column}", column, postgresql_using="gin", **where)


LISTED: Sequence[Index] = (
    _at_work("open", "status", "due_at"),
    _at_work("unit", "unit", "status"),
    _at_work("cell", "cell", "submitted_at"),
    Index("ix_cases_open_due", text(DUE), "id", *_MOSTLY, postgresql_where=text(OPEN_CASES)),
    Index("ix_cases_open_urgent", text(URGENCY), text(DUE), "id", *_MOSTLY, postgresql_where=text(OPEN_CASES)),
    Index("ix_cases_in_hand", "assignee", text(DUE), "id", "status", "overdue", postgresql_where=text(OPEN_CASES)),
    Index("ix_cases_nobodys", "unit", "status", postgresql_where=text(f"assignee IS NULL AND {OPEN_CASES}")),
    _by_time("of_status", "status"),
    _by_time("of_unit", "unit"),
    _by_time("of_grid", "grid"),
    _by_time("of_place", "place", "place IS NOT NULL"),
    _by_time("of_category", "category"),
    _by_time("of_item", "item"),
    _by_time("of_kind", "(facts ->> 'kind')"),
    _by_time("of_assignee", "assignee", "assignee IS NOT NULL"),
    _by_time("of_accountable", "accountable", "accountable IS NOT NULL"),
    Index("ix_cases_done", "submitted_at", "overdue", postgresql_where=text(DONE_CASES)),
    _some("danger", "danger IS NOT NULL"),
    _some("joined", "joined > 0"),
    _some("merged", "master IS NOT NULL"),
    _some("ordered", "ordered IS NOT NULL"),
    _holding("called", "'{}'::text[]"),
    _holding("co_units"),
    _holding("co_tasks", "'{}'::jsonb"),
)
