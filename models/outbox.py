"""Side effects as rows: what has been taken in once, and who has to be told what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field

from models.base import DOCUMENT, Table, moment, new_dict, new_list


class SeenMessage(Table, table=True):
    """An incoming message that was taken in: unique by channel, receiver and the sender's key."""

    __tablename__ = "seen_messages"
    channel: str = Field(primary_key=True)
    receiver: str = Field(primary_key=True)  # the bot, or the web session
    key: str = Field(primary_key=True)
    at: datetime = moment()


class Notification(Table, table=True):
    """{recipient, text key, arguments, unique key}; language and channel are chosen at delivery."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("unique_key"),
        Index(
            "ix_notifications_pending",
            "created_at",
            postgresql_where=text("delivered_at IS NULL AND failed_at IS NULL"),
        ),
        Index("ix_notifications_person", "person", "created_at"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    unique_key: str
    resident: UUID | None = Field(default=None, foreign_key="residents.id")  # either a resident …
    person: str | None = Field(default=None, foreign_key="people.code")  # … or somebody on the staff
    case_id: UUID | None = Field(default=None, foreign_key="cases.id", index=True)  # None: about duty
    text_key: str
    args: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)
    photos: list[str] = Field(default_factory=new_list, sa_type=DOCUMENT)
    created_at: datetime = moment()
    delivered_at: datetime | None = moment(nullable=True)
    read_at: datetime | None = moment(nullable=True)
    failed_at: datetime | None = moment(nullable=True)
    failure: str = ""


class StaffAct(Table, table=True):
    """A step asked for by a staff client under its own key: the second request gets the first one's answer."""

    __tablename__ = "staff_acts"
    person: str = Field(primary_key=True, foreign_key="people.code")
    key: str = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id")
    step: str
    at: datetime = moment()
