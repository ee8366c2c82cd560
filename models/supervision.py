"""Supervision beyond the clock: orders that must be answered (督办单), alarms about danger that ring until signed,
cases left out of the rates (剔除)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, Sequence, UniqueConstraint, text
from sqlmodel import Field

from models.base import Table, moment, words_of

ORDER_NUMBERS = Sequence("order_numbers", metadata=Table.metadata)


class Order(Table, table=True):
    """督办单: a supervisor wants an answer about a case from whoever leads the unit, by a day."""

    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_due", "due_at", postgresql_where=text("answered_at IS NULL AND NOT overdue")),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    number: str = Field(unique=True)  # 督yymm-nnnn
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    by: str = Field(foreign_key="people.code")
    unit: str = Field(foreign_key="units.code")
    person: str | None = Field(default=None, foreign_key="people.code")  # who has to answer; None: any leader
    text: str
    issued_at: datetime = moment()
    due_at: datetime = moment()
    overdue: bool = False
    answer: str = ""
    answered_by: str | None = Field(default=None, foreign_key="people.code")
    answered_at: datetime | None = moment(nullable=True)
    closed_at: datetime | None = moment(nullable=True)  # the supervisor took the answer


class Alarm(Table, table=True):
    """Words of danger in a case: told again and to more people until one signs or calls it false."""

    __tablename__ = "alarms"
    __table_args__ = (
        Index("ix_alarms_next", "next_at", postgresql_where=text("taken_at IS NULL AND cancelled_at IS NULL")),
    )
    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    kind: str
    raised_at: datetime = moment()
    next_at: datetime | None = moment(nullable=True)
    rung: int = 0  # how many times it was told
    taken_by: str | None = Field(default=None, foreign_key="people.code")
    taken_at: datetime | None = moment(nullable=True)
    cancelled_by: str | None = Field(default=None, foreign_key="people.code")
    cancelled_at: datetime | None = moment(nullable=True)
    why: str = ""


class ExclusionReason(StrEnum):
    REPEATED = "repeated"  # 同一问题已经答复，重复反映
    UNREASONABLE = "unreasonable"  # 诉求明显不合理
    UNTRUE = "untrue"  # 经核查情况不实
    AGAINST_LAW = "against_law"  # 与法律法规政策不符


class Exclusion(Table, table=True):
    """剔除: a round of a case that shall not count. One proposes, another decides, a third judges the appeal."""

    __tablename__ = "exclusions"
    __table_args__ = (UniqueConstraint("case_id", "round"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    case_id: UUID = Field(foreign_key="cases.id")
    round: int  # this one and those before it; what a reopening brings counts again
    reason: ExclusionReason = Field(sa_type=words_of(ExclusionReason))
    text: str
    proposed_by: str = Field(foreign_key="people.code")
    proposed_at: datetime = moment()
    decided_by: str | None = Field(default=None, foreign_key="people.code")
    decided_at: datetime | None = moment(nullable=True)
    granted: bool = False
    decision: str = ""
    appealed_at: datetime | None = moment(nullable=True)
    appeal: str = ""  # what the resident says against it
    appeal_decided_by: str | None = Field(default=None, foreign_key="people.code")
    appeal_decided_at: datetime | None = moment(nullable=True)
    upheld: bool = False  # the appeal was right: it counts again
    appeal_decision: str = ""
