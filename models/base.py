"""What every table shares: aware date-times, enums kept as words, JSON kept as jsonb."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Enum
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlmodel import Field, SQLModel

Table = SQLModel

AWARE = DateTime(timezone=True)
WORDS = ARRAY(TEXT)
DOCUMENT = JSONB(none_as_null=True)


def new_list() -> list[Any]:
    """Instead of `list`, whose signature pydantic would parse anew for each row: half the work of making one."""
    return []


def new_dict() -> dict[str, Any]:
    return {}


def words_of(kind: type[StrEnum]) -> Enum:
    """An enum column that stores the value as a word: a new status then needs no migration."""
    return Enum(kind, native_enum=False, length=32, values_callable=lambda members: [m.value for m in members])


def moment(*, nullable: bool = False, index: bool = False) -> Any:
    """A column for an aware date-time in UTC."""
    default: dict[str, Any] = {"default": None} if nullable else {}
    return Field(sa_type=AWARE, nullable=nullable, index=index, **default)


def aware(value: datetime) -> datetime:
    """The same moment in UTC; a naive date-time is a bug and refused with ValueError."""
    if value.tzinfo is None:
        raise ValueError(f"naive date-time: {value!r}")
    return value.astimezone(UTC)
