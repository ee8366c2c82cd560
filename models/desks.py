"""The staff at a messenger: who is bound to which chat, what was said there, who is on duty."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from models.base import DOCUMENT, Table, moment, new_dict, new_list
from models.sending import Sending, unsent


class BindingLink(Table, table=True):
    """A one-time link from the staff page to a chat; only the token's hash stays here."""

    __tablename__ = "binding_links"
    token_hash: str = Field(primary_key=True)
    person: str = Field(foreign_key="people.code", index=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)


class DeskChat(Table, table=True):
    """A chat somebody on the staff bound to themselves. `state` is what the talk remembers (bot/desk/state.py)."""

    __tablename__ = "desk_chats"
    channel: str = Field(primary_key=True)
    address: str = Field(primary_key=True)
    person: str = Field(foreign_key="people.code", index=True)
    locale: str = "zh-Hans"
    state: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)
    version: int = 0
    bound_at: datetime = moment()
    unreachable_at: datetime | None = moment(nullable=True)  # they blocked the bot


class DeskMessage(Sending, table=True):
    """One line of a staff chat. A card is a case as it stands when the line is sent; `edits` sends an earlier one anew.

    `buttons` as in chat_messages; those of a card are written when it is sent.
    """

    __tablename__ = "desk_messages"
    __table_args__ = (
        UniqueConstraint("channel", "chat", "unique_key"),
        Index("ix_desk_messages_chat", "channel", "chat", "id"),
        Index("ix_desk_messages_case", "case_id", "card"),
        unsent("desk_messages"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    person: str | None = Field(default=None, foreign_key="people.code")  # None: the chat is nobody's
    said_by: str  # "person" or "us"
    text: str = ""
    text_key: str = ""
    args: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)
    buttons: list[dict[str, Any]] = Field(default_factory=new_list, sa_type=DOCUMENT)
    photos: list[str] = Field(default_factory=new_list, sa_type=DOCUMENT)
    case_id: UUID | None = Field(default=None, foreign_key="cases.id")
    card: bool = False
    edits: int | None = Field(default=None, sa_type=BigInteger, foreign_key="desk_messages.id")
    quiet: bool = False  # without a sound
    unique_key: str
    answered_at: datetime | None = moment(nullable=True)
    at: datetime = moment()


class DutyShift(Table, table=True):
    """值班表: who is on for a unit, on which weekdays (1 is Monday), from when to when; over midnight too."""

    __tablename__ = "duty_shifts"
    id: int | None = Field(default=None, primary_key=True)
    unit: str = Field(foreign_key="units.code", index=True)
    person: str = Field(foreign_key="people.code")
    weekdays: list[int] = Field(default_factory=new_list, sa_type=DOCUMENT)
    from_time: time  # local
    to_time: time
    valid_from: date | None = None
    valid_to: date | None = None


class DutyHandover(Table, table=True):
    """交接班: from `at` until `until` `person` is on for the unit instead, with what the next one has to know."""

    __tablename__ = "duty_handovers"
    id: int | None = Field(default=None, primary_key=True)
    unit: str = Field(foreign_key="units.code", index=True)
    from_person: str = Field(foreign_key="people.code")
    person: str = Field(foreign_key="people.code")
    note: str = ""
    at: datetime = moment()
    accepted_at: datetime | None = moment(nullable=True)
    until: datetime = moment()


class Absence(Table, table=True):
    """不在岗 (leave, errands): from `at` until `until` whatever would come to `person` goes to `cover`, or upward."""

    __tablename__ = "absences"
    id: int | None = Field(default=None, primary_key=True)
    person: str = Field(foreign_key="people.code", index=True)
    cover: str | None = Field(default=None, foreign_key="people.code")  # None: the leader
    at: datetime = moment()
    until: datetime = moment(index=True)


class ModelVersion(Table, table=True):
    """A trained classifier: who trained it, how it compares, who put it to use. The file lies in the data folder."""

    __tablename__ = "model_versions"
    version: str = Field(primary_key=True)
    trained_by: str | None = Field(default=None, foreign_key="people.code")  # None: the first day's
    trained_at: datetime = moment()
    report: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)  # beside the model in use
    promoted_by: str | None = Field(default=None, foreign_key="people.code")
    promoted_at: datetime | None = moment(nullable=True)
