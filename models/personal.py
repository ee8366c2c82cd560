"""Who was let to see what is starred out of a case."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from models.base import Table, moment


class Unmasking(Table, table=True):
    """One person, one case, a reason, some minutes. Where a second person must agree, nothing is shown before."""

    __tablename__ = "unmaskings"
    __table_args__ = (Index("ix_unmaskings_case", "case_id", "asked_at"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    case_id: UUID = Field(foreign_key="cases.id")
    person: str = Field(foreign_key="people.code")
    reason: str
    asked_at: datetime = moment()
    agreed_by: str | None = Field(default=None, foreign_key="people.code")
    until: datetime | None = moment(nullable=True)  # None: nobody has agreed yet
