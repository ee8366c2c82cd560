"""What is watched of the classifier at work: what a version would have said, and weeks unlike those before."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field

from models.base import DOCUMENT, Table, moment, new_list


class ShadowPrediction(Table, table=True):
    """What a version that only watches says about a case; nothing follows from it."""

    __tablename__ = "shadow_predictions"
    version: str = Field(primary_key=True, foreign_key="model_versions.version")
    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    label: str
    item: str | None = None
    confidence: float
    ranking: list[list[Any]] = Field(default_factory=new_list, sa_type=DOCUMENT)
    action: str
    at: datetime = moment()


class DriftAlarm(Table, table=True):
    """A week that lay outside its limits, once for each kind of figure."""

    __tablename__ = "drift_alarms"
    week: date = Field(primary_key=True)  # its Monday, in the town
    kind: str = Field(primary_key=True)
    value: float
    centre: float
    lower: float
    upper: float
    cases: int
    weeks: int  # before it, that the limits were drawn from
    at: datetime = moment()
