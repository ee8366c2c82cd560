"""Whose chat this is: a one-time link from the staff page binds a chat to the person who was signed in there.

The database ends it with a new password, another role or the end of their work (migrations/versions/0016_tries.py).
"""

import hashlib
import secrets
import string
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import and_, or_
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk.lines import end_all, to_stranger
from cases.errors import NotAllowed, NotFound
from models import BindingLink, DeskChat, Person, Role, SecondFactor

LASTS = timedelta(minutes=10)
LENGTH = 32  # of 62 characters: 190 bits; a messenger's link takes letters and digits as they are
_ALPHABET = string.ascii_letters + string.digits


async def new_link(session: AsyncSession, person: Person, now: datetime) -> str:
    """The token of a link good once and for ten minutes; only its hash is kept. Raises NotAllowed for who has left."""
    if not person.active:
        raise NotAllowed("task.not_active")
    over = delete(BindingLink).where(col(BindingLink.person) == person.code, col(BindingLink.expires_at) < now)
    await session.execute(over)
    token = "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
    session.add(BindingLink(token_hash=_hash(token), person=person.code, created_at=now, expires_at=now + LASTS))
    return token


async def bind(session: AsyncSession, token: str, channel: str, address: str, now: datetime) -> Person:
    """The chat is this person's from now on, whoever's it was before.

    Raises NotFound with one text for wrong, used, expired and for somebody who has left: a stranger learns nothing.
    The same chat may follow its own link twice.
    """
    link = await session.get(BindingLink, _hash(token), with_for_update=True)
    person = await session.get(Person, link.person) if link else None
    if link is None or person is None or not person.active or link.expires_at < now:
        raise NotFound("task.link_wrong")
    chat = await session.get(DeskChat, (channel, address), with_for_update=True)
    if link.used_at is not None:
        if chat is None or chat.person != person.code:
            raise NotFound("task.link_wrong")
        return person
    link.used_at = now
    await _hold(session, chat, channel, address, person, now)
    return person


async def release(session: AsyncSession, chat: DeskChat, now: datetime) -> None:
    """Nobody's any more; what was still to be sent there is not."""
    await end_all(session, chat.channel, chat.address, now)
    await session.delete(chat)
    await session.flush()


async def let_go(session: AsyncSession, person: str, now: datetime) -> None:
    """All chats of theirs and links to more, each told: how they sign in is another from now on."""
    await session.execute(delete(BindingLink).where(col(BindingLink.person) == person))
    theirs = select(DeskChat).where(DeskChat.person == person).with_for_update()
    for chat in (await session.exec(theirs)).all():
        await _told_off(session, chat, now)


async def let_go_unproven(session: AsyncSession, proves: Collection[Role], now: datetime) -> int:
    """Chats bound before their person had the second factor they have, or need (`proves`): bound without showing it."""
    owner_of = select(DeskChat).join(Person, col(Person.code) == DeskChat.person)
    with_factor = owner_of.join(SecondFactor, col(SecondFactor.person) == DeskChat.person, isouter=True)
    confirmed = col(SecondFactor.confirmed_at)
    none = and_(confirmed.is_(None), col(Person.role).in_(proves))
    unproven = with_factor.where(or_(confirmed > col(DeskChat.bound_at), none))
    chats = (await session.exec(unproven.with_for_update(of=DeskChat, skip_locked=True))).all()
    for chat in chats:
        await _told_off(session, chat, now)
    return len(chats)


async def _told_off(session: AsyncSession, chat: DeskChat, now: datetime) -> None:
    await release(session, chat, now)
    key = f"anew:{now:%Y%m%d%H%M}"
    await to_stranger(session, chat.channel, chat.address, "task.bind_anew", chat.locale, key, now)


async def locked(session: AsyncSession, channel: str, address: str) -> tuple[DeskChat, Person] | None:
    """The chat with whom it belongs to, held: one talk at a time. None when nobody's, or of somebody who has left."""
    chosen = select(DeskChat, Person).join(Person, col(Person.code) == DeskChat.person)
    here = chosen.where(DeskChat.channel == channel, DeskChat.address == address, col(Person.active))
    return (await session.exec(here.with_for_update(of=DeskChat))).first()


async def owner(session: AsyncSession, channel: str, address: str) -> Person | None:
    """Who it belongs to, for a look without holding anything."""
    chosen = select(Person).join(DeskChat, col(DeskChat.person) == Person.code)
    here = chosen.where(DeskChat.channel == channel, DeskChat.address == address, col(Person.active))
    return (await session.exec(here)).first()


async def _hold(
    session: AsyncSession, chat: DeskChat | None, channel: str, address: str, person: Person, now: datetime
) -> None:
    if chat is None:
        session.add(DeskChat(channel=channel, address=address, person=person.code, bound_at=now))
    else:
        if chat.person != person.code:
            await end_all(session, channel, address, now)
            chat.person, chat.state, chat.bound_at = person.code, {}, now
        chat.unreachable_at = None
    await session.flush()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="backslashreplace")).hexdigest()
