"""What somebody of rank shows beside their password: a code of their telephone's, or one of ten written down.

The key lies sealed, recovery codes only as hashes; each code opens once. Nothing here commits.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import binding
from cases.errors import Missing, NotAllowed, Refusal
from cases.keys import LETTERS, Keys
from models import Person, SecondFactor, StaffSession
from web import totp
from web.auth import SignedOut

RECOVERY = 10
_HALF = 5  # letters before and after the dash: fifty bits


class CodeNeeded(Refusal):
    """The password was right; the page asks for the code as well."""

    http_status = 401


async def of(session: AsyncSession, person: str, *, lock: bool = False) -> SecondFactor | None:
    chosen = select(SecondFactor).where(SecondFactor.person == person)
    return (await session.exec(chosen.with_for_update() if lock else chosen)).first()


async def show(session: AsyncSession, keys: Keys, person: Person, given: str, now: datetime) -> bool:
    """True if they have one and showed it, False if they have none. Raises CodeNeeded, or SignedOut for a wrong code.

    The row is locked: of two who show the same code at once one is refused.
    """
    row = await of(session, person.code, lock=True)
    if row is None or row.confirmed_at is None:
        return False
    if not given.strip():
        raise CodeNeeded("sign_in.code_needed")
    if not _opens(keys, row, given, now):
        raise SignedOut("sign_in.code_wrong")
    return True


async def begin(session: AsyncSession, keys: Keys, person: Person, now: datetime) -> bytes:
    """A new key, which holds once a code of it was shown. Raises NotAllowed where one is in force."""
    row = await of(session, person.code, lock=True)
    if row is not None and row.confirmed_at is not None:
        raise NotAllowed("sign_in.second_there")
    key = totp.new_key()
    row = row or SecondFactor(person=person.code, sealed=b"", created_at=now)
    row.sealed, row.created_at, row.last_step = keys.seal(key.hex()), now, 0
    session.add(row)
    return key


async def confirm(
    session: AsyncSession, keys: Keys, person: Person, given: str, now: datetime, keep: str
) -> Sequence[str]:
    """Recovery codes, told this once. Whoever else is signed in as them is signed out: `keep` is this session."""
    row = await of(session, person.code, lock=True)
    if row is None or row.confirmed_at is not None:
        raise NotAllowed("sign_in.second_none" if row is None else "sign_in.second_there")
    if not _by_app(keys, row, given, now):
        raise Missing("sign_in.code_wrong")
    codes = [new_recovery() for _ in range(RECOVERY)]
    row.confirmed_at, row.recovery = now, [keys.recovery_hash(code) for code in codes]
    session.add(row)
    await end(session, person.code, but=keep)
    mine = await session.get_one(StaffSession, keep)
    mine.proven = True
    return codes


async def put_off(session: AsyncSession, keys: Keys, person: Person, given: str, now: datetime) -> None:
    """Gone, once it was shown a last time. Raises Missing for a wrong code, NotAllowed where there is none."""
    row = await of(session, person.code, lock=True)
    if row is None or row.confirmed_at is None:
        raise NotAllowed("sign_in.second_none")
    if not _opens(keys, row, given, now):
        raise Missing("sign_in.code_wrong")
    await session.delete(row)


async def reset(session: AsyncSession, person: str, now: datetime) -> bool:
    """For somebody whose telephone and codes are both gone: no factor, no session, no chat. True if there was one."""
    row = await of(session, person, lock=True)
    if row is not None:
        await session.delete(row)
    await end(session, person)
    await binding.let_go(session, person, now)
    return row is not None


async def end(session: AsyncSession, person: str, *, but: str = "", only: str = "") -> None:
    """Sessions of theirs: all, all but one, or one by the beginning of its hash."""
    chosen = delete(StaffSession).where(col(StaffSession.person) == person, col(StaffSession.token_hash) != but)
    if only:
        chosen = chosen.where(col(StaffSession.token_hash).startswith(only, autoescape=True))
    await session.execute(chosen)


def new_recovery() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(2 * _HALF))
    return f"{letters[:_HALF]}-{letters[_HALF:]}"


def _opens(keys: Keys, row: SecondFactor, given: str, now: datetime) -> bool:
    return _by_app(keys, row, given, now) or _by_paper(keys, row, given)


def _by_app(keys: Keys, row: SecondFactor, given: str, now: datetime) -> bool:
    step = totp.matching(bytes.fromhex(keys.open(row.sealed)), re.sub(r"\s", "", given), now, row.last_step)
    if step is not None:
        row.last_step = step
    return step is not None


def _by_paper(keys: Keys, row: SecondFactor, given: str) -> bool:
    hashed = keys.recovery_hash(given)
    found = [one for one in row.recovery if secrets.compare_digest(one, hashed)]
    if found:
        row.recovery = [one for one in row.recovery if one not in found]
    return bool(found)
