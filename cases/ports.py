"""Ports other platforms come in by (A14): their keys, and what each brought, once for each number of theirs."""

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.clock import TOWN_TIME
from cases.errors import Missing, NotFound, Refusal
from models import ApiKey, Brought, Case

HOTLINE = "hotline"
PREFIX = "fq_"  # so that a key that leaked is known for one
NAMED = re.compile(r"[a-z][a-z0-9-]{1,31}")
RESENT_WITHIN = timedelta(hours=24)


class BadKey(Refusal):
    """None, a wrong one, or one that was revoked: all look the same."""

    http_status = 403


def port_of(partner: str) -> str:
    return f"open311:{partner}"


async def issue(
    session: AsyncSession, partner: str, name: str, per_minute: int, by: str, now: datetime
) -> tuple[ApiKey, str]:
    """A new key and its words, which are told once. Raises Missing for a name no port can have."""
    if not NAMED.fullmatch(partner):
        raise Missing("console.partners.bad_code")
    if not name.strip():
        raise Missing("console.partners.bad_name")
    words = PREFIX + secrets.token_urlsafe(30)
    key = ApiKey(
        partner=partner, name=name.strip(), key_hash=_hash(words), hint=words[-4:], per_minute=per_minute,
        created_by=by, created_at=now,
    )  # fmt: skip
    session.add(key)
    await session.flush()
    return key, words


async def revoke(session: AsyncSession, key_id: int, by: str, now: datetime) -> ApiKey:
    key = await session.get(ApiKey, key_id, with_for_update=True)
    if key is None or key.revoked_at:
        raise NotFound("request.not_found")
    key.revoked_by, key.revoked_at = by, now
    return key


async def opened(session: AsyncSession, words: str) -> ApiKey:
    """The live key with these words; raises BadKey."""
    live = select(ApiKey).where(ApiKey.key_hash == _hash(words), col(ApiKey.revoked_at).is_(None))
    key = (await session.exec(live)).first() if words else None
    if key is None:
        raise BadKey("partner.bad_key")
    return key


async def used(session: AsyncSession, key: ApiKey, now: datetime) -> None:
    """On which day last: enough to see that a key is dead, and seldom a write."""
    today = now.astimezone(TOWN_TIME).date()
    if key.used_on != today:
        row = await session.get(ApiKey, key.id)
        if row is not None:
            row.used_on = today


async def brought_before(session: AsyncSession, port: str, external: str) -> Case | None:
    """Held until the end of the transaction, so that two at once are one."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{port} {external}", 0))))
    known = select(Case).join(Brought, col(Brought.case_id) == Case.id)
    return (await session.exec(known.where(Brought.port == port, Brought.external == external))).first()


async def sent_again(session: AsyncSession, port: str, body: str, now: datetime) -> Case | None:
    """For who gives no number of their own: the same words from the same port within a day are one sending."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{port} {body}", 0))))
    known = select(Case).join(Brought, col(Brought.case_id) == Case.id)
    lately = (col(Brought.external).startswith(f"{body}:"), Brought.at > now - RESENT_WITHIN)
    return (await session.exec(known.where(Brought.port == port, *lately))).first()


async def numbers(session: AsyncSession, port: str, externals: Collection[str]) -> Mapping[str, str]:
    """Their numbers that came before → ours."""
    chosen = select(Brought.external, Case.number).join(Case, col(Case.id) == Brought.case_id)
    rows = await session.exec(chosen.where(Brought.port == port, col(Brought.external).in_(externals)))
    return dict(rows.all())


async def theirs(session: AsyncSession, port: str, number: str) -> Case:
    """A case this port brought; anything else is NotFound."""
    known = select(Case).join(Brought, col(Brought.case_id) == Case.id)
    case = (await session.exec(known.where(Brought.port == port, Case.number == number))).first()
    if case is None:
        raise NotFound("case.not_found", number=number)
    return case


async def keys(session: AsyncSession) -> Sequence[ApiKey]:
    return (await session.exec(select(ApiKey).order_by(ApiKey.partner, col(ApiKey.id).desc()))).all()


def body_hash(*parts: object) -> str:
    return "body:" + hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:32]


def _hash(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
