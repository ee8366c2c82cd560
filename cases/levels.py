"""Up one level by hand (上报): whoever has a case passes it to whoever stands above them, who signs anew.

A grid worker's goes to the community's leader, then to the street's; a department's to its own leader, then to that of
the department above. The one who handed it on stays accountable until somebody signs (首接负责), as `Case.accountable`.
"""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from cases import absences, dispatch, timers
from cases.actors import staff
from cases.book import Book
from cases.errors import Missing
from models import Case, Person, Role


async def raise_(session: AsyncSession, book: Book, case: Case, person: Person, text: str, now: datetime) -> None:
    """The time to resolve goes on; Missing where nobody stands above."""
    above = next_level(book, case, person)
    if above is None:
        raise Missing("raise.top", number=case.number)
    above = absences.taker(book, case, above, await absences.now_away(session, now), {person.code})
    changes = {"unit": case.unit, "assignee": above, **await timers.sign_again(session, book, case, now)}
    await dispatch.hand_out(session, book, case, now, step="raise", actor=staff(person), text=text, changes=changes)


def next_level(book: Book, case: Case, person: Person) -> str | None:
    """The next leader of the chain who leads the person's own unit or one it belongs to, or a wider area."""
    above = [book.members[code] for code in dispatch.all_above(book, case, person.code)]
    wider, units = book.path(person.area)[:-1], book.upward(person.unit)
    leaders = (one for one in above if one.role is Role.LEADER)
    return next((one.code for one in leaders if one.area in wider or one.unit in units), None)
