"""Somebody's password and second factor from the command line; whoever is signed in as them is signed out."""

from datetime import UTC, datetime

from pwdlib import PasswordHash
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import engine, sessions
from app.errors import CannotGoOn
from cases import audit
from models import Person

SHORTEST = 8


async def set_password(url: str, name: str, password: str) -> None:
    """Raises CannotGoOn for an unknown name or a password that is too short."""
    if len(password) < SHORTEST:
        raise CannotGoOn(f"a password has at least {SHORTEST} characters")
    connections = engine(url)
    try:
        async with sessions(connections).begin() as session:
            person = await _named(session, name)
            person.password_hash = PasswordHash.recommended().hash(password)
    finally:
        await connections.dispose()


async def reset_factor(url: str, name: str) -> bool:
    """True if there was one. Raises CannotGoOn for an unknown name."""
    from web import second_factor  # the rest of the command line needs no web

    connections = engine(url)
    try:
        async with sessions(connections).begin() as session:
            person, now = await _named(session, name), datetime.now(UTC)
            audit.note(session, person.code, "second_factor_reset", "people", person.code, now)
            return await second_factor.reset(session, person.code, now)
    finally:
        await connections.dispose()


async def _named(session: AsyncSession, name: str) -> Person:
    person = await session.get(Person, name.strip().lower())
    if person is None:
        raise CannotGoOn(f"nobody signs in as {name}")
    return person
