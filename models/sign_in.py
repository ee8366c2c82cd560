"""Signing in: the sessions of the staff, and what somebody of rank shows beside the password."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger
from sqlmodel import Field

from models.base import AWARE, DOCUMENT, Table, moment, new_list


class StaffSession(Table, table=True):
    """A signed-in member of staff; the cookie holds the token, this row only its hash.

    The database ends them with a new password, another role or the end of somebody's work, whoever writes that
    (migrations/versions/0014_sign_in.py). `proven`: as far as their rank and the settings ask.
    """

    __tablename__ = "staff_sessions"
    token_hash: str = Field(primary_key=True)
    person: str = Field(foreign_key="people.code", index=True)
    csrf: str
    agent: str = Field(default="", sa_column_kwargs={"server_default": ""})  # the browser, as it calls itself
    proven: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    created_at: datetime = moment()
    expires_at: datetime = moment()


class SecondFactor(Table, table=True):
    """验证器: the key of somebody's authenticator app, sealed; hashes of the codes they may use without it."""

    __tablename__ = "second_factors"
    person: str = Field(primary_key=True, foreign_key="people.code")
    sealed: bytes
    last_step: int = Field(default=0, sa_type=BigInteger)  # of the last code that opened: that one never does again
    recovery: list[str] = Field(default_factory=new_list, sa_type=DOCUMENT)
    created_at: datetime = moment()
    confirmed_at: datetime | None = moment(nullable=True)  # None: a key nobody has shown a code of yet


class Tries(Table, table=True):
    """When somebody last tried a secret (bot/tries.py), by a mark that names nobody.

    Unlogged: a crash of the database forgives a quarter of an hour of guesses, and no try waits for the disk.
    """

    __tablename__ = "tries"
    __table_args__ = {"prefixes": ["UNLOGGED"]}
    mark: bytes = Field(primary_key=True)
    times: list[datetime] = Field(sa_type=ARRAY(AWARE))  # newest first
    until: datetime = moment()  # nothing of it counts after that
