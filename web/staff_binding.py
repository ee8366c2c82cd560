"""A chat of one's own at the staff's bot (绑定): a link for ten minutes, what is bound, and its end."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlmodel import col, select

from bot.desk import binding
from cases.errors import NotFound
from models import DeskChat
from web.auth import SignedInHere
from web.parts import PartsHere
from web.present import iso
from web.qr import draw

router = APIRouter(prefix="/api/staff/binding")


def the_bot(parts: PartsHere) -> Callable[[str], str]:
    if parts.staff_link is None:
        raise NotFound("request.not_found")
    return parts.staff_link


@router.get("")
async def bound(me: SignedInHere, parts: PartsHere) -> dict[str, Any]:
    """`bot` is false where the staff have none; the page then offers nothing."""
    mine = select(DeskChat).where(DeskChat.person == me.person.code).order_by(col(DeskChat.bound_at))
    async with parts.transactions.read() as session:
        chats = (await session.exec(mine)).all()
    return {"bot": parts.staff_link is not None, "chats": [_shown(chat) for chat in chats]}


@router.post("")
async def new_link(
    me: SignedInHere, parts: PartsHere, link: Annotated[Callable[[str], str], Depends(the_bot)]
) -> dict[str, Any]:
    now = parts.now()
    async with parts.transactions.begin() as session:
        url = link(await binding.new_link(session, me.person, now))
    return {"url": url, "qr_svg": await asyncio.to_thread(draw, url), "expires_at": iso(now + binding.LASTS)}


@router.delete("/{channel}/{address}", status_code=204)
async def unbind(channel: str, address: str, me: SignedInHere, parts: PartsHere) -> None:
    """Somebody else's chat looks like one that is not there."""
    async with parts.transactions.begin() as session:
        chat = await session.get(DeskChat, (channel, address), with_for_update=True)
        if chat is None or chat.person != me.person.code:
            raise NotFound("request.not_found")
        await binding.release(session, chat, parts.now())


def _shown(chat: DeskChat) -> dict[str, Any]:
    return {
        "channel": chat.channel,
        "address": chat.address,
        "since": iso(chat.bound_at),
        "reachable": chat.unreachable_at is None,
    }
