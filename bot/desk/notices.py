"""What the staff are told, in the chats they bound: a new task is its card, everything else a line that opens it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import any_, bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import lines, roster
from bot.messages import Button, Say
from cases import duty
from cases.masking import mask, mask_numbers
from models import Case, DeskChat, Notification
from models.base import WORDS

COMPLAINTS = frozenset({"desk.supplement", "desk.join"})  # a resident's own words, not said to whoever handles it
TALKS = "desk.relay_back"  # the resident said something; an answer to this line goes to them
RINGS = frozenset({"desk.danger", "desk.ring", "desk.alarm"})
HANDED_OVER = "duty.asked"
_CHATS = (  # put together once: every step waits for it
    select(DeskChat)
    .where(col(DeskChat.person) == any_(bindparam("people", type_=WORDS)), col(DeskChat.unreachable_at).is_(None))
    .order_by(DeskChat.address)
)


async def chats_of(session: AsyncSession, people: Collection[str]) -> Mapping[str, Sequence[DeskChat]]:
    """Where each of them can be reached."""
    chats = defaultdict[str, list[DeskChat]](list)
    if people:
        for chat in (await session.exec(_CHATS, params={"people": list(people)})).all():
            chats[chat.person or ""].append(chat)
    return chats


async def tell(
    session: AsyncSession, notification: Notification, case: Case | None, chats: Sequence[DeskChat], now: datetime
) -> None:
    """A row for each of their chats; the same notification again adds none."""
    key, quiet = f"notice:{notification.id}", duty.quiet(notification.text_key, case, now)
    for chat in chats:
        if case is not None and notification.text_key in duty.TASKS:
            await lines.card(session, chat, case.id, key, now, quiet=quiet)
        else:
            about = case.id if case else None
            await lines.said(session, chat, _line(notification, case), key, now, case=about, quiet=quiet)


def _line(notification: Notification, case: Case | None) -> Say:
    return Say(
        notification.text_key,
        masked(notification.text_key, notification.args),
        _buttons(notification, case),
        photos=notification.photos,
    )


def _buttons(notification: Notification, case: Case | None) -> Sequence[Button]:
    if notification.text_key == HANDED_OVER:
        return [roster.take_over(int(notification.unique_key.rpartition(":")[2]))]
    if case is None:
        return []
    open_ = Button("open", "task.button.open", payload={"number": case.number})
    if notification.text_key in RINGS and case.ringing:
        take = {"number": case.number, "step": "take_alarm", "version": case.version}
        return [Button("step", "step_name.take_alarm", payload=take), open_]
    if notification.text_key != TALKS:
        return [open_]
    talk = {"number": case.number, "step": "relay", "version": case.version}
    return [Button("step", "task.button.answer", payload=talk), open_]


def masked(text_key: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers that name a person are starred out of what was said, and a flat out of where it is and of complaints."""
    starred = {"text": mask if text_key in COMPLAINTS else mask_numbers, "place": mask}
    return {name: starred[name](value) if name in starred and value else value for name, value in args.items()}
