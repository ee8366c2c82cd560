"""Sets somebody's password from the command line; whoever is signed in as them is signed out."""

from pwdlib import PasswordHash
from sqlmodel import col, delete

from app.database import engine, sessions
from app.errors import CannotGoOn
from models import Person, StaffSession

SHORTEST = 8


async def set_password(url: str, name: str, password: str) -> None:
    """Raises CannotGoOn for an unknown name or a password that is too short."""
    if len(password) < SHORTEST:
        raise CannotGoOn(f"a password has at least {SHORTEST} characters")
    connections = engine(url)
    try:
        async with sessions(connections).begin() as session:
            person = await session.get(Person, name.strip().lower())
            if person is None:
                raise CannotGoOn(f"nobody signs in as {name}")
            person.password_hash = PasswordHash.recommended().hash(password)
            await session.execute(delete(StaffSession).where(col(StaffSession.person) == person.code))
    finally:
        await connections.dispose()
