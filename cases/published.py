"""What a port may read of the cases it brought: their state, and what their residents were told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlalchemy import case as case_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import timeline
from cases.errors import NotFound
from models import OPEN, Brought, Case, ChatMessage, Event, Photo, SeenMessage, Status

Span = tuple[datetime, datetime]
ONGOING = OPEN | {Status.MERGED}
SUBMITTED = "submit"
CHANNEL = "port"  # as seen_messages knows what a port brought


@dataclass(frozen=True)
class Wanted:
    """Which requests; empty means any. `categories` are codes of a field or an item."""

    numbers: Sequence[str] = ()
    categories: Sequence[str] = ()
    span: Span | None = None
    states: Sequence[str] = ()  # open, closed
    most: int = 1000


@dataclass(frozen=True)
class Request:
    case: Case
    changed_at: datetime
    photos: Sequence[str]


async def requests(session: AsyncSession, port: str, wanted: Wanted) -> Sequence[Request]:
    """The newest first. Who asks by number gets those whatever their age, as the standard has it."""
    chosen = select(Case).join(Brought, col(Brought.case_id) == Case.id).where(Brought.port == port)
    chosen = chosen.where(*_conditions(wanted)).order_by(col(Case.submitted_at).desc(), col(Case.number).desc())
    cases = (await session.exec(chosen.limit(wanted.most))).all()
    ids = [case.id for case in cases]
    its_case = (col(Case.id) == Event.case_id) & timeline.since(col(Case.submitted_at))
    last = select(Event.case_id, func.max(Event.at)).join(Case, its_case).where(col(Case.id).in_(ids))
    changed = dict((await session.exec(last.group_by(col(Event.case_id)))).all())
    shown = select(Photo).where(col(Photo.case_id).in_(ids), Photo.kind == "photo").order_by(col(Photo.at))
    photos: dict[UUID, list[str]] = {}
    for photo in (await session.exec(shown)).all():
        if photo.resident and photo.case_id:
            photos.setdefault(photo.case_id, []).append(str(photo.id))
    return [Request(case, changed.get(case.id, case.submitted_at), photos.get(case.id, ())) for case in cases]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.numbers:
        return [col(Case.number).in_(wanted.numbers)]
    conditions: list[ColumnElement[bool]] = []
    if wanted.span:
        conditions.append(col(Case.submitted_at).between(*wanted.span))
    if wanted.categories:
        conditions.append(or_(col(Case.category).in_(wanted.categories), col(Case.item).in_(wanted.categories)))
    if len(set(wanted.states)) == 1:
        ongoing = col(Case.status).in_(ONGOING)
        conditions.append(ongoing if "open" in wanted.states else ~ongoing)
    return conditions


@dataclass(frozen=True)
class Update:
    """A line somebody was told, and how the case stood then."""

    line: ChatMessage
    case: Case
    status: Status


async def updates(
    session: AsyncSession, port: str, numbers: Sequence[str], span: Span | None, most: int
) -> Sequence[Update]:
    """The oldest first, each with the status after the step it tells of."""
    about = func.coalesce(func.nullif(func.split_part(col(ChatMessage.text_key), ".", 2), ""), SUBMITTED)
    kind = case_((col(ChatMessage.text_key).startswith("filed"), SUBMITTED), else_=about)
    then = (
        select(Event.status)
        .where(Event.case_id == Case.id, timeline.since(col(Case.submitted_at)))
        .where(Event.at <= ChatMessage.at, Event.kind == kind)
        .order_by(col(Event.seq).desc())
        .limit(1)
        .correlate(Case, ChatMessage)
        .scalar_subquery()
    )
    ours = (Brought.port == port, ChatMessage.said_by == "us", ChatMessage.resident == Case.resident)
    chosen = (
        select(ChatMessage, Case, then)
        .join(Case, col(Case.id) == ChatMessage.case_id)
        .join(Brought, col(Brought.case_id) == Case.id)
        .where(*ours)
    )
    if numbers:
        chosen = chosen.where(col(Case.number).in_(numbers))
    if span:
        chosen = chosen.where(col(ChatMessage.at).between(*span))
    rows = (await session.exec(chosen.order_by(col(ChatMessage.at), col(ChatMessage.id)).limit(most))).all()
    return [Update(line, case, status or case.status) for line, case, status in rows]


async def photo(session: AsyncSession, port: str, id_: UUID) -> Photo:
    """What the resident sent, or one that came with a line they were told; anything else is NotFound."""
    row = await session.get(Photo, id_)
    if row is not None and row.case_id is not None and row.kind == "photo":
        brought = select(Case).join(Brought, col(Brought.case_id) == Case.id)
        case = (await session.exec(brought.where(Brought.port == port, Case.id == row.case_id))).first()
        if case and (row.resident == case.resident or await _was_told(session, case, row)):
            return row
    raise NotFound("photo.not_found")


async def _was_told(session: AsyncSession, case: Case, row: Photo) -> bool:
    lines = select(ChatMessage.id).where(ChatMessage.resident == case.resident, ChatMessage.case_id == case.id)
    shown = lines.where(col(ChatMessage.photos).contains([str(row.id)])).limit(1)
    return (await session.exec(shown)).first() is not None


async def first_time(session: AsyncSession, port: str, key: str, now: datetime) -> bool:
    """Writes down that this was taken in; False where it was before."""
    row = {"channel": CHANNEL, "receiver": port, "key": key, "at": now}
    taken = insert(SeenMessage).values(row).on_conflict_do_nothing().returning(col(SeenMessage.key))
    return (await session.execute(taken)).first() is not None
