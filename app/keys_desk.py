"""Turning the master keys of residents' contacts, beside programs that read and write them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import col

from app import personal_keys
from app.database import Sessions
from app.errors import CannotGoOn
from app.settings import Settings
from cases.master_keys import Ring
from cases.sealed import owner
from models import Resident

AT_ONCE = 500
SETTLES = timedelta(hours=1)
"""A program may have wrapped with the key before and not committed yet: that long, an old key is kept."""


async def counts(sessions: Sessions) -> Mapping[str, int]:
    """Residents by the master key theirs is wrapped with."""
    chosen = select(col(Resident.data_key_by), func.count()).where(col(Resident.data_key).is_not(None))
    async with sessions() as session:
        rows = (await session.execute(chosen.group_by(col(Resident.data_key_by)))).all()
    return {row[0]: row[1] for row in rows}


async def rewrap(sessions: Sessions, ring: Ring) -> int:
    """Everything another master key wrapped, some at a time, until nothing is left; how many. Contacts are untouched.

    Each batch is a transaction of its own: killed in between, the next call goes on. A resident whose row is in a
    batch waits for its few milliseconds.
    """
    done = 0
    while left := await _round(sessions, ring):
        done += left
    return done


async def _round(sessions: Sessions, ring: Ring) -> int:
    done, after = 0, UUID(int=0)
    while True:
        async with sessions.begin() as session:
            other = (col(Resident.data_key).is_not(None), col(Resident.data_key_by) != ring.current)
            some = select(col(Resident.id), col(Resident.data_key), col(Resident.data_key_by)).where(*other)
            some = some.where(col(Resident.id) > after).order_by(col(Resident.id)).limit(AT_ONCE)
            rows = (await session.execute(some.with_for_update())).all()
            for id_, wrapped, by in rows:
                key, now_by = ring.wrap(ring.unwrap(wrapped, by, owner(id_)), owner(id_))
                await session.execute(
                    update(Resident).where(col(Resident.id) == id_).values(data_key=key, data_key_by=now_by)
                )
        if not rows:
            return done
        done, after = done + len(rows), rows[-1][0]


async def rotate(sessions: Sessions, settings: Settings, now: datetime) -> int:
    """A new key where ours are in the file (in the environment it is there already), then all is wrapped with it."""
    ring = personal_keys.ring(settings)
    if settings.personal_key is None and set(await counts(sessions)) <= {ring.current}:
        ring = personal_keys.add(settings, now)  # else the last turn was broken off: it is finished first
    return await rewrap(sessions, ring)


async def drop(sessions: Sessions, settings: Settings, now: datetime) -> Sequence[str]:
    """Old keys that wrap nothing; their names. CannotGoOn while one is needed or may still be."""
    old = personal_keys.ring(settings).names[1:]
    used = Counter(await counts(sessions))
    if needed := [name for name in old if used[name]]:
        raise CannotGoOn(f"{', '.join(needed)}: still wrapping; `python -m app keys rotate` first")
    made = personal_keys.since(settings)
    if old and made is not None and now - made < SETTLES:
        raise CannotGoOn("the key in use is younger than an hour: what is under way may still use the one before")
    personal_keys.drop(settings, set(old))
    return old
