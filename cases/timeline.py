"""Which events are a case's. Whoever has the case in hand asks by these, so that only its own months are looked into.

The record (cases/record.py) does not: it reads all there is of a case, wherever it lies.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, SQLColumnExpression
from sqlmodel import col

from models import Case, Event

SLACK = timedelta(days=1)
"""No event is before its case was filed (`lifecycle`); before that held, clocks differed by less."""

SINCE_FILED = "at >= cases.submitted_at - interval '1 day'"
"""SQL: the same, where both tables are at hand."""


def of(case: Case) -> tuple[ColumnElement[bool], ...]:
    return (col(Event.case_id) == case.id, since(case.submitted_at))


def since(filed: datetime | SQLColumnExpression[datetime]) -> ColumnElement[bool]:
    return col(Event.at) >= filed - SLACK
