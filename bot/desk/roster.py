"""/duty: who is on for one's unit now, handing over, taking over."""

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk.card import Reader
from bot.desk.state import Pending
from bot.messages import Button, Say
from cases import duty
from cases import handover as handing
from models import DutyHandover, Person


async def shown(session: AsyncSession, reader: Reader, person: Person) -> Say:
    """Who is on until when, what was handed over to them, and what waits for somebody to take it."""
    on = await duty.on_now(session, reader.book, person.unit, reader.now)
    waits = await handing.waiting(session, person.unit, reader.now)
    listed = [("task.duty.line", _who(reader, one.person) | {"until": one.until.isoformat()}) for one in on]
    listed += [("task.duty.note", {"text": one.by.note}) for one in on if one.by and one.by.note]
    listed += [("task.duty.waits", _handed(reader, handover)) for handover in waits]
    mine = [handover for handover in waits if handover.person == person.code]
    offered = [take_over(handover.id or 0) for handover in mine]
    if any(one.person == person.code for one in on):
        offered.append(Button("hand_over", "task.button.hand_over"))
    return Say("task.duty.on" if on else "task.duty.nobody", {"unit": person.unit, "lines": listed}, offered)


async def hand_over(session: AsyncSession, reader: Reader, person: Person, pending: Pending) -> Say:
    row = await handing.hand_over(session, reader.book, person, pending.assignee or "", pending.text, reader.now)
    return Say("task.duty.handed_over", _who(reader, row.person))


async def accept(session: AsyncSession, reader: Reader, person: Person, handover: int) -> Say:
    row = await handing.accept(session, reader.book, person, handover, reader.now)
    return Say("task.duty.taken_over", {"unit": row.unit, "until": row.until.isoformat()})


def take_over(handover: int) -> Button:
    return Button("take_over", "task.button.take_over", payload={"handover": handover})


def _handed(reader: Reader, handover: DutyHandover) -> dict[str, str]:
    to = reader.book.people.get(handover.person, "")
    return {"name": reader.book.people.get(handover.from_person, ""), "to": to, "text": handover.note or "–"}


def _who(reader: Reader, code: str) -> dict[str, str]:
    return {"name": reader.book.people.get(code, "")}
