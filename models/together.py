"""Cases on which several work: the departments a grid called (吹哨报到), each with a task and a clock of its own."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field

from models.base import DOCUMENT, Table, moment, new_list, words_of


class CoStatus(StrEnum):
    CALLED = "called"  # 待报到
    SIGNED = "signed"  # 协办中
    ANSWERED = "answered"  # 已反馈
    DECLINED = "declined"  # 不归本单位
    WAIVED = "waived"  # 督办员免予反馈


class CoTask(Table, table=True):
    """What one called unit owes to one case in one round. The lead answers only when all are answered or waived."""

    __tablename__ = "co_tasks"
    __table_args__ = (
        UniqueConstraint("case_id", "round", "unit"),
        Index("ix_co_tasks_unit", "unit", "status"),
        Index("ix_co_tasks_due", "due_at", postgresql_where=text("status IN ('called', 'signed') AND NOT overdue")),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    case_id: UUID = Field(foreign_key="cases.id")
    round: int
    unit: str = Field(foreign_key="units.code")
    assignee: str | None = Field(default=None, foreign_key="people.code")
    status: CoStatus = Field(sa_type=words_of(CoStatus))
    called_by: str = Field(foreign_key="people.code")
    called_at: datetime = moment()
    asked: str  # what the unit is to do
    due_at: datetime = moment()
    overdue: bool = False
    signed_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    answer: str = ""  # or why declined, or why waived
    photos: list[str] = Field(default_factory=new_list, sa_type=DOCUMENT)
    waived_by: str | None = Field(default=None, foreign_key="people.code")
