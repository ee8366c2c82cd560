"""Who was let to see what is starred out of a case, and who had a resident forgotten."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, Uuid
from sqlmodel import Field

from models.base import WORDS, Table, moment, new_list


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


class Erasure(Table, table=True):
    """Somebody's wish to be forgotten, as an administrator passed it on. `cases` keep their numbers afterwards."""

    __tablename__ = "erasures"
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    residents: list[UUID] = Field(default_factory=new_list, sa_type=ARRAY(Uuid))  # about whom, until it is decided
    cases: list[str] = Field(default_factory=new_list, sa_type=WORDS)
    reason: str
    asked_by: str = Field(foreign_key="people.code")
    asked_at: datetime = moment()
    decided_by: str | None = Field(default=None, foreign_key="people.code")
    decided_at: datetime | None = moment(nullable=True)
    done: bool = False
