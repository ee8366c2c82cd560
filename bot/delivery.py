"""A notification row becomes a line somebody reads: the recipient's language and channel are chosen here.

For the web chat and the staff page the row is the delivery, so it happens once or not at all. For a messenger it is a
row as well, which the channel's sender takes there outside of any transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import neighbours, transcript
from bot.desk import notices as desk
from bot.flows.progress import QUESTIONS, buttons_for, on_the_line, rating_buttons
from bot.messages import Button, Say
from bot.transactions import Transactions, wake
from cases import exclusion, feedback, joining
from cases.book import Book
from models import Case, Notification

RATED = frozenset({"resident.approve", "resident.resolve_along"})
OVER = frozenset({"joined.approve", "joined.reject", "joined.withdraw"})
ON_A_LINE = frozenset({"resident.relay"})
UNREACHABLE = "unreachable"
WITHDRAWN = "withdrawn"


async def deliver(transactions: Transactions, book: Book, notification_id: int, now: datetime) -> None:
    """Once delivered, again changes nothing."""
    async with transactions.begin() as session:
        chosen = select(Notification).where(col(Notification.id) == notification_id)
        row = (await session.exec(chosen.with_for_update())).first()
        if row is None or row.delivered_at or row.failed_at:
            return
        case = await session.get_one(Case, row.case_id) if row.case_id else None
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
        else:
            await desk.tell(session, row, case, now)
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
