"""Who is at the staff page: sign-in by name and password, a session row, a CSRF token. Who may enter: web/gate.py."""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated

from fastapi import Depends, Request, Response
from pwdlib import PasswordHash
from sqlalchemy import bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.errors import NotAllowed, Refusal
from models import Person, StaffSession
from models.base import AWARE
from web.parts import Parts

COOKIE = "fengqiao_staff"
LASTS = timedelta(hours=12)
AT_MOST = timedelta(days=14)
"""So long after the password a screen on the wall asks for it again."""


class SignedOut(Refusal):
    http_status = 401


_LIVE = (  # put together once: every request of the staff waits for it
    select(StaffSession, Person)
    .join(Person, col(Person.code) == StaffSession.person)
    .where(
        StaffSession.token_hash == bindparam("token_hash"),
        StaffSession.expires_at > bindparam("now", type_=AWARE),
        col(Person.active),
    )
)


@dataclass(frozen=True)
class SignedIn:
    person: Person
    csrf: str
    token_hash: str
    proven: bool = True  # as far as their rank and the settings ask


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobody() -> str:
    """A hash to check against when the name is unknown: both refusals take the same time."""
    return _hasher().hash(secrets.token_hex())


async def check_password(session: AsyncSession, name: str, password: str) -> Person:
    """Raises SignedOut; a wrong name and a wrong password look and last the same."""
    person = await session.get(Person, name.strip().lower())
    known = person is not None and person.active and person.password_hash is not None
    hash_ = person.password_hash if person is not None and known else None
    right = await asyncio.to_thread(lambda: _hasher().verify(password, hash_ or _nobody()))
    if person is None or not known or not right:
        raise SignedOut("sign_in.wrong")
    return person


def begin(
    session: AsyncSession, person: Person, now: datetime, *, agent: str = "", proven: bool = True
) -> tuple[str, StaffSession]:
    """A new session; the token goes into the cookie, only its hash stays here."""
    token = secrets.token_urlsafe(32)
    row = StaffSession(
        token_hash=_hash(token),
        person=person.code,
        csrf=secrets.token_urlsafe(24),
        agent=agent,
        proven=proven,
        created_at=now,
        expires_at=now + LASTS,
    )
    session.add(row)
    return token, row


async def prolong(parts: Parts, request: Request, answer: Response, me: SignedIn, now: datetime) -> None:
    """Half of its time gone by, a session of a page that shows itself for days begins anew, until AT_MOST."""
    async with parts.transactions.begin() as session:
        row = await session.get(StaffSession, me.token_hash)
        if row is None or row.expires_at - now > LASTS / 2 or now + LASTS > row.created_at + AT_MOST:
            return
        row.expires_at = now + LASTS
    lasts, token = int(LASTS.total_seconds()), request.cookies[COOKIE]
    answer.set_cookie(COOKIE, token, lasts, httponly=True, samesite="strict", secure=parts.secure)


async def whoever(request: Request, parts: Parts) -> SignedIn | None:
    """By the cookie; None without a live session."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    asked = {"token_hash": _hash(token), "now": parts.now()}
    async with parts.transactions.read() as session:
        found = (await session.exec(_LIVE, params=asked)).first()
    if found is None:
        return None
    row, person = found
    return SignedIn(person, row.csrf, row.token_hash, row.proven)


def with_its_token(request: Request, me: SignedIn) -> None:
    """Raises NotAllowed for a change without the session's own token, which no other site's page knows."""
    given = request.headers.get("x-csrf-token", "")
    if not secrets.compare_digest(given.encode(), me.csrf.encode()):
        raise NotAllowed("request.foreign")


async def signed_in(request: Request) -> SignedIn:
    """Whom the gate has let in."""
    me: SignedIn = request.state.me
    return me


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


SignedInHere = Annotated[SignedIn, Depends(signed_in)]
