"""A notification row becomes a line somebody reads: the recipient's language and channel are chosen here.

For the web chat and the staff page the row is the delivery, so it happens once or not at all. For a messenger it is a
row as well, which the channel's sender takes there outside of any transaction.

`at_once` delivers in the transaction that causes the notices; what it leaves goes by job (ADR 41).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ARRAY, BigInteger, Uuid, all_, any_, bindparam, exists
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import neighbours, transcript
from bot.desk import notices as desk
from bot.flows.progress import QUESTIONS, buttons_for, on_the_line, rating_buttons
from bot.messages import Button, Say
from bot.transactions import Transactions, wake
from cases import exclusion, feedback, joining
from cases.book import Book
from models import Case, Conversation, Notification, Resident

RATED = frozenset({"resident.approve", "resident.resolve_along"})
OVER = frozenset({"joined.approve", "joined.reject", "joined.withdraw"})
ON_A_LINE = frozenset({"resident.relay"})
UNREACHABLE = "unreachable"
WITHDRAWN = "withdrawn"
MOST_AT_ONCE = 50  # notices; a sweep after a night has more, and no resident waits for all of them
log = structlog.get_logger()


def _free() -> Any:
    """Residents nobody is talking with just now, none of whose notices of these cases still waits to be delivered.

    Never waits: whoever causes notices holds a case, and a resident's message takes the conversation before the case.
    """
    waiting = (col(Notification.delivered_at).is_(None), col(Notification.failed_at).is_(None))
    of_these = col(Notification.case_id) == any_(bindparam("cases", type_=ARRAY(Uuid())))
    before = col(Notification.id) != all_(bindparam("these", type_=ARRAY(BigInteger())))
    earlier = exists().where(of_these, before, col(Notification.resident) == Resident.id, *waiting)
    chosen = select(Resident).join(Conversation, col(Resident.id) == Conversation.resident)
    theirs = col(Conversation.resident) == any_(bindparam("who", type_=ARRAY(Uuid())))
    free = chosen.where(theirs, col(Resident.unreachable_at).is_(None), ~earlier)
    return free.with_for_update(of=Conversation, skip_locked=True)


_FREE = _free()


async def at_once(session: AsyncSession, notices: Sequence[Notification], now: datetime) -> Sequence[Notification]:
    """Delivered with whatever caused them; returns those that somebody has to deliver later."""
    if len(notices) > MOST_AT_ONCE:
        return notices
    staff = [row for row in notices if row.person]
    lines = await _lines_at_once(session, notices)
    with session.no_autoflush:
        chats = await desk.chats_of(session, {row.person for row in staff if row.person})
        held = await _held(session, [row for row, _, _ in lines])
    lines = [one for one in lines if one[0].resident in held]
    for row in (*staff, *(row for row, _, _ in lines)):
        row.delivered_at = now
    await session.flush()
    for row in staff:
        await desk.tell(session, row, await _case_of(session, row), chats.get(row.person or "", ()), now)
        wake(session, f"staff:{row.person}")
    said = []
    for row, case, line in lines:
        assert row.resident is not None
        said.append(await transcript.ours(session, held[row.resident], line, f"notice:{row.id}", now, case.id))
    await transcript.add_all(session, said)
    return [row for row in notices if row.delivered_at is None]


async def _lines_at_once(
    session: AsyncSession, notices: Sequence[Notification]
) -> Sequence[tuple[Notification, Case, Say]]:
    """What is told to residents of their own case; whatever cannot be put into words stands in nobody's way."""
    worded = []
    for row in notices:
        case = await _case_of(session, row) if row.resident and not _joined(row) else None
        if case is None:
            continue
        try:
            worded.append((row, case, resident_line(row, case)))
        except Exception:
            log.exception("notice.not_worded", key=row.text_key)
    return worded


async def _held(session: AsyncSession, rows: Sequence[Notification]) -> Mapping[UUID, Resident]:
    if not rows:
        return {}
    asked = {
        "who": list({row.resident for row in rows}),
        "cases": list({row.case_id for row in rows}),
        "these": [row.id for row in rows if row.id is not None],
    }
    return {resident.id: resident for resident in (await session.exec(_FREE, params=asked)).all()}


async def _case_of(session: AsyncSession, row: Notification) -> Case | None:
    return await session.get_one(Case, row.case_id) if row.case_id else None


async def deliver(transactions: Transactions, book: Book, notification_id: int, now: datetime) -> None:
    """Once delivered, again changes nothing."""
    async with transactions.begin() as session:
        chosen = select(Notification).where(col(Notification.id) == notification_id)
        row = (await session.exec(chosen.with_for_update())).first()
        if row is None or row.delivered_at or row.failed_at:
            return
        case = await _case_of(session, row)
        if row.resident:
            held = await transcript.lock(session, row.resident)
            assert held is not None, "whoever is told something was welcomed"
            line = await _line(session, row, case)
            if line is None:
                row.failed_at, row.failure = now, WITHDRAWN
                return
            await transcript.said(session, held.resident, line, f"notice:{row.id}", now, row.case_id)
            if case and held.resident.unreachable_at and row.resident == case.resident:
                await feedback.untold(session, book, case, UNREACHABLE, now)
        elif row.person:
            chats = await desk.chats_of(session, [row.person])
            await desk.tell(session, row, case, chats.get(row.person, ()), now)
            wake(session, f"staff:{row.person}")
        row.delivered_at = now


async def deliver_together(transactions: Transactions, numbers: Sequence[int], now: datetime) -> None:
    """The same of a notice to many, by a few statements for all; whoever cannot be told with them is told alone."""
    async with transactions.begin() as session:
        waiting = (col(Notification.delivered_at).is_(None), col(Notification.failed_at).is_(None))
        chosen = select(Notification).where(col(Notification.id).in_(numbers), *waiting)
        rows = (await session.exec(chosen.order_by(col(Notification.id)).with_for_update())).all()
        held = await transcript.lock_many(session, [row.resident for row in rows if row.resident])
        lines, told = [], list[int | None]()
        out = await neighbours.still_out(session, rows)
        for row in rows:
            if row.args["notice"] not in out:
                row.failed_at, row.failure = now, WITHDRAWN
            elif resident := held.get(row.resident) if row.resident else None:
                line = neighbours.said(row)
                lines.append(await transcript.ours(session, resident, line, f"notice:{row.id}", now))
                told.append(row.id)
        await transcript.add_all(session, lines)
        delivered = update(Notification).where(col(Notification.id).in_(told)).values(delivered_at=now)
        await session.execute(delivered.execution_options(synchronize_session=False))


async def give_up(transactions: Transactions, notification_id: int, reason: str, now: datetime) -> None:
    """After the last attempt the row says so, for a person to see."""
    async with transactions.begin() as session:
        undelivered = (col(Notification.id) == notification_id, col(Notification.delivered_at).is_(None))
        await session.execute(update(Notification).where(*undelivered).values(failed_at=now, failure=reason[:200]))


async def _line(session: AsyncSession, row: Notification, case: Case | None) -> Say | None:
    """None for a notice that was taken back before it came to be delivered."""
    if case is None:
        return await neighbours.line(session, row)
    return await _joined_line(session, row, case) if _joined(row) else resident_line(row, case)


def resident_line(row: Notification, case: Case) -> Say:
    """What a resident reads, with what may be done about it now."""
    args: Mapping[str, object] = {**row.args, "round": case.round}
    return Say(row.text_key, args, _buttons(row, case), photos=row.photos, number=case.number)


def _joined(row: Notification) -> bool:
    return row.text_key.startswith("joined.")


async def _joined_line(session: AsyncSession, row: Notification, case: Case) -> Say:
    """For who said “me too”: once it is over, their own words are one press away from a complaint of their own."""
    assert row.resident is not None
    args: Mapping[str, object] = {**row.args, "round": case.round}
    buttons: Sequence[Button] = ()
    if row.text_key in OVER:
        told = await joining.told(session, case, row.resident)
        buttons = [Button("file_own", "button.file_own", payload={"told": dict(told)})]
    return Say(row.text_key, args, buttons, photos=row.photos, number=case.number)


def _buttons(row: Notification, case: Case) -> Sequence[Button]:
    if row.text_key in ON_A_LINE and case.relay:
        return on_the_line(case.number)
    left_out = exclusion.is_left_out(case)
    offered = buttons_for(case.number, case.status, relay=case.relay is not None, appeal=left_out)
    if row.text_key not in RATED:
        return offered
    first = rating_buttons("contacted", QUESTIONS["contacted"], {"number": case.number})
    return [*first, *(button for button in offered if button.action == "reopen")]
