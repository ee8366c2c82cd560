"""/away and /back: somebody leaves their desk to a colleague, and comes back to it."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk.card import Reader
from bot.messages import Button, Say
from cases import cover
from models import Absence, Person


async def shown(session: AsyncSession, reader: Reader, person: Person) -> Say:
    """Whether they are away, whom they stand in for, and how to say so."""
    mine = await cover.current(session, person, reader.now)
    covers = await cover.covered_by(session, person, reader.now)
    lines = [("away.line.for", _of(reader, one.person, one)) for one in covers]
    if mine is None:
        return Say("away.here", {"lines": [*lines, ("away.line.how", {})]})
    named = ("away.line.cover", _of(reader, mine.cover, mine)) if mine.cover else ("away.line.leader", {})
    buttons = [Button("back", "away.button.back")]
    return Say("away.gone", {"until": cover.last_minute(mine.until), "lines": [named, *lines]}, buttons)


async def leave(session: AsyncSession, reader: Reader, person: Person, until: datetime, who: str | None) -> Say:
    absence, handed = await cover.leave(session, reader.book, person, until, who, reader.now)
    args = {
        "until": cover.last_minute(absence.until),
        "count": len(handed),
        "name": reader.book.people.get(who or "", ""),
    }
    return Say("away.left" if who else "away.left_leader", args, [Button("back", "away.button.back")])


async def back(session: AsyncSession, reader: Reader, person: Person) -> Say:
    await cover.back(session, person, reader.now)
    return Say("away.back")


def _of(reader: Reader, code: str | None, absence: Absence) -> dict[str, str]:
    return {"name": reader.book.people.get(code or "", ""), "until": cover.last_minute(absence.until)}
