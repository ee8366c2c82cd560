"""The record: every event is linked to the one before it, so that a changed, lost, added or moved one shows.

A link covers a salted commitment to what an event says (text, details, photos) and, in the clear, everything that is
counted. Words may be erased: the commitment stays in their place, and the chain is whole without them.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.timeline import SLACK
from models import Case, Event

SALT = 16  # bytes: nobody finds a short text by trying all of them
ERASE = "erase"  # the kind of the event that says which words were taken out


_PLAIN = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


class Line(Protocol):
    """An event as it stands in the database."""

    case_id: UUID
    seq: int
    kind: str
    actor: str
    role: Any
    status: Any
    text: str
    details: dict[str, Any]
    photos: list[str]
    public: bool
    at: datetime
    round: int
    unit: str | None
    assignee: str | None
    category: str | None
    grid: str | None
    sign_due_at: datetime | None
    contact_due_at: datetime | None
    overdue: bool
    salt: bytes | None
    commitment: bytes | None
    link: bytes | None


class Head(NamedTuple):
    """What a case says of its own timeline."""

    id: UUID
    number: str
    status: str
    version: int
    chain: bytes | None
    submitted_at: datetime


class Fault(NamedTuple):
    """The first event of a case that is not what was written. `what` is one of FAULTS."""

    number: str
    seq: int
    what: str


FAULTS = {
    "gap": "is missing, or lies elsewhere",
    "link": "was changed, or does not follow from the one before it",
    "bare": "has lost its words, and no event says that they were erased",
    "left": "was changed after its words were erased",
    "unlinked": "was never linked",
    "tail": "is not there: the timeline ends too early",
    "head": "is the last one, and the case names another",
    "hidden": "lies before the time at which its case says it was filed",
    "state": "is the last one, and the case stands elsewhere",
}


def start(case_id: UUID) -> bytes:
    """What a case's first event is linked to: its own id, so that no timeline fits another case."""
    return hashlib.sha256(b"case " + case_id.bytes).digest()


def seal(event: Line, before: bytes) -> bytes:
    """Salt and link an event. Nothing of it may be changed after that."""
    if event.commitment is None:
        event.salt = secrets.token_bytes(SALT)
    event.link = link(event, before)
    return event.link


def link(line: Line, before: bytes) -> bytes:
    held = line.commitment if line.salt is None else commitment(line)
    return hashlib.sha256(before + (held or b"") + _counted(line)).digest()


def commitment(line: Line) -> bytes:
    """To what may be erased; without the salt, which goes with the words, it tells nothing of them."""
    return hashlib.sha256((line.salt or b"") + _plain([line.text, line.details, line.photos])).digest()


def erased(lines: Sequence[Line]) -> dict[str, Any]:
    """The details of the event that says whose words went: what was left of them is covered by it."""
    return {"seqs": [line.seq for line in lines], "left": _left(lines)}


def _left(lines: Sequence[Line]) -> str:
    return hashlib.sha256(_plain([[x.seq, x.text, x.details, x.photos] for x in lines])).hexdigest()


def _counted(line: Line) -> bytes:
    words = (line.seq, line.kind, line.actor, line.role, line.status, line.public, line.round)
    case = (line.unit, line.assignee, line.category, line.grid, line.overdue)
    return _plain([*words, *case, *map(_moment, (line.at, line.sign_due_at, line.contact_due_at))])


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat() if value else None


def _plain(value: Any) -> bytes:
    """One spelling for one value, before the database and after it."""
    return _PLAIN.encode(value).encode()


def first_fault(head: Head, lines: Sequence[Line]) -> Fault | None:
    """Hold a case's events, in their order, against their links and against the case. None: all as written."""
    found = next(_faults(head, lines), None)
    return Fault(head.number, *found) if found else None


def _faults(head: Head, lines: Sequence[Line]) -> Iterator[tuple[int, str]]:
    before, bare = start(head.id), dict[int, Line]()
    for seq, line in enumerate(lines, 1):
        if line.seq != seq:
            yield seq, "gap"
        if line.link is None:
            yield seq, "unlinked"
        if link(line, before) != line.link:
            yield seq, "link"
        if line.salt is None:
            bare[seq] = line
        if line.kind == ERASE and (wrong := _not_as_left(line, bare)):
            yield wrong, "left"
        before = line.link or b""
    if bare:
        yield min(bare), "bare"
    if len(lines) != head.version:
        yield len(lines) + 1, "tail"
    if before != head.chain:
        yield len(lines), "head"
    if lines and min(line.at for line in lines) < head.submitted_at - SLACK:
        yield 1, "hidden"
    if lines and lines[-1].status != head.status:
        yield len(lines), "state"


def _not_as_left(line: Line, bare: dict[int, Line]) -> int | None:
    """Take off `bare` what this erasure accounts for; the first one it should have left otherwise."""
    seqs = line.details.get("seqs", [])
    gone = [bare.pop(seq) for seq in seqs if seq in bare]
    return seqs[0] if seqs and _left(gone) != line.details.get("left") else None


async def before(session: AsyncSession, case: Case) -> bytes:
    """What the case's next event is linked to; a case from before the record is linked first."""
    return case.chain or await catch_up(session, case.id)


async def catch_up(session: AsyncSession, case_id: UUID) -> bytes:
    """Link what was written without links, after what has them.

    Whoever links the same case meanwhile (cases/linking.py) links all of it or nothing, and whoever is second writes
    over it: the guard of the version lets only one of two steps through.
    """
    link_before = start(case_id)
    lines = select(Event).where(Event.case_id == case_id).order_by(col(Event.seq))
    for event in (await session.exec(lines)).all():
        link_before = event.link or seal(event, link_before)
    return link_before
