"""What goes over a network is a row first: the columns of a line that a sender takes to a messenger."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.base import DOCUMENT, Table, moment, new_list

UNSENT = "channel <> '' AND sent_at IS NULL AND failed_at IS NULL"


class Sending(SQLModel):
    """`channel` is empty where the row itself is the delivery, as on our own page."""

    channel: str = ""
    chat: str = ""  # where to, as the channel calls it
    external: list[str] = Field(default_factory=new_list, sa_type=DOCUMENT)  # its numbers there, one for each part
    attempts: int = 0
    next_try_at: datetime | None = moment(nullable=True)
    sent_at: datetime | None = moment(nullable=True)
    failed_at: datetime | None = moment(nullable=True)
    failure: str = ""


def unsent(table: str) -> Index:
    """What a sender looks for: a chat's lines in their order."""
    return Index(f"ix_{table}_unsent", "channel", "id", postgresql_where=text(UNSENT))


class SentFile(Table, table=True):
    """A file a bot has sent once, by the number the messenger gave it: the next time nothing is uploaded."""

    __tablename__ = "sent_files"
    sha256: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)  # a number is good for one bot only
    number: str


class RefusedUpdate(Table, table=True):
    """An update that could not be taken in however often: kept sealed, with its reason, for somebody to look at."""

    __tablename__ = "refused_updates"
    channel: str = Field(primary_key=True)
    receiver: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    reason: str
    sealed: bytes
    at: datetime = moment()
