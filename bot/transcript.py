"""The conversation as rows: what was said, which buttons may still be pressed."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import elder
from bot.direct import direct
from bot.flows import neighbours, services
from bot.messages import WEBCHAT, Button, CardLine, Say
from bot.transactions import wake
from models import Conversation, Follower, Resident

PAGE = 200
OF_NO_DRAFT = frozenset({
    "new", "locale", "help", "never_mind", "done", "safety", *neighbours.ACTIONS, *services.ACTIONS,
})  # fmt: skip

# Put together once, or plain: every message waits for them.
_HELD = (
    select(
        Resident,
        col(Conversation.state),
        col(Conversation.expires_at),
        select(Follower).where(Follower.resident == Resident.id).exists(),
    )
    .join(Conversation, col(Resident.id) == Conversation.resident)
    .where(Conversation.resident == bindparam("who"))
    .with_for_update(of=Conversation)
)
COLUMNS = (
    "resident, said_by, text, text_key, args, buttons, card, photos, case_id, unique_key, at, answered_at, "
    "channel, chat, external"
)
REMEMBER = "UPDATE conversations SET state = %s, expires_at = %s, version = version + 1 WHERE resident = %s"
ADD = f"""
INSERT INTO chat_messages ({COLUMNS}, attempts, failure) VALUES ({", ".join(["%s"] * 15)}, 0, '') RETURNING id
"""  # noqa: S608 - our own columns
LINES = f"SELECT {COLUMNS}, id FROM chat_messages WHERE resident = %s"  # noqa: S608
END_DRAFT = """
UPDATE chat_messages SET answered_at = %s
WHERE resident = %s AND answered_at IS NULL AND buttons @> '[{"draft": true}]'
"""
WITH_BUTTON = "SELECT id, buttons, answered_at FROM chat_messages WHERE resident = %s AND buttons @> %s LIMIT 1"
ANSWERED = "UPDATE chat_messages SET answered_at = %s WHERE id = %s"
_SAID = "lines"  # in session.info: what was said in this transaction


@dataclass
class Line:
    """A row of chat_messages, without the weight of a mapped object: a page reads two hundred, a message makes two."""

    resident: UUID
    said_by: str  # "resident" or "us"
    text: str = ""
    text_key: str = ""
    args: dict[str, Any] = field(default_factory=dict)
    buttons: list[dict[str, Any]] = field(default_factory=list)
    card: dict[str, Any] | None = None
    photos: list[str] = field(default_factory=list)
    case_id: UUID | None = None
    unique_key: str = ""
    at: datetime | None = None
    answered_at: datetime | None = None
    channel: str = ""
    chat: str = ""
    external: list[str] = field(default_factory=list)
    id: int | None = None


@dataclass
class Held:
    """Somebody's conversation, held until the end of the transaction."""

    resident: Resident
    state: Mapping[str, Any]
    expires_at: datetime | None
    has_cases: bool


async def lock(session: AsyncSession, resident: UUID) -> Held | None:
    """One conversation at a time: everything that adds a line holds this row, so cursors never skip.

    None for somebody nobody has welcomed.
    """
    row = (await session.exec(_HELD, params={"who": resident})).first()
    return Held(*row) if row else None


async def begin(session: AsyncSession, resident: Resident) -> Held:
    """The conversation of somebody new, held; another request may have begun it at the same moment."""
    for row in (resident, Conversation(resident=resident.id)):
        known = insert(type(row)).values(**row.model_dump()).on_conflict_do_nothing()
        await session.execute(known)
    held = await lock(session, resident.id)
    assert held is not None
    return held


async def remember(session: AsyncSession, held: Held, state: Mapping[str, Any], until: datetime | None) -> None:
    """Where the talk stands now, and until when an unfinished draft counts."""
    await (await direct(session)).execute(REMEMBER, (Jsonb(state), until, held.resident.id))


def heard(resident: UUID, key: str, shown: str | Say, photos: Sequence[str], now: datetime) -> Line:
    """What the resident said, to be added: their words, or the label of what they pressed."""
    words = {"text": shown} if isinstance(shown, str) else {"text_key": shown.key, "args": dict(shown.args)}
    return Line(resident=resident, said_by="resident", photos=list(photos), unique_key=f"in:{key}", at=now, **words)


async def said(
    session: AsyncSession, resident: Resident, say: Say, unique_key: str, now: datetime, case: UUID | None = None
) -> Line:
    """Add a line of ours; a sender takes it from here where a network is between.

    Its own buttons end those of earlier lines that belong to the same draft, unless it is only said once more: then
    what is pressed there meanwhile still counts, or whoever is quick would be late for ever.
    """
    if resident.large:
        say = elder.plainly(say)
    if not say.again and any(_of_draft(button) for button in say.buttons):
        await end_draft_buttons(session, resident.id, now)
    away = resident.channel != WEBCHAT and resident.unreachable_at is None
    row = Line(
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
    return await add(session, row)


async def add(session: AsyncSession, row: Line) -> Line:
    """The line is there with this transaction, and whoever waits for it is woken."""
    if row.case_id:
        await session.flush()  # the case may be new
    values = (
        row.resident, row.said_by, row.text, row.text_key, Jsonb(row.args), Jsonb(row.buttons),
        row.card and Jsonb(row.card), Jsonb(row.photos), row.case_id, row.unique_key, row.at,
        row.answered_at, row.channel, row.chat, Jsonb(row.external),
    )  # fmt: skip
    added = await (await (await direct(session)).execute(ADD, values)).fetchone()
    assert added is not None
    row.id = added[0]
    session.info.setdefault(_SAID, []).append(row)
    wake(session, f"send:{row.channel}" if row.channel else f"chat:{row.resident}")
    return row


async def pressed(
    session: AsyncSession, resident: UUID, token: str, now: datetime
) -> tuple[dict[str, Any], bool] | None:
    """The button behind a token and whether it could still be pressed; None for a token nobody gave to them."""
    connection = await direct(session)
    found = await (await connection.execute(WITH_BUTTON, (resident, Jsonb([{"token": token}])))).fetchone()
    if found is None:
        return None
    line, buttons, answered_at = found
    if answered_at is None:
        await connection.execute(ANSWERED, (now, line))
    return next(b for b in buttons if b["token"] == token), answered_at is None


async def end_draft_buttons(session: AsyncSession, resident: UUID, now: datetime) -> None:
    """The draft they belong to has moved on, was filed or dropped."""
    await (await direct(session)).execute(END_DRAFT, (now, resident))
    for row in session.info.get(_SAID, ()):
        if row.answered_at is None and any(button.get("draft") for button in row.buttons):
            row.answered_at = now


async def after(session: AsyncSession, resident: UUID, cursor: int) -> Sequence[Line]:
    return await _lines(session, "AND id > %s ORDER BY id LIMIT %s", resident, cursor, PAGE)


async def latest(session: AsyncSession, resident: UUID) -> Sequence[Line]:
    """The last page of the talk, oldest first."""
    return (await _lines(session, "ORDER BY id DESC LIMIT %s", resident, PAGE))[::-1]


async def because_of(session: AsyncSession, resident: UUID, key: str) -> Sequence[Line]:
    """What one incoming message brought about: itself and our answers."""
    mine = "AND (unique_key = %s OR starts_with(unique_key, %s)) ORDER BY id"
    return await _lines(session, mine, resident, f"in:{key}", f"re:{key}:")


async def _lines(session: AsyncSession, which: str, *given: Any) -> list[Line]:
    rows = await (await direct(session)).execute(f"{LINES} {which}", given)
    return [Line(*row) for row in await rows.fetchall()]


def _of_draft(button: Button) -> bool:
    packed = [one["action"] for one in button.payload.get("buttons", ())]  # behind “more”
    return "number" not in button.payload and not OF_NO_DRAFT.issuperset(packed or [button.action])


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
