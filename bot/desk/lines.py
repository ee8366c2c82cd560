"""A staff chat as rows: what was said by whom, which buttons belong to it."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.messages import Button, Say
from bot.transactions import wake
from models import DeskChat, DeskMessage

TOKEN = re.compile(r"[\w-]{1,64}", re.ASCII)  # whatever else comes is none of ours, and might be no text at all


async def said(
    session: AsyncSession,
    chat: DeskChat,
    say: Say,
    key: str,
    now: datetime,
    *,
    case: UUID | None = None,
    edits: int | None = None,
    quiet: bool = False,
) -> DeskMessage:
    """A line of ours for the sender to take; once for each `key` of a chat."""
    return await _add(
        session,
        DeskMessage(
            channel=chat.channel,
            chat=chat.address,
            person=chat.person,
            said_by="us",
            text_key=say.key,
            args=dict(say.args),
            buttons=[kept(button) for button in say.buttons],
            photos=list(say.photos),
            case_id=case,
            edits=edits,
            quiet=quiet,
            unique_key=key,
            at=now,
        ),
    )


async def card(
    session: AsyncSession,
    chat: DeskChat,
    case: UUID,
    key: str,
    now: datetime,
    *,
    edits: int | None = None,
    quiet: bool = False,
) -> DeskMessage:
    """A case as it stands when the line is sent."""
    row = DeskMessage(
        channel=chat.channel, chat=chat.address, person=chat.person, said_by="us", case_id=case, card=True,
        edits=edits, quiet=quiet, unique_key=key, at=now,
    )  # fmt: skip
    return await _add(session, row)


async def to_stranger(
    session: AsyncSession, channel: str, address: str, key: str, locale: str, unique_key: str, now: datetime
) -> None:
    """For a chat that is nobody's."""
    row = DeskMessage(
        channel=channel, chat=address, said_by="us", text_key=key, args={"reads": locale}, unique_key=unique_key,
        at=now,
    )  # fmt: skip
    await _add(session, row)


def heard(
    session: AsyncSession, chat: DeskChat, key: str, number: str, text: str, photos: Sequence[str], now: datetime
) -> DeskMessage:
    """What the person said. It is there already, so no sender takes it."""
    row = DeskMessage(
        channel=chat.channel, chat=chat.address, person=chat.person, said_by="person", text=text,
        photos=list(photos), external=[number] if number else [], unique_key=key, at=now, sent_at=now,
    )  # fmt: skip
    session.add(row)
    return row


async def behind(session: AsyncSession, chat: DeskChat, token: str) -> tuple[DeskMessage, dict[str, Any]] | None:
    """The line and its button; None for a token nobody gave to this chat."""
    if not TOKEN.fullmatch(token):
        return None
    here = (col(DeskMessage.channel) == chat.channel, col(DeskMessage.chat) == chat.address)
    found = select(DeskMessage).where(*here, col(DeskMessage.buttons).contains([{"token": token}]))
    row = (await session.exec(found.order_by(col(DeskMessage.id).desc()))).first()
    if row is None or row.person != chat.person:
        return None
    return row, next(button for button in row.buttons if button["token"] == token)


async def numbered(session: AsyncSession, chat: DeskChat, number: str, key: str) -> DeskMessage | None:
    """Our line the messenger calls by this number; else one of this key that is on its way.

    An answer may be faster than the note that the line has been sent.
    """
    here = (col(DeskMessage.channel) == chat.channel, col(DeskMessage.chat) == chat.address)
    ours = select(DeskMessage).where(*here, DeskMessage.said_by == "us", DeskMessage.person == chat.person)
    named = col(DeskMessage.external).contains([number])
    under_way = and_(
        col(DeskMessage.text_key) == key, col(DeskMessage.sent_at).is_(None), col(DeskMessage.failed_at).is_(None)
    )
    either = ours.where(or_(named, under_way))  # in one look: between two it might have been sent
    return (await session.exec(either.order_by(named.desc(), col(DeskMessage.id).desc()))).first()


async def end_all(session: AsyncSession, channel: str, address: str, now: datetime, why: str = "unbound") -> None:
    """What has not been sent to this chat will not be."""
    here = (col(DeskMessage.channel) == channel, col(DeskMessage.chat) == address)
    waiting = (col(DeskMessage.sent_at).is_(None), col(DeskMessage.failed_at).is_(None))
    await session.execute(update(DeskMessage).where(*here, *waiting).values(failed_at=now, failure=why))


def kept(button: Button) -> dict[str, Any]:
    return {
        "token": secrets.token_urlsafe(12),
        "action": button.action,
        "label": button.label,
        "args": dict(button.args),
        "payload": dict(button.payload),
    }


async def _add(session: AsyncSession, row: DeskMessage) -> DeskMessage:
    """The row, or the one that was there under its key."""
    values = row.model_dump(exclude={"id"})
    new = insert(DeskMessage).values(**values).on_conflict_do_nothing().returning(col(DeskMessage.id))
    id_ = (await session.execute(new)).scalar()
    wake(session, f"send:{row.channel}")
    if id_ is not None:
        return await session.get_one(DeskMessage, id_)
    same = (DeskMessage.channel == row.channel, DeskMessage.chat == row.chat, DeskMessage.unique_key == row.unique_key)
    return (await session.exec(select(DeskMessage).where(*same))).one()
