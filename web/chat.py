"""The resident's doors, as docs/chat-api.md promises them."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID, uuid4, uuid5

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from itsdangerous import BadSignature, URLSafeSerializer
from pydantic import BaseModel, Field, field_validator, model_validator

from bot import limits, transcript
from bot.flows.words import lookup_code, slip
from bot.inbox import Caller, Unknown, resident_id
from bot.live import woken
from bot.messages import WEBCHAT, Incoming, Pin
from bot.scrub import clean
from bot.texts import LOCALES, say
from cases import queries
from cases.errors import Refusal
from models import OPEN, Photo, Resident
from web import present
from web.limits import SESSIONS
from web.parts import Parts, PartsHere

COOKIE = "fengqiao_chat"
COOKIE_LASTS = 365 * 24 * 3600
QUIET_SECONDS = 20.0

router = APIRouter(prefix="/api/chat")


class Malformed(Refusal):
    http_status = 400


class Opening(BaseModel):
    place: str | None = None  # any length: a bad code still opens the chat
    locale: str | None = Field(default=None, max_length=20)
    large: bool | None = None  # elder mode; left out: as it was


class Message(BaseModel):
    key: UUID
    text: str = Field(default="", max_length=60_000)
    choice: str = Field(default="", max_length=64)

    @field_validator("text", mode="before")
    @classmethod
    def _readable(cls, text: Any) -> Any:
        """A browser that cuts an emoji in two sends half of it: taken out here, where it would be refused."""
        return clean(text) if isinstance(text, str) else text

    @field_validator("choice")
    @classmethod
    def _kept_as_it_is(cls, choice: str) -> str:
        if clean(choice) != choice:
            raise ValueError("not a token")
        return choice

    @model_validator(mode="after")
    def _one(self) -> "Message":
        if bool(self.text) == bool(self.choice):
            raise ValueError("either text or choice")
        return self


class Point(BaseModel):
    key: UUID
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    accuracy: float = Field(default=0, ge=0, le=100_000, allow_inf_nan=False)


async def id_of(request: Request, parts: PartsHere) -> UUID:
    """Whom the signed cookie names; raises Unknown. Whether they were ever welcomed, the inbox knows."""
    address = address_of(request, parts)
    if not address:
        raise Unknown("request.no_session")
    return resident_id(WEBCHAT, address)


Who = Annotated[UUID, Depends(id_of)]


async def resident_of(who: Who, parts: PartsHere) -> Resident:
    async with parts.transactions.read() as session:
        resident = await session.get(Resident, who)
    if resident is None:
        raise Unknown("request.no_session")
    return resident


Here = Annotated[Resident, Depends(resident_of)]


@router.post("/session")
async def open_session(opening: Opening, request: Request, response: Response, parts: PartsHere) -> dict[str, Any]:
    parts.limits.hit(SESSIONS, request.client.host if request.client else "")
    address = address_of(request, parts) or uuid4().hex
    locale = opening.locale if opening.locale in LOCALES else None
    building = parts.senses.book.index.from_code(opening.place, parts.keys.places) if opening.place else None
    caller = Caller(WEBCHAT, address, locale, building, opening.large)
    resident = await parts.inbox.welcome(parts.senses, caller, parts.now())
    response.set_cookie(
        COOKIE, _signer(parts).dumps(address), COOKIE_LASTS, httponly=True, samesite="lax", secure=parts.secure
    )
    place = {"code": building, "name": parts.senses.book.place_name(building)} if building else None
    notice = {"notice": say("place.bad_code", resident.locale)} if opening.place and not building else {}
    return {"locale": resident.locale, "large": resident.large, "place": place, **notice}


@router.post("/messages")
async def post_message(message: Message, request: Request, who: Who, parts: PartsHere) -> dict[str, Any]:
    if not parts.senses.danger(message.text):  # words of danger are never too many
        parts.limits.hit(limits.MESSAGES, str(who))
    await _guess(parts, message.text, who, request.client.host if request.client else "")
    return await _take(parts, who, message.key, text=message.text, choice=message.choice)


@router.post("/places")
async def post_place(point: Point, who: Who, parts: PartsHere) -> dict[str, Any]:
    parts.limits.hit(limits.MESSAGES, str(who))
    return await _take(parts, who, point.key, pin=Pin(point.lon, point.lat, point.accuracy))


@router.post("/photos")
async def post_photo(
    key: Annotated[UUID, Form()], file: Annotated[UploadFile, File()], resident: Here, parts: PartsHere
) -> dict[str, Any]:
    """The photo is safely on disk before the message that shows it is taken in."""
    parts.limits.hit(limits.MESSAGES, str(resident.id))
    kept = await parts.store.keep(await file.read())
    photo = kept.row(uuid5(resident.id, str(key)), parts.now(), resident=resident.id)  # the same key is the same photo
    return await _take(parts, resident.id, key, photo=photo)


@router.get("/messages")
async def get_messages(resident: Here, parts: PartsHere, after: str = "") -> dict[str, Any]:
    now, cursor = parts.now(), _cursor(after)
    async with parts.transactions.read() as session:
        rows = await (
            transcript.after(session, resident.id, cursor) if cursor else transcript.latest(session, resident.id)
        )
        shown = await present.messages(session, parts.wording, rows, resident.locale, now)
        cases = [
            c for c in await queries.of_resident(session, resident.id) if c.status in OPEN or c.status == "resolved"
        ]
    return {
        "messages": shown,
        "cursor": shown[-1]["cursor"] if shown else str(cursor),
        "cases": [present.brief(case, resident.locale, now) for case in cases],
    }


async def _guess(parts: Parts, text: str, who: UUID, address: str) -> None:
    """Codes are not to be found by guessing, nor is a whole building behind one router kept from its vote."""
    if lookup_code(text):
        await parts.tries.hit((limits.LOOKUPS, address), (limits.LOOKUPS_IN_ALL, ""))
    elif slip(text):
        mine, ours = (limits.SLIPS, str(who)), (limits.SLIPS_OF_MANY, address)
        await parts.tries.hit(mine, ours, (limits.LOOKUPS_IN_ALL, ""))


def _heard_so_far(request: Request, after: str = "") -> int:
    """Where a page goes on. A dependency: once the stream has begun nothing can be refused."""
    return _cursor(request.headers.get("last-event-id") or after)


@router.get("/stream", response_class=EventSourceResponse)
async def stream(
    resident: Here, parts: PartsHere, cursor: Annotated[int, Depends(_heard_so_far)]
) -> AsyncIterator[ServerSentEvent]:
    """The same items as they come; ends by itself when the program stops."""
    with parts.live.subscribe(f"chat:{resident.id}") as news:
        while not parts.live.stopping:
            for shown in await _new(parts, resident, cursor):
                cursor = int(shown["cursor"])
                yield ServerSentEvent(data=shown, event="message", id=shown["cursor"], retry=2000)
            if not await woken(news, QUIET_SECONDS):
                yield ServerSentEvent(comment="quiet")


@router.get("/photos/{photo}")
async def get_photo(photo: UUID, resident: Here, parts: PartsHere) -> FileResponse:
    async with parts.transactions.read() as session:
        row = await queries.photo_for(session, resident.id, photo)
    return present.file(parts.store, row)


async def _take(parts: Parts, who: UUID, key: UUID, *, photo: Photo | None = None, **said: Any) -> dict[str, Any]:
    now = parts.now()
    kept = [photo] if photo else []
    async with parts.turns.of(who):
        taken = await parts.inbox.take(parts.senses, Incoming(WEBCHAT, str(who), who, str(key), now, **said), kept)
    wording = parts.wording
    shown = [present.message(row, wording, taken.locale, now, taken.cases) for row in taken.rows]
    return {"messages": shown, "cursor": shown[-1]["cursor"] if shown else "0"}


async def _new(parts: Parts, resident: Resident, cursor: int) -> list[dict[str, Any]]:
    async with parts.transactions.read() as session:
        rows = await transcript.after(session, resident.id, cursor)
        if not rows:
            return []
        locale = (await session.get_one(Resident, resident.id)).locale
        return await present.messages(session, parts.wording, rows, locale, parts.now())


def _cursor(after: str) -> int:
    if after and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise Malformed("request.malformed")
    return int(after or 0)


def _signer(parts: Parts) -> URLSafeSerializer:
    return URLSafeSerializer(parts.keys.cookies, salt=COOKIE)


def address_of(request: Request, parts: Parts) -> str | None:
    try:
        return str(_signer(parts).loads(request.cookies.get(COOKIE, "")))
    except BadSignature:
        return None
