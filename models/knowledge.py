"""What the town knows (办事指南): how errands are done, how often that helped; and texts it words its own way."""

from datetime import date, datetime

from sqlmodel import Field

from models.base import WORDS, Table, moment, new_list


class Service(Table, table=True):
    """One errand, as a window clerk would explain it. Written in Simplified and English; Traditional is made from that.

    `asked`: how people ask for it, by which it is found. What is past `valid_to` is told to nobody.
    """

    __tablename__ = "services"
    code: str = Field(primary_key=True)
    topic: str  # a heading of the menu, see routing/topics.py
    unit: str = Field(foreign_key="units.code", index=True)  # whose clerks keep it
    category: str = Field(foreign_key="categories.code")  # what it becomes where it did not help
    title: str
    title_en: str
    asked: list[str] = Field(default_factory=new_list, sa_type=WORDS)
    steps: list[str] = Field(default_factory=new_list, sa_type=WORDS)
    materials: list[str] = Field(default_factory=new_list, sa_type=WORDS)
    place: str
    hours: str
    takes: str
    cost: str
    call: str
    answer_en: str
    reviewed_on: date  # the day somebody last held it against what the window does
    valid_to: date | None = None
    active: bool = True


class ServiceCount(Table, table=True):
    """How often an answer was shown on a day and what people said to it. Nobody's name is anywhere near."""

    __tablename__ = "service_counts"
    service: str = Field(primary_key=True, foreign_key="services.code")
    day: date = Field(primary_key=True)
    shown: int = 0
    useful: int = 0
    unsolved: int = 0


class TextOverride(Table, table=True):
    """A text of the catalogues as this town words it."""

    __tablename__ = "text_overrides"
    locale: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    text: str
    by: str = Field(foreign_key="people.code")
    at: datetime = moment()
