"""The staff's doors, as docs/staff-api.md promises them."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, File, UploadFile
from fastapi.responses import FileResponse, JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.live import woken
from bot.scrub import scrub
from bot.texts import say
from bot.transactions import wake
from cases import access, in_hand, joining, queries, reading, steps
from cases.book import Book
from cases.errors import NotFound, Stale
from models import Case, Notification, Person, Photo, Role
from web import present
from web.auth import SignedInHere
from web.case_page import whole_page
from web.case_timeline import photo_url
from web.desk import Desk
from web.languages import reader_of
from web.parts import Parts, PartsHere
from web.present import iso
from web.steps import for_dispatcher

QUIET_SECONDS = 20.0
HANDLERS = (Role.WORKER, Role.CLERK, Role.LEADER)

router = APIRouter(prefix="/api/staff")
Locale = Annotated[str, Depends(reader_of)]


class ReadUpTo(BaseModel):
    id: int = Field(ge=0, lt=2**63)


class Call(BaseModel):
    """A unit to be called, and what it alone is to do beside the others' part."""

    unit: str = Field(max_length=32)
    text: str = Field(default="", max_length=20_000)


class Asked(BaseModel):
    """A step as JSON; what each field means stands in cases/steps.py."""

    key: UUID
    step: str = Field(max_length=32)
    version: int
    text: str = Field(default="", max_length=20_000)
    reason: str | None = None
    ground: str | None = None
    outcome: str | None = None
    photos: list[UUID] = Field(default_factory=list, max_length=20)
    unit: str | None = None
    units: list[Call] = Field(default_factory=list, max_length=20)
    assignee: str | None = None
    category: str | None = None
    days: int | None = None
    master: str | None = Field(default=None, max_length=32)

    def checked(self) -> steps.Asked:
        units = {call.unit: scrub(call.text) for call in self.units}
        return steps.Asked(**self.model_dump() | {"key": str(self.key), "text": scrub(self.text), "units": units})


@router.get("/tasks")
async def tasks(me: SignedInHere, parts: PartsHere, locale: Locale, view: str = "mine") -> dict[str, Any]:
    now = parts.now()
    async with parts.transactions.read() as session:
        beside = await in_hand.beside(session, me.person)
        rows = await in_hand.tasks(session, me.person, view, beside)
        counts = await in_hand.counts(session, me.person, beside)
        names = await queries.people(session, {case.assignee or "" for case, _ in rows})
    at_desk = Desk(parts, me.person, locale, now)
    shown = [at_desk.task(case, photos=photos, names=names) for case, photos in rows]
    shown.sort(key=lambda task: task["next_due"] or "9999")
    next_due = next((task["next_due"] for task in shown if task["next_due"]), None)
    return {"tasks": shown, "counts": counts, "next_due": next_due, "now": iso(now)}


@router.get("/cases/{number}")
async def case_page(number: str, me: SignedInHere, parts: PartsHere, locale: Locale) -> dict[str, Any]:
    async with parts.transactions.begin() as session:  # a look by some leaves a line
        case = await queries.case_for(session, parts.senses.book, me.person, number)
        await reading.note(session, me.person, case, parts.now())
        return await _page(session, parts, case, me.person, locale)


@router.post("/cases/{number}/steps", response_model=None)
async def take_step(
    number: str, asked: Asked, me: SignedInHere, parts: PartsHere, locale: Locale
) -> dict[str, Any] | JSONResponse:
    """One transaction; the same key again gets the case as it is now, and no second effect."""
    book, now = parts.senses.book, parts.now()
    try:
        async with parts.transactions.begin() as session:
            case = await queries.case_for(session, book, me.person, number)
            await reading.note(session, me.person, case, now)
            if await steps.take(session, book, case, me.person, asked.checked(), now):
                wake(session, "staff")
                wake(session, f"chat:{case.resident}")
            await parts.transactions.finish(session)
            return await _page(session, parts, case, me.person, locale)
    except Stale as stale:
        async with parts.transactions.read() as session:
            latest = await _page(session, parts, await _by_number(session, number), me.person, locale)
        error = {"key": stale.key, "message": say(stale.key, locale, **stale.values)}
        return JSONResponse({"error": error, **latest}, 409)


@router.get("/cases/{number}/alike")
async def alike(number: str, me: SignedInHere, parts: PartsHere, locale: Locale) -> dict[str, Any]:
    """Open cases nearby that tell of the same: what this one may be merged into."""
    book, now = parts.senses.book, parts.now()
    async with parts.transactions.read() as session:
        case = await queries.case_for(session, book, me.person, number)
        found = await joining.for_staff(session, book, case, access.sees(me.person), now)
    return {"cases": [Desk(parts, me.person, locale, now).alike(one) for one in found]}


@router.post("/photos")
async def post_photo(file: Annotated[UploadFile, File()], me: SignedInHere, parts: PartsHere) -> dict[str, str]:
    kept = await parts.store.keep(await file.read())
    photo = kept.row(uuid4(), parts.now(), person=me.person.code)
    async with parts.transactions.begin() as session:
        session.add(photo)
    return {"id": str(photo.id), "url": photo_url(str(photo.id))}


@router.get("/photos/{photo}")
async def get_photo(photo: UUID, me: SignedInHere, parts: PartsHere) -> FileResponse:
    async with parts.transactions.begin() as session:
        chosen = select(Photo, Case).join(Case, col(Case.id) == Photo.case_id, isouter=True).where(Photo.id == photo)
        row, case = (await session.exec(chosen)).first() or (None, None)
        if row is None or not _may_see(parts.senses.book, me.person, row, case):
            raise NotFound("photo.not_found")
        if case is not None:
            await reading.note(session, me.person, case, parts.now())
    return present.file(parts.store, row)


@router.get("/notices")
async def notices(me: SignedInHere, parts: PartsHere, locale: Locale) -> dict[str, Any]:
    """What one was told, the newest first; a case no longer one's own is only named."""
    async with parts.transactions.read() as session:
        rows = await queries.notices_of(session, me.person)
        count = await queries.unread(session, me.person)
    at_desk = Desk(parts, me.person, locale, parts.now())
    return {"notices": [at_desk.notice(row, case) for row, case in rows], "unread": count}


@router.post("/notices/read", status_code=204)
async def notices_read(up_to: ReadUpTo, me: SignedInHere, parts: PartsHere) -> None:
    unread = (col(Notification.person) == me.person.code, col(Notification.read_at).is_(None))
    async with parts.transactions.begin() as session:
        seen = update(Notification).where(*unread, col(Notification.id) <= up_to.id)
        await session.execute(seen.values(read_at=parts.now()))


@router.get("/choices")
async def choices(me: SignedInHere, parts: PartsHere) -> dict[str, Any]:
    async with parts.transactions.read() as session:
        chosen = select(Person).where(col(Person.active), col(Person.role).in_(HANDLERS)).order_by(Person.code)
        people = (await session.exec(chosen)).all()
    return for_dispatcher(parts.senses.book, people)


@router.get("/stream", response_class=EventSourceResponse)
async def stream(me: SignedInHere, parts: PartsHere) -> AsyncIterator[ServerSentEvent]:
    """Says only that something changed; the page then asks for what it shows."""
    with parts.live.subscribe("staff", f"staff:{me.person.code}") as news:
        yield ServerSentEvent(comment="open", retry=2000)
        while not parts.live.stopping:
            if not await woken(news, QUIET_SECONDS):
                yield ServerSentEvent(comment="quiet")
            elif not parts.live.stopping:
                yield ServerSentEvent(data={}, event="changed")


def _may_see(book: Book, person: Person, photo: Photo, case: Case | None) -> bool:
    """Their own, or one of a case they may see."""
    return photo.person == person.code or (case is not None and access.may_see(book, person, case))


async def _by_number(session: AsyncSession, number: str) -> Case:
    return (await session.exec(select(Case).where(Case.number == number))).one()


async def _page(session: AsyncSession, parts: Parts, case: Case, person: Person, locale: str) -> dict[str, Any]:
    desk = Desk(parts, person, locale, parts.now())
    return whole_page(desk, await queries.story(session, parts.senses.book, case))
