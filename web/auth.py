"""Who is at the staff page: sign-in by name and password, a session row, a CSRF token."""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated

from fastapi import Depends, Request, Response
from pwdlib import PasswordHash
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.errors import NotAllowed, Refusal
from models import Person, StaffSession
from web.guard import SAFE
from web.parts import Parts, PartsHere

COOKIE = "fengqiao_staff"
LASTS = timedelta(hours=12)
AT_MOST = timedelta(days=14)
"""So long after the password a screen on the wall asks for it again."""


class SignedOut(Refusal):
    http_status = 401


@dataclass(frozen=True)
class SignedIn:
    person: Person
    csrf: str
    token_hash: str


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


def begin(session: AsyncSession, person: Person, now: datetime) -> tuple[str, StaffSession]:
    """A new session; the token goes into the cookie, only its hash stays here."""
    token = secrets.token_urlsafe(32)
    row = StaffSession(
        token_hash=_hash(token),
        person=person.code,
        csrf=secrets.token_urlsafe(24),
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


async def signed_in(request: Request, parts: PartsHere) -> SignedIn:
    """Raises SignedOut without a live session, NotAllowed for a post without its CSRF token."""
    token = request.cookies.get(COOKIE, "")
    async with parts.transactions.read() as session:
        row = await session.get(StaffSession, _hash(token)) if token else None
        person = await session.get(Person, row.person) if row else None
    if row is None or person is None or not person.active or row.expires_at <= parts.now():
        raise SignedOut("sign_in.needed")
    if request.method not in SAFE:
        given = request.headers.get("x-csrf-token", "")
        if not secrets.compare_digest(given.encode(), row.csrf.encode()):
            raise NotAllowed("request.foreign")
    return SignedIn(person, row.csrf, row.token_hash)


async def maybe_signed_in(request: Request, parts: PartsHere) -> SignedIn | None:
    """None for somebody signed out: a page is answered with the way in, not with a refusal in JSON."""
    try:
        return await signed_in(request, parts)
    except SignedOut:
        return None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


SignedInHere = Annotated[SignedIn, Depends(signed_in)]
MaybeSignedIn = Annotated[SignedIn | None, Depends(maybe_signed_in)]
