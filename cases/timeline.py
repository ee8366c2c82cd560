"""Which events are a case's: everybody who has the case in hand asks by these, so that only its months are looked into."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement
from sqlmodel import col

from models import Case, Event

Moment = datetime | BindParameter[datetime]


def of(case: Case) -> tuple[ColumnElement[bool], ...]:
    """No event is before its case was filed (`lifecycle`), so the parts before lie aside."""
    return since(case.id, case.submitted_at)


def since(case: UUID | BindParameter[UUID], filed: Moment) -> tuple[ColumnElement[bool], ...]:
    return (col(Event.case_id) == case, col(Event.at) >= filed)
