"""The conversation as rows: what was said, which buttons may still be pressed."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import elder
from bot.messages import WEBCHAT, Button, CardLine, Say
from bot.transactions import wake
from models import ChatMessage, Conversation, Resident

PAGE = 200
OF_NO_DRAFT = frozenset({"new", "locale", "help", "never_mind", "done", "safety"})

# Put together once: a message waits for each of them, and building a statement takes longer than sending it.
_HELD = (
    select(Conversation, Resident)
    .join(Resident, col(Resident.id) == Conversation.resident)
    .where(Conversation.resident == bindparam("who"))
    .with_for_update(of=Conversation)
)
_WITH_BUTTON = select(ChatMessage).where(
    ChatMessage.resident == bindparam("who"), col(ChatMessage.buttons).contains(bindparam("button", type_=JSONB))
)
_LINES = ChatMessage.__table__  # type: ignore[attr-defined]
_END_DRAFT = (
    update(_LINES)
    .where(_LINES.c.resident == bindparam("who"), _LINES.c.answered_at.is_(None))
    .where(_LINES.c.buttons.contains([{"draft": True}]))
    .values(answered_at=bindparam("now"))
)


async def lock(session: AsyncSession, resident: UUID) -> tuple[Conversation, Resident] | None:
    """One conversation at a time: everything that adds a line holds this row, so cursors never skip.

    None for somebody nobody has welcomed.
    """
    return (await session.exec(_HELD, params={"who": resident})).first()


async def begin(session: AsyncSession, resident: Resident) -> tuple[Conversation, Resident]:
    """The conversation of somebody new, held; another request may have begun it at the same moment."""
    for row in (resident, Conversation(resident=resident.id)):
        known = insert(type(row)).values(**row.model_dump()).on_conflict_do_nothing()
        await session.execute(known)
    held = await lock(session, resident.id)
    assert held is not None
    return held


def heard(
    session: AsyncSession, resident: UUID, key: str, shown: str | Say, photos: Sequence[str], now: datetime
) -> ChatMessage:
    """What the resident said: their words, or the label of what they pressed."""
    words = {"text": shown} if isinstance(shown, str) else {"text_key": shown.key, "args": dict(shown.args)}
    row = ChatMessage(
        resident=resident, said_by="resident", photos=list(photos), unique_key=f"in:{key}", at=now, **words
    )
    session.add(row)
    wake(session, f"chat:{resident}")
    return row


async def said(
    session: AsyncSession, resident: Resident, say: Say, unique_key: str, now: datetime, case: UUID | None = None
) -> ChatMessage:
    """Add a line of ours; a sender takes it from here where a network is between.

    Its own buttons end those of earlier lines that belong to the same draft.
    """
    if resident.large:
        say = elder.plainly(say)
    if any(_of_draft(button) for button in say.buttons):
        await end_draft_buttons(session, resident.id, now)
    away = resident.channel != WEBCHAT and resident.unreachable_at is None
    row = ChatMessage(
        resident=resident.id,
        channel=resident.channel if away else "",
        chat=resident.address if away else "",
        said_by="us",
        text_key=say.key,
        args=dict(say.args),
        buttons=[_kept(button) for button in say.buttons],
        photos=list(say.photos),
        case_id=case,
        unique_key=unique_key,
        at=now,
    )
    if say.card:
        row.card = {"lines": [_line(line, row.buttons) for line in say.card]}
    session.add(row)
    wake(session, f"send:{resident.channel}" if away else f"chat:{resident.id}")
    return row


async def pressed(
    session: AsyncSession, resident: UUID, token: str, now: datetime
) -> tuple[dict[str, Any], bool] | None:
    """The button behind a token and whether it could still be pressed; None for a token nobody gave to them."""
    message = (await session.exec(_WITH_BUTTON, params={"who": resident, "button": [{"token": token}]})).first()
    if message is None:
        return None
    button = next(b for b in message.buttons if b["token"] == token)
    fresh = message.answered_at is None
    if fresh:
        message.answered_at = now
    return button, fresh


async def end_draft_buttons(session: AsyncSession, resident: UUID, now: datetime) -> None:
    """The draft they belong to has moved on, was filed or dropped."""
    await (await session.connection()).execute(_END_DRAFT, {"who": resident, "now": now})
    for row in [*session.new, *session.identity_map.values()]:  # those of this turn are not all written yet
        if isinstance(row, ChatMessage) and row.answered_at is None and any(b.get("draft") for b in row.buttons):
            row.answered_at = now


async def after(session: AsyncSession, resident: UUID, cursor: int) -> Sequence[ChatMessage]:
    chosen = select(ChatMessage).where(ChatMessage.resident == resident, col(ChatMessage.id) > cursor)
    return (await session.exec(chosen.order_by(col(ChatMessage.id)).limit(PAGE))).all()


async def latest(session: AsyncSession, resident: UUID) -> Sequence[ChatMessage]:
    """The last page of the talk, oldest first."""
    chosen = select(ChatMessage).where(ChatMessage.resident == resident).order_by(col(ChatMessage.id).desc())
    return list(reversed((await session.exec(chosen.limit(PAGE))).all()))


async def because_of(session: AsyncSession, resident: UUID, key: str) -> Sequence[ChatMessage]:
    """What one incoming message brought about: itself and our answers."""
    keys = col(ChatMessage.unique_key)
    mine = (keys == f"in:{key}") | keys.startswith(f"re:{key}:", autoescape=True)
    chosen = select(ChatMessage).where(ChatMessage.resident == resident, mine)
    return (await session.exec(chosen.order_by(col(ChatMessage.id)))).all()


def _of_draft(button: Button) -> bool:
    return "number" not in button.payload and button.action not in OF_NO_DRAFT


def _kept(button: Button, in_card: str = "") -> dict[str, Any]:
    kept = {
        "token": secrets.token_urlsafe(12),
        "action": button.action,
        "label": button.label,
        "args": dict(button.args),
        "payload": dict(button.payload),
    }
    return kept | ({"draft": True} if _of_draft(button) else {}) | ({"in_card": in_card} if in_card else {})


def _line(line: CardLine, buttons: list[dict[str, Any]]) -> dict[str, Any]:
    """A card's line; its button stands among the message's buttons, marked as belonging to the card."""
    row: dict[str, Any] = {"name": line.name, "value": line.value, "args": dict(line.args)}
    if line.button:
        kept = _kept(line.button, line.name)
        buttons.append(kept)
        row |= {"token": kept["token"], "action": kept["action"]}
    return row
