"""What the console keeps: a search somebody named, and who changed what by hand (操作日志)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from models.base import DOCUMENT, Table, moment


class SavedView(Table, table=True):
    """A search somebody gave a name: the page's own address, so that opening it is following a link."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("person", "page", "name"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    person: str = Field(foreign_key="people.code")
    page: str
    name: str
    query: str
    at: datetime = moment()


class AuditEntry(Table, table=True):
    """One change by hand, written in the transaction that makes it. Added, never changed.

    `before` and `after` hold only the fields that differ; None where the thing was not there or is gone.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at", "id"),
        Index("ix_audit_subject", "kind", "subject"),
        Index("ix_audit_person", "person", "at"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    at: datetime = moment()
    person: str  # a sign-in name, or "cli" for the operator at the command line
    action: str  # what was done: add, change, remove, import, export, promote …
    kind: str  # what it was done to: a table's name, model, case, api_key …
    subject: str  # which one
    before: dict[str, Any] | None = Field(default=None, sa_type=DOCUMENT)
    after: dict[str, Any] | None = Field(default=None, sa_type=DOCUMENT)
    reason: str = ""


class CaseWords(Table, table=True):
    """What a case's text and place are found by: every two neighbouring characters, as one number each.

    Kept by a trigger of the database (migrations, `case_words_keep`), whoever writes the case. Apart from `cases`,
    whose rows change with every step: here a row is written once.
    """

    __tablename__ = "case_words"
    __table_args__ = (Index("ix_case_words", "words", postgresql_using="gin"),)
    case_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True))
    words: list[int] = Field(sa_type=ARRAY(Integer))
