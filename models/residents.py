"""Residents as a channel knows them, their one conversation, and every line said in it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from models.base import DOCUMENT, Table, moment, new_dict, new_list
from models.sending import Sending, unsent


class Resident(Table, table=True):
    """Somebody at the other end of a channel. No account: `address` is what the channel calls them."""

    __tablename__ = "residents"
    __table_args__ = (
        UniqueConstraint("channel", "address"),
        Index("ix_residents_contact", "contact_hash", postgresql_where=text("contact_hash IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    channel: str
    address: str
    locale: str = "zh-Hans"
    large: bool = False  # elder mode (大字版): short words, one thing at a time
    unreachable_at: datetime | None = moment(nullable=True)  # they blocked the bot
    data_key: bytes | None = Field(default=None, sa_type=LargeBinary)  # theirs alone, wrapped; see cases/sealed.py
    data_key_by: str | None = None  # the master key that wrapped it
    contact: bytes | None = Field(default=None, sa_type=LargeBinary)  # telephone, sealed with data_key
    contact_hash: str | None = None  # of the same, keyed: found by it, and by nothing else
    created_at: datetime = moment()


class Conversation(Table, table=True):
    """Where the talk stands: `state` is what the flow remembers (see bot/flows/state.py), with an expiry."""

    __tablename__ = "conversations"
    resident: UUID = Field(primary_key=True, foreign_key="residents.id")
    state: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)
    version: int = 0
    expires_at: datetime | None = moment(nullable=True)


class ChatMessage(Sending, table=True):
    """One line of a conversation, said by the resident or by us; for web chat this row is the delivery.

    Of what a resident said `external` is the messenger's number of it, for later edits.

    Ours carry a text key and arguments, so that the language is chosen when they are read.
    `buttons`: [{"token","action","label_key","label_args","payload"}]; pressed once, then `answered_at` is set.
    """

    __tablename__ = "chat_messages"
    __table_args__ = (
        Index("ix_chat_messages_resident_id", "resident", "id"),
        UniqueConstraint("resident", "unique_key"),
        unsent("chat_messages"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    resident: UUID = Field(foreign_key="residents.id")
    said_by: str  # "resident" or "us"
    text: str = ""
    text_key: str = ""
    args: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)
    buttons: list[dict[str, Any]] = Field(default_factory=new_list, sa_type=DOCUMENT)
    card: dict[str, Any] | None = Field(default=None, sa_type=DOCUMENT)
    photos: list[str] = Field(default_factory=new_list, sa_type=DOCUMENT)
    case_id: UUID | None = Field(default=None, foreign_key="cases.id")
    unique_key: str
    answered_at: datetime | None = moment(nullable=True)
    at: datetime = moment()
