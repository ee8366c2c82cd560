"""What the staff are told, in the chats they bound: a new task is its card, everything else a line that opens it."""

from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import lines
from bot.messages import Button, Say
from cases.clock import TOWN_TIME
from cases.masking import mask
from models import Case, DeskChat, Notification

CARDS = frozenset({"desk.route", "desk.assign", "desk.reassign", "desk.hold", "desk.arbitrate"})
TALKS = "desk.relay_back"  # the resident said something; an answer to this line goes to them
NIGHT = (22, 7)  # town hours in which only danger rings


async def tell(session: AsyncSession, notification: Notification, case: Case, now: datetime) -> None:
    """A row for each chat the person can be reached in; the same notification again adds none."""
    mine = select(DeskChat).where(col(DeskChat.person) == notification.person)
    chats = (await session.exec(mine.where(col(DeskChat.unreachable_at).is_(None)).order_by(DeskChat.address))).all()
    key, quiet = f"notice:{notification.id}", at_night(now) and not case.danger
    for chat in chats:
        if notification.text_key in CARDS:
            await lines.card(session, chat, case.id, key, now, quiet=quiet)
        else:
            await lines.said(session, chat, _line(notification, case), key, now, case=case.id, quiet=quiet)


def at_night(now: datetime) -> bool:
    begins, ends = NIGHT
    hour = now.astimezone(TOWN_TIME).hour
    return hour >= begins or hour < ends


def _line(notification: Notification, case: Case) -> Say:
    offered = [Button("open", "task.button.open", payload={"number": case.number})]
    if notification.text_key == TALKS:
        talk = {"number": case.number, "step": "relay", "version": case.version}
        offered.insert(0, Button("step", "task.button.answer", payload=talk))
    return Say(notification.text_key, _masked(notification.args), offered, photos=notification.photos)


def _masked(args: dict[str, Any]) -> dict[str, Any]:
    """Numbers that name a person are starred out of what was said."""
    return {name: mask(value) if name in ("text", "place") else value for name, value in args.items()}
