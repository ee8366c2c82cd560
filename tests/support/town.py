"""Fills a database with the shipped town. Everybody's password is `PASSWORD`."""

from app.database import engine, sessions
from app.migrate import upgrade
from tests.support.databases import ROOT
from town.load import load_town, read_town

PASSWORD = "枫桥 test 1963"


async def fill(url: str) -> None:
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    upgrade(url)
    town = read_town(ROOT / "data")
    secret = PasswordHash((Argon2Hasher(1, 8, 1),)).hash(PASSWORD)  # as weak as it may be: tests sign in all day
    made = engine(url)
    async with sessions(made)() as session:
        await load_town(session, town, lambda _: secret)
        await session.commit()
    await made.dispose()
