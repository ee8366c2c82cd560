"""A password for somebody, made up here and shown once to the admin who gives it."""

import asyncio

from pwdlib import PasswordHash
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.errors import NotFound
from models import Person


async def give(session: AsyncSession, code: str, password: str) -> None:
    """Whoever is signed in as them is signed out. Raises NotFound for somebody who is not there any more."""
    person = await session.get(Person, code)
    if person is None or not person.active:
        raise NotFound("request.not_found")
    person.password_hash = await asyncio.to_thread(PasswordHash.recommended().hash, password)
    session.add(person)
