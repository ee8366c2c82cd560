"""The only door through which a case's status changes.

`move` checks STEPS, guards against two hands at once, adds the event, links it to the one before (cases/record.py),
sets the clock and writes the notices;
`note` adds an event that changes no status (an act of the clock, an escalation).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Executable, bindparam, func
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import alarms, notices, record, timers
from cases.actors import Actor
from cases.book import Book
from cases.errors import Missing, NotAllowed, Stale
from cases.notices import FIRST_EVENTS, UNFOLLOWED, Audience
from models import STEPS, Case, Event, Notification, Role, Status

PRIVATE = frozenset(
    {
        "hold", "route", "arbitrate", "reassign", "cover", "return", "reply", "send_back", "extend", "refuse_extension",
        "sign_overdue", "remind", "contact_overdue", "untold", "relabel", "erase",
        "ring", "alarm", "relocate", "accuse", "pass_by", "take_alarm", "false_alarm",
        "order", "answer_order", "close_order", "order_overdue",
        "raise", "whistle", "co_sign", "co_answer", "co_decline", "co_waive", "co_overdue", "note",
        "merged_in", "merged_out", "follow", "unmerge", "lead_unsorted", "lead_unsigned", "lead_signed",
        "join", "registered", "reported", "exclude", "refuse_exclusion",
    }
)  # fmt: skip
CARRIED = frozenset({"unit", "assignee", "co_units"})  # whoever has a case has those merged into it
KEPT = ("round", "unit", "assignee", "category", "grid", "sign_due_at", "contact_due_at", "overdue")  # on each event
MOVED = "moved"  # in session.info: ids of the cases this transaction changed
HELD = "held"  # in session.info: what `together` writes at its end


class Held(NamedTuple):
    """A case whose columns are written later: the version it was read at, and what they become."""

    number: str
    known: int
    changes: dict[str, Any]


async def move(
    session: AsyncSession,
    book: Book,
    case: Case,
    name: str,
    actor: Actor,
    now: datetime,
    *,
    text: str = "",
    details: Mapping[str, Any] | None = None,
    photos: Sequence[str] = (),
    changes: Mapping[str, Any] | None = None,
    leave_out: Sequence[Audience] = (),
) -> Event:
    """Take one step of STEPS.

    Raises NotAllowed when the role may not, Stale when the case is elsewhere by now or somebody was faster,
    Missing when a text the step needs is empty. Nothing is changed then.
    """
    step = STEPS[name]
    if actor.role not in step.who:
        raise NotAllowed("step.not_allowed", step=name)
    if case.status not in step.before:
        raise Stale("step.stale", number=case.number)
    if "text" in step.needs and not text.strip():
        raise Missing("step.needs_text")
    after = step.after or case.status
    return await _take(session, book, case, name, actor, now, after, text, details, photos, changes, leave_out)


async def note(
    session: AsyncSession,
    book: Book,
    case: Case,
    kind: str,
    actor: Actor,
    now: datetime,
    *,
    text: str = "",
    details: Mapping[str, Any] | None = None,
    photos: Sequence[str] = (),
    changes: Mapping[str, Any] | None = None,
    above: Sequence[str] = (),
) -> Event:
    """Add an event of a kind that is no step: what the clock did, who could not be told, a label put right."""
    assert kind not in STEPS, kind
    return await _take(session, book, case, kind, actor, now, case.status, text, details, photos, changes, (), above)


async def _take(
    session: AsyncSession,
    book: Book,
    case: Case,
    kind: str,
    actor: Actor,
    now: datetime,
    after: Status,
    text: str,
    details: Mapping[str, Any] | None,
    photos: Sequence[str],
    changes: Mapping[str, Any] | None,
    leave_out: Sequence[Audience],
    above: Sequence[str] = (),
) -> Event:
    changed = {**_over(case, actor, after), **(changes or {}), **timers.stamps(case, kind, now)}
    changed |= {"status": after, "version": case.version + 1}
    event = Event(
        case_id=case.id,
        seq=changed["version"],
        kind=kind,
        actor=actor.code,
        role=actor.role,
        status=after,
        text=text,
        details=dict(details or {}),
        photos=list(photos),
        public=kind not in PRIVATE,
        at=max(now, case.submitted_at),  # never before its case, whatever a machine's clock says
        **as_it_is(case, changed),
    )
    changed["chain"] = record.seal(event, await record.before(session, case))
    await _change(session, case, changed)
    if case.version > FIRST_EVENTS:  # before, nobody's chat can hold a card of it
        session.info.setdefault(MOVED, set()).add(case.id)
    if changed.get("master"):
        session.info.get(UNFOLLOWED, set()).discard(changed["master"])
    if CARRIED & set(changes or ()) and not case.master:
        await _carry(session, case)
    session.add(event)
    follows = await timers.after(session, book, case, kind, now) | await alarms.after(session, case, event)
    if follows:
        await _change(session, case, follows)
    about = {name: event.details[name] for name in ("other", "called") if name in event.details}
    args = told_args(book, case, actor, text, **about)
    await notices.tell(session, book, case, event, now, args=args, above=above, leave_out=leave_out)
    return event


def as_it_is(case: Case, changed: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """What an event keeps of the case as it becomes, so that whatever is counted from it stays as it was."""
    return {name: changed.get(name, getattr(case, name)) for name in KEPT}


def _over(case: Case, actor: Actor, after: Status) -> dict[str, Any]:
    """What ends by itself: the line to the resident and a wish for more time when nobody has it in hand any more."""
    ends: dict[str, Any] = {}
    if case.relay and after not in STEPS["relay"].before:
        ends["relay"] = None
    if case.extension and after not in STEPS["grant_extension"].before:
        ends["extension"] = None
    if case.untold_at and actor.role is Role.RESIDENT:  # heard from again
        ends["untold_at"] = None
    return ends


async def _change(session: AsyncSession, case: Case, changes: Mapping[str, Any]) -> None:
    """Write columns only if the row is still the one we read; the object in hand follows."""
    known = changes.get("version", case.version + 1) - 1 if "version" in changes else case.version
    held: dict[UUID, Held] | None = session.info.get(HELD)
    if held is not None:
        before = held.get(case.id, Held(case.number, known, {}))
        held[case.id] = before._replace(changes={**before.changes, **changes})
        _follow(case, changes)
        return
    if case in session.new:
        await session.flush()
    await _write(session, tuple(changes), {case.id: Held(case.number, known, dict(changes))})
    _follow(case, changes)


def _follow(case: Case, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        set_committed_value(case, name, value)


@asynccontextmanager
async def together(session: AsyncSession) -> AsyncIterator[None]:
    """For many acts on rows this transaction has locked: written at the end, by a few statements instead of many.

    The guard stays: whatever is not the row that was read by then raises Stale, and nothing of it is kept.
    """
    held: dict[UUID, Held] = {}
    session.info[HELD] = held
    try:
        with session.no_autoflush:
            async with timers.together(session):
                yield
    finally:
        del session.info[HELD]
    for names, alike in groupby(sorted(held.items(), key=_columns), _columns):
        await _write(session, names, dict(alike))
    for table in (Event, Notification):
        await _give_numbers(session, table)


async def _give_numbers(session: AsyncSession, table: type[Event] | type[Notification]) -> None:
    """Rows that know their number are written without asking for it: half the work of a large batch."""
    new = [row for row in session.new if isinstance(row, table)]
    if not new:
        return
    numbers = select(func.nextval(func.pg_get_serial_sequence(table.__tablename__, "id")))
    with session.no_autoflush:
        given = (await session.exec(numbers.select_from(func.generate_series(1, len(new)).alias()))).all()
    for row, number in zip(new, given, strict=True):
        row.id = number


def _columns(item: tuple[UUID, "Held"]) -> tuple[str, ...]:
    return tuple(sorted(item[1].changes))


@cache
def _writing(names: tuple[str, ...]) -> Executable:
    """Put together once for the columns a step changes, of which there are few sets."""
    cases = Case.__table__  # type: ignore[attr-defined]
    as_read = (cases.c.id == bindparam("its_id"), cases.c.version == bindparam("as_read"))
    its: Executable = cases.update().where(*as_read).values({name: bindparam(f"new_{name}") for name in names})
    return its


async def _write(session: AsyncSession, names: tuple[str, ...], held: Mapping[UUID, "Held"]) -> None:
    rows = [
        {"its_id": id_, "as_read": one.known, **{f"new_{name}": value for name, value in one.changes.items()}}
        for id_, one in held.items()
    ]
    given = rows if len(rows) > 1 else rows[0]
    if (await (await session.connection()).execute(_writing(names), given)).rowcount != len(rows):
        raise Stale("step.stale", number=next(iter(held.values())).number)


async def _carry(session: AsyncSession, case: Case) -> None:
    """Those merged into a case lie on the desk it lies on."""
    if not notices.is_followed(session, case):
        return
    carried = {name: getattr(case, name) for name in CARRIED}
    along = update(Case).where(col(Case.master) == case.id).values(**carried)
    await session.execute(along.execution_options(synchronize_session=False))


def told_args(
    book: Book, case: Case, actor: Actor, text: str, other: str = "", called: Sequence[str] = ()
) -> dict[str, Any]:
    """What any text about a case may use. Codes, not words, where the word depends on the language."""
    return {
        "number": case.number,
        "other": other,
        "who": actor.name,
        "text": text,
        "unit": case.unit or "",
        "category": case.item or case.category or "",
        "place": book.place_name(case.place) or case.place_text or book.area_name(case.grid),
        "due": case.due_at.isoformat() if case.due_at else "",
        "sign_due": case.sign_due_at.isoformat() if case.sign_due_at else "",
        "assignee": case.assignee or "",
        "outcome": str(case.outcome or ""),
        "days": (case.extension or {}).get("days", ""),
        "until": (case.extension or {}).get("until", ""),
        "order": (case.ordered or {}).get("number", ""),
        "order_due": (case.ordered or {}).get("due", ""),
        "called": list(called),
        "ground": (case.exclusion or {}).get("ground", ""),
        "appeal_until": (case.exclusion or {}).get("until", ""),
    }
