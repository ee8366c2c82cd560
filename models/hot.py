"""What many people say at once, and how a grid does on a day."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from models.base import DOCUMENT, WORDS, Table, moment, new_list, words_of


class HotIssue(Table, table=True):
    """热点: many cases about one thing, as one card."""

    __tablename__ = "hot_issues"
    __table_args__ = (Index("ix_hot_issues_last", "last_at"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    title: str  # the sentence that says it best, redacted
    words: list[str] = Field(default_factory=new_list, sa_type=WORDS)  # what its cases have in common
    place: str | None = Field(default=None, foreign_key="places.code")
    area: str | None = Field(default=None, foreign_key="areas.code")  # the smallest that holds most of its cases
    category: str | None = Field(default=None, foreign_key="categories.code")
    case_id: UUID = Field(foreign_key="cases.id")  # whose sentence it is
    count: int
    growth: float = 0.0  # cases of its last seven days beside those of the seven before, at least one
    first_at: datetime = moment()
    last_at: datetime = moment()
    told_at: datetime | None = moment(nullable=True)  # when it was a card first
    closed_at: datetime | None = moment(nullable=True)
    closed_by: str | None = Field(default=None, foreign_key="people.code")  # None: nobody spoke of it any more


class HotCase(Table, table=True):
    """A case that was held against those before it. `at`: when it was filed."""

    __tablename__ = "hot_cases"
    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    issue: int | None = Field(default=None, foreign_key="hot_issues.id", sa_type=BigInteger, index=True)  # None: alone
    likeness: float = 0.0
    at: datetime = moment(index=True)


class Colour(StrEnum):
    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"


class AreaDay(Table, table=True):
    """红黄蓝预警 and 平安指数 of an area on a day of the town, with the reasons."""

    __tablename__ = "area_days"
    __table_args__ = (Index("ix_area_days_day", "day", "colour"),)
    area: str = Field(primary_key=True, foreign_key="areas.code")
    day: date = Field(primary_key=True)
    colour: Colour = Field(sa_type=words_of(Colour))
    index: float  # 0–100, 100 is as safe as can be
    reasons: list[dict[str, Any]] = Field(default_factory=new_list, sa_type=DOCUMENT)
