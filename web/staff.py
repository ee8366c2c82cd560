"""The staff's doors, as docs/staff-api.md promises them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import FileResponse, JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.scrub import scrub
from bot.texts import say
from bot.transactions import wake
from cases import access, handling, queries
from cases.book import Book
from cases.errors import Missing, NotFound, Stale
from models import Case, Notification, Outcome, Person, Photo, Resident, ReturnReason, Role, StaffAct, StaffSession
from web import auth, desk, limits, present
from web.auth import SignedInHere
from web.parts import Parts, PartsHere
from web.present import iso
from web.refusals import reader

QUIET_SECONDS = 20.0
HANDLERS = (Role.WORKER, Role.CLERK, Role.LEADER)

router = APIRouter(prefix="/api/staff")


class Credentials(BaseModel):
    name: str = Field(max_length=64)
    password: str = Field(max_length=256)


class ReadUpTo(BaseModel):
    id: int = Field(ge=0, lt=2**63)


class Asked(BaseModel):
    """A step somebody asks for. `version` is the case's as they saw it."""

    key: UUID
    step: str = Field(max_length=32)
    version: int
    text: str = Field(default="", max_length=20_000)
    reason: str | None = None
    outcome: str | None = None
    photos: list[UUID] = Field(default_factory=list, max_length=20)
    unit: str | None = None
    assignee: str | None = None
    category: str | None = None


@router.post("/session")
async def sign_in(given: Credentials, request: Request, response: Response, parts: PartsHere) -> dict[str, Any]:
    await parts.limits.hit(limits.SIGN_INS, given.name.strip().lower(), request.client.host if request.client else "")
    async with parts.transactions.read() as session:
        person = await auth.check_password(session, given.name, given.password)
    async with parts.transactions.begin() as session:
        token, row = auth.begin(session, person, parts.now())
    lasts = int(auth.LASTS.total_seconds())
    response.set_cookie(auth.COOKIE, token, lasts, httponly=True, samesite="strict", secure=parts.secure)
    return _me(parts, person, row.csrf)


@router.get("/session")
async def who_am_i(me: SignedInHere, parts: PartsHere) -> dict[str, Any]:
    return _me(parts, me.person, me.csrf)


@router.delete("/session", status_code=204)
async def sign_out(me: SignedInHere, response: Response, parts: PartsHere) -> None:
    async with parts.transactions.begin() as session:
        await session.execute(delete(StaffSession).where(col(StaffSession.token_hash) == me.token_hash))
    response.delete_cookie(auth.COOKIE)


@router.get("/tasks")
async def tasks(me: SignedInHere, parts: PartsHere, view: str = "mine") -> dict[str, Any]:
    now, book = parts.now(), parts.senses.book
    async with parts.transactions.read() as session:
        rows = await queries.tasks(session, me.person, view)
        counts = await queries.counts(session, me.person)
        names = await queries.people(session, {case.assignee or "" for case, _ in rows})
    shown = [desk.task(book, case, me.person, now, photos=photos, names=names) for case, photos in rows]
    shown.sort(key=lambda task: task["next_due"] or "9999")
    next_due = next((task["next_due"] for task in shown if task["next_due"]), None)
    return {"tasks": shown, "counts": counts, "next_due": next_due, "now": iso(now)}


@router.get("/cases/{number}")
async def case_page(number: str, me: SignedInHere, parts: PartsHere) -> dict[str, Any]:
    async with parts.transactions.read() as session:
        case = await queries.case_for(session, parts.senses.book, me.person, number)
        return await _page(session, parts, case, me.person)


@router.post("/cases/{number}/steps", response_model=None)
async def take_step(
    number: str, asked: Asked, me: SignedInHere, parts: PartsHere, request: Request
) -> dict[str, Any] | JSONResponse:
    """One transaction; the same key again gets the case as it is now, and no second effect."""
    book, now = parts.senses.book, parts.now()
    try:
        async with parts.transactions.begin() as session:
            case = await queries.case_for(session, book, me.person, number)
            if await _first_time(session, me.person, asked, case, now):
                await _take(session, book, case, me.person, asked, now)
                wake(session, "staff")
                wake(session, f"chat:{case.resident}")
    except Stale as stale:
        async with parts.transactions.read() as session:
            latest = await _page(session, parts, await _by_number(session, number), me.person)
        error = {"key": stale.key, "message": say(stale.key, reader(request.headers), **stale.values)}
        return JSONResponse({"error": error, **latest}, 409)
    async with parts.transactions.read() as session:
        return await _page(session, parts, await _by_number(session, number), me.person)


@router.post("/photos")
async def post_photo(file: Annotated[UploadFile, File()], me: SignedInHere, parts: PartsHere) -> dict[str, str]:
    kept = await parts.store.keep(await file.read())
    photo = Photo(
        id=uuid4(),
        sha256=kept.sha256,
        width=kept.width,
        height=kept.height,
        bytes=kept.bytes,
        person=me.person.code,
        at=parts.now(),
    )
    async with parts.transactions.begin() as session:
        session.add(photo)
    return {"id": str(photo.id), "url": desk.photo_url(str(photo.id))}


@router.get("/photos/{photo}")
async def get_photo(photo: UUID, me: SignedInHere, parts: PartsHere) -> FileResponse:
    async with parts.transactions.read() as session:
        row = await session.get(Photo, photo)
        if row is None or not await _may_see(session, parts.senses.book, me.person, row):
            raise NotFound("photo.not_found")
    return present.picture(parts.store.path(row.sha256))


@router.get("/notices")
async def notices(me: SignedInHere, parts: PartsHere) -> dict[str, Any]:
    """What one was told, the newest first; a case no longer one's own is only named."""
    async with parts.transactions.read() as session:
        rows = await queries.notices_of(session, me.person)
        count = await queries.unread(session, me.person)
    return {"notices": [desk.notice(parts, row, case, me.person) for row, case in rows], "unread": count}


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
    return desk.choices(parts.senses.book, people)


@router.get("/stream", response_class=EventSourceResponse)
async def stream(me: SignedInHere, parts: PartsHere) -> AsyncIterator[ServerSentEvent]:
    """Says only that something changed; the page then asks for what it shows."""
    with parts.live.subscribe("staff", f"staff:{me.person.code}") as news:
        yield ServerSentEvent(comment="open", retry=2000)
        while not parts.live.stopping:
            try:
                await asyncio.wait_for(news.wait(), QUIET_SECONDS)
            except TimeoutError:
                yield ServerSentEvent(comment="quiet")
                continue
            news.clear()
            if not parts.live.stopping:
                yield ServerSentEvent(data={}, event="changed")


async def _may_see(session: AsyncSession, book: Book, person: Person, photo: Photo) -> bool:
    """Their own, or one of a case they may see."""
    case = await session.get(Case, photo.case_id) if photo.case_id else None
    return photo.person == person.code or (case is not None and access.may_see(book, person, case))


async def _first_time(session: AsyncSession, person: Person, asked: Asked, case: Case, now: datetime) -> bool:
    """False for the same request again. A key that stands for another step already is refused, not passed over."""
    row = {"person": person.code, "key": str(asked.key), "case_id": case.id, "step": asked.step, "at": now}
    taken = insert(StaffAct).values(**row).on_conflict_do_nothing().returning(StaffAct.key)
    if (await session.execute(taken)).first() is not None:
        return True
    known = await session.get_one(StaffAct, (person.code, str(asked.key)))
    if (known.case_id, known.step) != (case.id, asked.step):
        raise Stale("step.stale", number=case.number)
    return False


async def _take(session: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    """Check what was seen, who asks and what they brought; then one step."""
    if asked.version != case.version:
        raise Stale("step.stale", number=case.number)
    await handling.allowed(session, book, case, person, asked.step, now)
    await _own_photos(session, person, asked)
    asked = asked.model_copy(update={"text": scrub(asked.text), "photos": list(dict.fromkeys(asked.photos))})
    await STEPS[asked.step](session, book, case, person, asked, now)


async def _own_photos(session: AsyncSession, person: Person, asked: Asked) -> None:
    """Evidence is what this person uploaded and has not used yet."""
    for photo in asked.photos:
        row = await session.get(Photo, photo, with_for_update=True)
        if row is None or row.person != person.code or row.case_id is not None:
            raise Missing("photo.not_found")


async def _sign(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.sign(s, book, case, person, now)


async def _return(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    reason = _one_of(ReturnReason, asked.reason, "step.needs_reason")
    await handling.return_(s, book, case, person, reason, asked.text, now)


async def _contact(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.contact(s, book, case, person, asked.text, now)


async def _ask(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.ask(s, book, case, person, asked.text, now)


async def _reply(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    outcome = _one_of(Outcome, asked.outcome, "step.needs_outcome")
    photos = [str(photo) for photo in asked.photos]
    await handling.reply(s, book, case, person, outcome, asked.text, photos, now)


async def _approve(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.approve(s, book, case, person, now)


async def _send_back(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.send_back(s, book, case, person, asked.text, now)


async def _assign(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    if not asked.unit:
        raise Missing("step.needs_unit")
    await handling.assign(
        s,
        book,
        case,
        person,
        now,
        unit=asked.unit,
        assignee=asked.assignee or None,
        category=asked.category or None,
        text=asked.text,
    )


async def _reject(s: AsyncSession, book: Book, case: Case, person: Person, asked: Asked, now: datetime) -> None:
    await handling.reject(s, book, case, person, asked.text, now)


Take = Callable[[AsyncSession, Book, Case, Person, Asked, datetime], Awaitable[None]]
STEPS: Mapping[str, Take] = {
    "sign": _sign,
    "return": _return,
    "contact": _contact,
    "ask": _ask,
    "reply": _reply,
    "approve": _approve,
    "send_back": _send_back,
    "assign": _assign,
    "reject": _reject,
}


def _one_of(kind: Any, value: str | None, missing: str) -> Any:
    if value not in set(kind):
        raise Missing(missing)
    return kind(value)


async def _by_number(session: AsyncSession, number: str) -> Case:
    return (await session.exec(select(Case).where(Case.number == number))).one()


async def _page(session: AsyncSession, parts: Parts, case: Case, person: Person) -> dict[str, Any]:
    story = await queries.story(session, case)
    resident = await session.get_one(Resident, case.resident)
    return desk.page(parts, story, person, resident, parts.now())


def _me(parts: Parts, person: Person, csrf: str) -> dict[str, Any]:
    book = parts.senses.book
    shown = {
        "code": person.code,
        "name": person.name,
        "role": str(person.role),
        "role_text": say(f"role.{person.role}", desk.LOCALE),
        "unit": book.unit_name(person.unit),
        "area": book.area_name(person.area),
    }
    return {"person": shown, "csrf": csrf}
