"""Rules as rows: who handles what (routing), by when (clock policies), on which days (workdays)."""

from datetime import date, time
from enum import StrEnum
from typing import Any

from sqlmodel import Field

from models.base import DOCUMENT, WORDS, Table, new_dict, new_list, words_of


class AssignTo(StrEnum):
    CELL = "cell"  # the grid's worker
    UNIT = "unit"  # the least loaded handler of the lead unit
    NAMED = "named"  # the person in `assignee`


class Kind(StrEnum):
    """What a message wants (诉求类型), whatever it is about."""

    COMPLAINT = "complaint"
    HELP = "help"
    QUESTION = "question"
    SUGGESTION = "suggestion"
    REPORT = "report"  # of what others do against the law
    PRAISE = "praise"


class Calendar(StrEnum):
    WORKDAYS = "workdays"  # working hours of working days, make-up days included
    DAYS = "days"  # calendar days
    ALWAYS = "always"  # round the clock (24365)


class RoutingRule(Table, table=True):
    """One row; empty conditions match all. First match wins: priority, most specific area, deepest category, code."""

    __tablename__ = "routing_rules"
    code: str = Field(primary_key=True)
    priority: int = Field(index=True)  # smaller goes first
    enabled: bool = True
    valid_from: date | None = None
    valid_to: date | None = None
    category: str | None = Field(default=None, foreign_key="categories.code")  # a department's field or an item
    area: str | None = Field(default=None, foreign_key="areas.code")  # any level
    place_kind: str | None = None
    danger: bool | None = None
    from_time: time | None = None  # Shanghai time; a window may run over midnight
    to_time: time | None = None
    min_confidence: float = 0.0
    predicates: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)
    unit: str = Field(foreign_key="units.code")
    co_units: list[str] = Field(default_factory=new_list, sa_type=WORDS)
    assign: AssignTo = Field(sa_type=words_of(AssignTo))
    assignee: str | None = Field(default=None, foreign_key="people.code")
    clock: str = Field(foreign_key="clock_policies.code")
    note: str = ""
    active: bool = True  # False: gone from the table, kept for old cases that name it; never enabled


class ClockPolicy(Table, table=True):
    """Spans are written `15m`, `2h`, `3d`, `2w`; empty means no such clock."""

    __tablename__ = "clock_policies"
    code: str = Field(primary_key=True)
    name: str
    sign: str
    contact: str = ""
    resolve: str
    calendar: Calendar = Field(sa_type=words_of(Calendar))
    review: bool = False  # a leader approves the reply before the resident sees it
    photo: bool = True  # a reply needs a photo as evidence
    active: bool = True


class Workday(Table, table=True):
    """A day that differs from Monday–Friday: a holiday, or a Saturday or Sunday made up (调休)."""

    __tablename__ = "workdays"
    day: date = Field(primary_key=True)
    working: bool
    name: str
