"""Other platforms that bring complaints: their keys, and which case came of what they brought."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field

from models.base import Table, moment


class ApiKey(Table, table=True):
    """A key of one partner. A partner may have several, so that a new one can take over before the old one ends."""

    __tablename__ = "api_keys"
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    partner: str = Field(index=True)  # short and unchanging: what it brought hangs on it
    name: str  # as people read it
    key_hash: str = Field(unique=True)
    hint: str  # its last four characters, to tell keys apart
    per_minute: int = 60
    created_by: str = Field(foreign_key="people.code")
    created_at: datetime = moment()
    used_on: date | None = None
    revoked_by: str | None = Field(default=None, foreign_key="people.code")
    revoked_at: datetime | None = moment(nullable=True)


class Brought(Table, table=True):
    """What a port brought, under its own number: the same number again is the same case."""

    __tablename__ = "brought"
    port: str = Field(primary_key=True)  # open311:<partner>, hotline
    external: str = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", unique=True)
    at: datetime = moment()
