"""What is added up once and kept."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field

from models.base import DOCUMENT, Table, moment, new_list


class WeekSums(Table, table=True):
    """A week that is over, in cells: what `cases.week_sums` counted of it, and which events it knew."""

    __tablename__ = "week_sums"
    week: date = Field(primary_key=True)  # its Monday
    counted_by: str  # which SQL, for which dispatch desk: counted by another it is counted anew
    upto: int = Field(sa_type=BigInteger)  # id of the last event that is in it or none of its …
    late: int = 0  # … and how many after that one reach back into it and were known
    cells: list[Any] = Field(default_factory=new_list, sa_type=DOCUMENT)  # of grid, unit, category, about, counts
    at: datetime = moment()
