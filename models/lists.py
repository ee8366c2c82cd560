"""What is told of a week (周通报), and what a community shall finish in a month (清零)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from models.base import DOCUMENT, Table, moment, new_dict


class Bulletin(Table, table=True):
    """周通报 of the town or a street as it was told: the names in it are those of that time, codes are in it, too."""

    __tablename__ = "bulletins"
    area: str = Field(primary_key=True, foreign_key="areas.code")
    week: date = Field(primary_key=True)  # its Monday
    content: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)
    made_at: datetime = moment()
    told_at: datetime | None = moment(
        nullable=True
    )  # when it was put out; None: somebody asked for it before, or later


class ClearingTarget(Table, table=True):
    """How many disputes a community or village shall settle in a month. Set anew: one more row, the last counts."""

    __tablename__ = "clearing_targets"
    __table_args__ = (Index("ix_clearing_targets_month", "month", "area"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    area: str = Field(foreign_key="areas.code")
    month: date  # its first day
    settle: int | None = None  # None: all that were open when the month began (清零)
    set_by: str = Field(foreign_key="people.code")
    set_at: datetime = moment()
