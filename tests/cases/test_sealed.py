"""A resident's telephone: opened by its own key in its own row and field, and by nobody once it is forgotten."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import master_keys, sealed
from cases.keys import Keys
from cases.master_keys import CannotOpen, Ring
from models import Resident

OLD, NEW = b"o" * 32, b"n" * 32
SECRET = "for tests only: 0123456789abcdef"
KEYS = Keys(SECRET, lambda: Ring([OLD]))
PHONE = "13800001234"


def somebody(phone: str = PHONE, keys: Keys = KEYS) -> Resident:
    now = datetime(2026, 10, 1, tzinfo=UTC)
    row = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=now)
    sealed.keep(keys, row, phone)
    return row


def test_it_comes_back_and_nothing_in_the_row_says_it() -> None:
    row = somebody()
    assert sealed.phone(KEYS, row) == PHONE
    assert sealed.masked(KEYS, row) == "138****1234"
    assert PHONE not in str(row.model_dump()) and PHONE.encode() not in (row.contact or b"")


def test_another_number_keeps_the_key_and_changes_what_it_is_found_by() -> None:
    row = somebody()
    key, found_by = row.data_key, row.contact_hash
    sealed.keep(KEYS, row, "13900005678")
    assert (sealed.phone(KEYS, row), row.data_key) == ("13900005678", key)
    assert row.contact_hash == KEYS.contact_hash("+86 139 0000 5678") != found_by


def test_two_residents_with_one_number_have_nothing_alike_but_the_hash() -> None:
    one, other = somebody(), somebody()
    assert one.contact_hash == other.contact_hash
    assert not {one.contact, one.data_key} & {other.contact, other.data_key}


def flipped(value: bytes | None, at: int) -> bytes:
    assert value is not None
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]


@pytest.mark.parametrize("field", ["contact", "data_key"])
def test_any_byte_changed_is_refused(field: str) -> None:
    row = somebody()
    value = getattr(row, field)
    for at in range(len(value)):
        setattr(row, field, flipped(value, at))
        with pytest.raises(CannotOpen):
            sealed.phone(KEYS, row)
    for cut in (b"", value[:12], value[:-1]):
        setattr(row, field, cut)
        with pytest.raises(CannotOpen):
            sealed.phone(KEYS, row)


def test_what_lies_in_another_row_or_field_is_refused() -> None:
    mine, theirs = somebody(), somebody("13900005678")
    theirs.contact = mine.contact
    with pytest.raises(CannotOpen):
        sealed.phone(KEYS, theirs)
    theirs.data_key = mine.data_key  # with its key: the whole row copied under another name
    with pytest.raises(CannotOpen):
        sealed.phone(KEYS, theirs)
    ring = KEYS.masters()
    key = ring.unwrap(mine.data_key or b"", mine.data_key_by or "", sealed.owner(mine.id))
    other_field = master_keys.seal(key, PHONE.encode(), f"residents.name {mine.id}")
    mine.contact = other_field
    with pytest.raises(CannotOpen):
        sealed.phone(KEYS, mine)


def test_a_new_master_key_reads_what_the_old_one_wrapped_and_not_without_it() -> None:
    row = somebody()
    both, alone = Keys(SECRET, lambda: Ring([NEW, OLD])), Keys(SECRET, lambda: Ring([NEW]))
    assert sealed.phone(both, row) == PHONE
    with pytest.raises(CannotOpen):
        sealed.phone(alone, row)
    assert somebody(keys=both).data_key_by == Ring([NEW]).current


async def test_forgotten_is_gone_with_the_key_also_for_whoever_kept_the_old_row(session: AsyncSession) -> None:
    row = somebody()
    session.add(row)
    await session.flush()
    copied = row.contact
    await sealed.forget(session, row.id)
    await session.refresh(row)
    assert (row.data_key, row.data_key_by, row.contact, row.contact_hash) == (None, None, None, None)
    await session.execute(text("UPDATE residents SET contact = :old WHERE id = :id"), {"old": copied, "id": row.id})
    await session.refresh(row)
    with pytest.raises(CannotOpen):
        sealed.phone(KEYS, row)
    sealed.keep(KEYS, row, PHONE)  # who comes back begins anew
    with pytest.raises(CannotOpen):
        master_keys.unseal(
            KEYS.masters().unwrap(row.data_key or b"", row.data_key_by or "", sealed.owner(row.id)),
            copied or b"", sealed.field(row.id),
        )  # fmt: skip
