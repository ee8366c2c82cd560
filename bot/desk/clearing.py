"""/clearing: how far the communities somebody looks after are with this month's disputes (清零)."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk.card import Reader
from bot.messages import Button, Say
from cases import access, clearing
from cases.clearing import Dispute, Progress
from cases.errors import NotAllowed
from cases.periods import today
from models import Case, Person

OPENS = 5


async def listed(session: AsyncSession, reader: Reader, person: Person) -> Say:
    """A line for each community, and the oldest open disputes that are theirs to see, to open them.

    Raises NotAllowed for who has no community.
    """
    book, now, month = reader.book, reader.now, today(reader.now)
    within = clearing.reach(book, person)
    if within is None:
        raise NotAllowed("clearing.not_yours")
    found = await clearing.disputes(session, month, now)
    aims = await clearing.targets(session, month, now)
    rows = clearing.measured(book, found, aims, month, now, within)
    if not rows:
        return Say("clearing.none", {"month": month.month})
    inside = [one for one in found if one.open and (within in book.path(one.grid))]
    opens = await _theirs(session, reader, person, inside)
    buttons = [Button("open", "task.button.task", {"n": n, "number": number}, {"number": number})
               for n, number in enumerate(opens[:OPENS], start=1)]  # fmt: skip
    return Say("clearing.title", {"month": month.month, "lines": [_line(reader, one) for one in rows]}, buttons)


async def _theirs(session: AsyncSession, reader: Reader, person: Person, open_: Sequence[Dispute]) -> list[str]:
    chosen = select(Case).where(col(Case.number).in_([one.number for one in open_]))
    cases = (await session.exec(chosen.order_by(col(Case.submitted_at), Case.number))).all()
    return [case.number for case in cases if access.may_see(reader.book, person, case)]


def _line(reader: Reader, one: Progress) -> tuple[str, dict[str, object]]:
    about: dict[str, object] = {
        "place": reader.book.area_name(one.area), "settled": one.settled, "missing": one.missing, "days": one.days,
        "open": one.open, "aim": one.listed if one.settle is None else one.settle,
    }  # fmt: skip
    if not one.has_target:
        return "clearing.line_free", about
    return "clearing.line_all" if one.settle is None else "clearing.line_some", about
