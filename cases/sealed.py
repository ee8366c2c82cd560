"""Beside a case's stops: a resident's telephone, sealed with a key of their own. The one door to it, in and out.

The key is random, made with the first contact they leave, and lies beside them wrapped by a master key (ADR 34).
Without it nobody reads what was sealed, in no copy of the row: erasing somebody is destroying their key.
"""

import secrets
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import master_keys
from cases.keys import Keys
from cases.masking import mask_phone
from cases.master_keys import CannotOpen, Ring
from models import Resident


def keep(keys: Keys, resident: Resident, phone: str) -> None:
    """Their number from now on, found again by its hash."""
    if resident.data_key is None:
        fresh = secrets.token_bytes(master_keys.KEY_BYTES)
        resident.data_key, resident.data_key_by = keys.masters().wrap(fresh, owner(resident.id))
    resident.contact = sealed(keys.masters(), resident.id, resident.data_key, resident.data_key_by or "", phone)
    resident.contact_hash = keys.contact_hash(phone)


def masked(keys: Keys, resident: Resident) -> str | None:
    """138****1234; None where they left nothing. Raises CannotOpen."""
    return mask_phone(phone(keys, resident)) if resident.contact else None


def phone(keys: Keys, resident: Resident) -> str:
    """The whole number; who asks for it is written down first (cases/unmasking.py). Raises CannotOpen."""
    if resident.contact is None or resident.data_key is None or resident.data_key_by is None:
        raise CannotOpen("nothing is kept, or its key was destroyed")
    return opened(keys.masters(), resident.id, resident.data_key, resident.data_key_by, resident.contact)


async def forget(session: AsyncSession, resident: UUID) -> None:
    """Destroys their key, what it sealed, and the hash it was found by. Nothing brings it back."""
    nothing = {"data_key": None, "data_key_by": None, "contact": None, "contact_hash": None}
    await session.execute(update(Resident).where(col(Resident.id) == resident).values(nothing))


def owner(resident: UUID) -> str:
    """What a wrapped key is bound to."""
    return f"residents {resident}"


def field(resident: UUID) -> str:
    """What a sealed number is bound to."""
    return f"residents.contact {resident}"


def sealed(ring: Ring, resident: UUID, key: bytes, by: str, phone: str) -> bytes:
    return master_keys.seal(ring.unwrap(key, by, owner(resident)), phone.encode(), field(resident))


def opened(ring: Ring, resident: UUID, key: bytes, by: str, contact: bytes) -> str:
    return master_keys.unseal(ring.unwrap(key, by, owner(resident)), contact, field(resident)).decode()
