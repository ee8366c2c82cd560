"""/tasks: what waits for somebody, the nearest deadline first, a few at a time."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import card
from bot.desk.card import SEPARATOR, Reader
from bot.desk.due import due_for
from bot.messages import Button, Say
from cases import access, in_hand
from models import Case, Person, Role

PAGE = 5


async def listed(session: AsyncSession, reader: Reader, person: Person, page: int) -> Say:
    """One page with a button for each case; the list is short words, the case is its card."""
    cases = await waiting(session, person)
    if not cases:
        return Say("task.list.empty")
    last = (len(cases) - 1) // PAGE
    at = max(0, min(page, last))
    shown = list(enumerate(cases, start=1))[at * PAGE : (at + 1) * PAGE]
    lines = [_line(reader, person, n, c) for n, c in shown]
    args = {"count": len(cases), "page": at + 1, "pages": last + 1, "lines": lines}
    opens = [Button("open", "task.button.task", {"n": n, "number": c.number}, {"number": c.number}) for n, c in shown]
    turns = [("task.button.before", at - 1), ("task.button.after", at + 1)]
    more = [Button("tasks", label, payload={"page": n}) for label, n in turns if 0 <= n <= last]
    return Say("task.list.title" if last else "task.list.title_short", args, (*opens, *more))


async def waiting(session: AsyncSession, person: Person) -> list[Case]:
    """One's own, and by role those to review or to sort."""
    views = ["mine"]
    views += ["review"] if person.role is Role.LEADER else []
    views += ["triage"] if person.role in access.SEES_ALL else []
    found: dict[str, Case] = {}
    for view in views:
        found |= {case.number: case for case, _ in await in_hand.tasks(session, person, view)}
    return sorted(found.values(), key=lambda case: _urgency(person, case))


def _urgency(person: Person, case: Case) -> tuple[bool, datetime, str]:
    """The nearest deadline first; what waits for somebody else last."""
    by = due_for(person, case)[0]
    return by is None, by or case.submitted_at, case.number


def _line(reader: Reader, person: Person, n: int, case: Case) -> tuple[str, dict[str, object]]:
    words = [
        case.number,
        reader.book.category_name(case.item or case.category, reader.locale) or reader.word("word.unsorted"),
        card.where(reader, case),
        card.left(reader, case, person),
    ]
    return "task.list.line", {"n": n, "line": SEPARATOR.join(filter(None, words))}
