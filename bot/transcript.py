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
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import elder
from bot.direct import direct
from bot.flows import neighbours, services
from bot.messages import WEBCHAT, Button, CardLine, Say
from bot.transactions import wake
from models import Case, Conversation, Follower, Resident, SeenMessage

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
        select(Follower).where(Follower.resident == Resident.id).exists().label("has_cases"),
    )
    .join(Conversation, col(Resident.id) == Conversation.resident)
    .where(Conversation.resident == bindparam("who"))
    .with_for_update(of=Conversation)
)
_HOLDING = _HELD.cte("held")


def _once() -> Any:
    """The conversation first, then the message's key: nothing is taken in for somebody unknown."""
    names = ("channel", "receiver", "key", "at")
    its = select(*(bindparam(f"its_{name}", type_=SeenMessage.__table__.c[name].type) for name in names))  # type: ignore[attr-defined]
    keys = insert(SeenMessage).from_select(names, its.select_from(_HOLDING)).on_conflict_do_nothing()
    first = keys.returning(col(SeenMessage.key)).cte("first")
    rest = (_HOLDING.c.state, _HOLDING.c.expires_at, _HOLDING.c.has_cases)
    return select(aliased(Resident, _HOLDING), *rest, select(first.c.key).exists())  # type: ignore[call-overload]


_HELD_ONCE = _once()
_MET = insert(Resident.__table__).on_conflict_do_nothing()  # type: ignore[attr-defined]
_BEGUN = insert(Conversation.__table__).on_conflict_do_nothing()  # type: ignore[attr-defined]
COLUMNS = (
    "resident, said_by, text, text_key, args, buttons, card, photos, case_id, unique_key, at, answered_at, "
    "channel, chat, external"
)
REMEMBER = "UPDATE conversations SET state = %s, expires_at = %s, version = version + 1 WHERE resident = %s"
VALUES = f"({', '.join(['%s'] * 15)}, 0, '')"
ADD = f"INSERT INTO chat_messages ({COLUMNS}, attempts, failure) VALUES {{values}} RETURNING id"  # noqa: S608 - our own columns
CLOSE = f"WITH remembered AS ({REMEMBER}), added AS ({ADD}) SELECT id FROM added ORDER BY id"  # noqa: S608
LINES = f"SELECT {COLUMNS}, id FROM chat_messages WHERE resident = %s"  # noqa: S608
END_DRAFT = """
UPDATE chat_messages SET answered_at = %s
WHERE resident = %s AND answered_at IS NULL AND buttons @> '[{"draft": true}]'
"""
PRESS = """
WITH found AS (
    SELECT id, buttons, answered_at FROM chat_messages WHERE resident = %s AND buttons @> %s LIMIT 1
), ended AS (
    UPDATE chat_messages SET answered_at = %s FROM found WHERE chat_messages.id = found.id AND found.answered_at IS NULL
)
SELECT buttons, answered_at FROM found
"""
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


async def lock_many(session: AsyncSession, residents: Sequence[UUID]) -> Mapping[UUID, Resident]:
    """The same of many, each waiting for the one before it: two who hold some of the same never wait for each other."""
    chosen = select(Resident).join(Conversation, col(Resident.id) == Conversation.resident)
    chosen = chosen.where(col(Conversation.resident).in_(residents)).order_by(col(Conversation.resident))
    rows = (await session.exec(chosen.with_for_update(of=Conversation))).all()
    return {row.id: row for row in rows}


async def lock_once(
    session: AsyncSession, resident: UUID, channel: str, receiver: str, key: str, now: datetime
) -> tuple[Held | None, bool]:
    """The conversation, and whether this message was never taken in before; said for good with the transaction."""
    its = {"its_channel": channel, "its_receiver": receiver, "its_key": key, "its_at": now}
    row = (await session.exec(_HELD_ONCE, params={"who": resident, **its})).first()
    return (Held(*row[:-1]), row[-1]) if row else (None, False)


async def begin(session: AsyncSession, resident: Resident) -> Held:
    """The conversation of somebody new, held; another request may have begun it at the same moment."""
    connection = await session.connection()
    await connection.execute(_MET, resident.model_dump())
    await connection.execute(_BEGUN, Conversation(resident=resident.id).model_dump())
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
    """Add a line of ours; a sender takes it from here where a network is between."""
    return await add(session, await ours(session, resident, say, unique_key, now, case))


async def ours(
    session: AsyncSession, resident: Resident, say: Say, unique_key: str, now: datetime, case: UUID | None = None
) -> Line:
    """A line of ours, to be added.

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
    session.info.setdefault(_SAID, []).append(row)
    return row


async def add(session: AsyncSession, row: Line) -> Line:
    """The line is there with this transaction, and whoever waits for it is woken."""
    await _put(session, [row], ADD.format(values=VALUES), _values(row))
    return row


async def add_all(session: AsyncSession, rows: Sequence[Line]) -> None:
    """The same of lines of many, by one statement."""
    if rows:
        values = [value for row in rows for value in _values(row)]
        await _put(session, rows, ADD.format(values=", ".join([VALUES] * len(rows))), values)


async def close(
    session: AsyncSession, held: Held, rows: Sequence[Line], state: Mapping[str, Any], until: datetime | None
) -> None:
    """The end of an answer by one statement: the lines that are not there yet, and where the talk stands now."""
    rows = [row for row in rows if row.id is None]
    if not rows:
        await remember(session, held, state, until)
        return
    values = [value for row in rows for value in _values(row)]
    remembered = (Jsonb(state), until, held.resident.id)
    await _put(session, rows, CLOSE.format(values=", ".join([VALUES] * len(rows))), (*remembered, *values))


async def _put(session: AsyncSession, rows: Sequence[Line], statement: str, values: Sequence[Any]) -> None:
    if any(isinstance(row, Case) for row in session.new):
        await session.flush()  # the lines may be about it
    added = await (await (await direct(session)).execute(statement.encode(), values)).fetchall()
    for row, (number,) in zip(rows, added, strict=True):
        row.id = number
        wake(session, f"send:{row.channel}" if row.channel else f"chat:{row.resident}")


def _values(row: Line) -> Sequence[Any]:
    return (
        row.resident, row.said_by, row.text, row.text_key, Jsonb(row.args), Jsonb(row.buttons),
        row.card and Jsonb(row.card), Jsonb(row.photos), row.case_id, row.unique_key, row.at,
        row.answered_at, row.channel, row.chat, Jsonb(row.external),
    )  # fmt: skip


async def pressed(
    session: AsyncSession, resident: UUID, token: str, now: datetime
) -> tuple[dict[str, Any], bool] | None:
    """The button behind a token and whether it could still be pressed; None for a token nobody gave to them."""
    its = (resident, Jsonb([{"token": token}]), now)
    found = await (await (await direct(session)).execute(PRESS, its)).fetchone()
    if found is None:
        return None
    buttons, answered_at = found
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
