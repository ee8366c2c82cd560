"""Open311 GeoReport v2 for other platforms, with mySociety's updates: docs/open311.md.

The list of services is public. Everything else needs a key, and a key opens only what its own partner brought.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Header, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from bot.brought import Told, add, file
from bot.flows import words
from bot.limits import MINUTE, Limit
from bot.messages import Pin
from bot.scrub import scrub
from bot.texts import say
from bot.transactions import wake
from cases import ports, published
from cases.errors import Missing, NotFound, Refusal
from models import ApiKey, Photo
from web import open311_format, present
from web.guard import TooLarge
from web.languages import reader, reader_of
from web.open311_format import Format
from web.open311_shown import Shown
from web.openapi import OPEN311
from web.parts import Parts, PartsHere

BAD_KEYS = Limit("bad keys", 20)  # of one address
MOST = 1000
SPAN = timedelta(days=90)
VERSION = "http://wiki.open311.org/GeoReport_v2"
Locale = Annotated[str, Depends(reader_of)]


class Route(APIRoute):
    """Refusals as Open311 has them: a list of code and description, in the format that was asked for."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # FastAPI's own returns a Coroutine
        plain = super().get_route_handler()

        async def handler(request: Request) -> Response:
            locale = reader(request.headers)
            try:
                return await plain(request)
            except Refusal as refusal:
                return _refused(request, refusal.http_status, say(refusal.key, locale, **refusal.values))
            except RequestValidationError as error:
                fields = ", ".join(str(fault["loc"][-1]) for fault in error.errors())
                return _refused(request, 400, f"{say('request.malformed', locale)} ({fields[:200]})")
            except TooLarge:
                raise
            except HTTPException as error:
                return _refused(request, error.status_code, say("request.malformed", locale))

        return handler


def _refused(request: Request, status: int, words: str) -> Response:
    form: Format = "json" if request.url.path.endswith(".json") else "xml"
    return open311_format.answer(form, "errors", [{"code": status, "description": words}], status)


router = APIRouter(prefix="/open311", route_class=Route, tags=["open311"], responses=OPEN311)


async def partner_of(
    request: Request,
    parts: PartsHere,
    api_key: Annotated[str, Query(max_length=200)] = "",
    x_api_key: Annotated[str, Header(max_length=200)] = "",
) -> ApiKey:
    """The key in the address, a header, or the form. Raises BadKey, or TooOften past the key's own limit."""
    given = x_api_key or api_key
    if not given and "form" in request.headers.get("content-type", ""):
        given = str((await request.form()).get("api_key", ""))
    now, address = parts.now(), request.client.host if request.client else ""
    try:
        async with parts.transactions.begin() as session:
            key = await ports.opened(session, given)
            await ports.used(session, key, now)
    except ports.BadKey:
        await parts.tries.hit((BAD_KEYS, address))
        raise
    parts.limits.hit(Limit("partner", key.per_minute, MINUTE), key.partner)
    return key


Partner = Annotated[ApiKey, Depends(partner_of)]


class Asked(BaseModel):
    """A service request, field by field as the standard names them. Names and addresses of people are not kept."""

    model_config = ConfigDict(extra="allow")
    jurisdiction_id: str = ""
    service_code: str = Field(default="", max_length=200)
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    long: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    address_string: str = Field(default="", max_length=500)
    address_id: str = Field(default="", max_length=64)
    account_id: str = Field(default="", max_length=200)
    device_id: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=40)
    description: str = Field(default="", max_length=20_000)
    media_url: str = Field(default="", max_length=2_000)
    media: UploadFile | None = None

    def attribute(self, *names: str) -> str:
        """`attribute[name]`, which form fields of any name are."""
        more = self.model_extra or {}
        found = (more.get(f"attribute[{name}]") or more.get(name) for name in names)
        return next((str(one)[:200] for one in found if isinstance(one, str) and one), "")


class Update(BaseModel):
    """What the resident said at the partner's later."""

    model_config = ConfigDict(extra="allow")
    service_request_id: str = Field(max_length=32)
    update_id: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=20_000)
    media: UploadFile | None = None


@router.get("/discovery.{form}", response_class=Response)
async def discovery(form: Format, parts: PartsHere) -> Response:
    at = {"specification": VERSION, "url": f"{parts.url}/open311/v2", "changeset": "2026-11-22T00:00:00Z"}
    endpoint = {**at, "type": "production", "formats": ["text/xml", "application/json"]}
    contact = {"changeset": at["changeset"], "contact": parts.town, "key_service": parts.town}
    return open311_format.answer(form, "discovery", {**contact, "endpoints": [endpoint]})


@router.get("/v2/services.{form}", response_class=Response)
async def services(form: Format, parts: PartsHere, locale: Locale) -> Response:
    return open311_format.answer(form, "services", Shown(parts, locale).services())


@router.get("/v2/services/{code}.{form}", response_class=Response)
async def service(code: str, form: Format, parts: PartsHere, locale: Locale) -> Response:
    """The fields a request of this kind may bring besides."""
    return open311_format.answer(form, "service_definition", Shown(parts, locale).definition(code))


@router.post("/v2/requests.{form}", response_class=Response, responses={201: OPEN311[200]})
async def post_request(
    form: Format, asked: Annotated[Asked, Form()], partner: Partner, parts: PartsHere, locale: Locale
) -> Response:
    """The same number again, or the same words within a day, is the case that came of them the first time."""
    shown = Shown(parts, locale)
    told = await _told(parts, shown, asked, locale)
    async with parts.transactions.begin() as session:
        case, new = await file(session, parts.senses, parts.keys, ports.port_of(partner.partner), told, parts.now())
        if new:
            wake(session, "staff")
    return open311_format.answer(form, "service_requests", [shown.receipt(case)], 201 if new else 200)


@router.get("/v2/requests.{form}", response_class=Response)
async def get_requests(
    form: Format,
    partner: Partner,
    parts: PartsHere,
    locale: Locale,
    service_request_id: Annotated[str, Query(max_length=4_000)] = "",
    service_code: Annotated[str, Query(max_length=4_000)] = "",
    start_date: AwareDatetime | None = None,
    end_date: AwareDatetime | None = None,
    status: Annotated[str, Query(pattern=r"^((open|closed)(,(open|closed))*)?$")] = "",
) -> Response:
    """Those this partner brought, the newest first; of the last ninety days where nothing else is asked for."""
    shown = Shown(parts, locale)
    wanted = published.Wanted(
        numbers=_split(service_request_id),
        categories=[shown.category(code) for code in _split(service_code)],
        span=_span(start_date, end_date, parts.now()),
        states=_split(status),
        most=MOST,
    )
    async with parts.transactions.read() as session:
        rows = await published.requests(session, ports.port_of(partner.partner), wanted)
    return open311_format.answer(form, "service_requests", [shown.request(one) for one in rows])


@router.get("/v2/requests/{number}.{form}", response_class=Response)
async def get_request(number: str, form: Format, partner: Partner, parts: PartsHere, locale: Locale) -> Response:
    wanted = published.Wanted(numbers=[number], most=1)
    async with parts.transactions.read() as session:
        rows = await published.requests(session, ports.port_of(partner.partner), wanted)
    if not rows:
        raise NotFound("case.not_found", number=number)
    return open311_format.answer(form, "service_requests", [Shown(parts, locale).request(rows[0])])


@router.get("/v2/tokens/{token}.{form}", response_class=Response)
async def get_token(token: str, form: Format, partner: Partner, parts: PartsHere) -> Response:
    """A request has its number at once, so its token is that number."""
    async with parts.transactions.read() as session:
        case = await ports.theirs(session, ports.port_of(partner.partner), token)
    row = {"service_request_id": case.number, "token": case.number}
    return open311_format.answer(form, "service_requests", [row])


@router.get("/v2/servicerequestupdates.{form}", response_class=Response)
async def get_updates(
    form: Format,
    partner: Partner,
    parts: PartsHere,
    locale: Locale,
    service_request_id: Annotated[str, Query(max_length=4_000)] = "",
    start_date: AwareDatetime | None = None,
    end_date: AwareDatetime | None = None,
) -> Response:
    """What residents of this partner were told, the oldest first, so that asking on from the last loses none."""
    numbers, span = _split(service_request_id), _span(start_date, end_date, parts.now())
    async with parts.transactions.read() as session:
        rows = await published.updates(session, ports.port_of(partner.partner), numbers, span, MOST)
    return open311_format.answer(form, "service_request_updates", [Shown(parts, locale).update(one) for one in rows])


@router.post("/v2/servicerequestupdates.{form}", response_class=Response, responses={201: OPEN311[200]})
async def post_update(form: Format, asked: Annotated[Update, Form()], partner: Partner, parts: PartsHere) -> Response:
    """Added to the case: the answer that is waited for, or more about the same. Once for each number of theirs."""
    text, photos = scrub(asked.description).strip(), await _photos(parts, asked.media)
    if not text and not photos:
        raise Missing("step.needs_text")
    port, now = ports.port_of(partner.partner), parts.now()
    async with parts.transactions.begin() as session:
        case = await ports.theirs(session, port, asked.service_request_id)
        key = asked.update_id or ports.body_hash(case.number, text, *(photo.sha256 for photo in photos))
        if await published.first_time(session, port, f"{case.number}:{key}", now):
            await add(session, parts.senses, case, text, photos, now)
            wake(session, "staff")
    row = {"update_id": asked.update_id or key, "service_request_id": case.number}
    return open311_format.answer(form, "service_request_updates", [row], 201)


@router.get("/v2/media/{photo}.jpg", response_class=Response)
async def media(photo: UUID, partner: Partner, parts: PartsHere) -> FileResponse:
    """A photo a resident of this partner sent or was sent."""
    async with parts.transactions.read() as session:
        row = await published.photo(session, ports.port_of(partner.partner), photo)
    return present.file(parts.store, row)


async def _told(parts: Parts, shown: Shown, asked: Asked, locale: str) -> Told:
    text = scrub(asked.description).strip()
    if not text:
        raise Missing("step.needs_text")
    if asked.lat is None and not asked.address_string.strip() and not asked.address_id:
        raise Missing("partner.no_place")
    category, item = shown.labels(asked.service_code)
    place, phone = scrub(asked.address_string).strip(), words.phone(asked.phone) if asked.phone else None
    known = shown.book.places.get(asked.address_id)
    photos = await _photos(parts, asked.media)
    link = scrub(asked.media_url).strip()
    external = asked.attribute("external_id", "fixmystreet_id", "service_request_id_ext") or ports.body_hash(
        asked.service_code, text, place, asked.lat, asked.long, asked.account_id, asked.device_id, phone
    )
    return Told(
        external=external,
        text=f"{text}\n{link}" if link else text,
        category=category,
        item=item,
        place=known.name if known else place,
        pin=Pin(asked.long, asked.lat) if asked.lat is not None and asked.long is not None else None,
        phone=phone,
        anonymous=asked.attribute("anonymous").lower() in ("1", "true", "yes"),
        locale=locale,
        who=asked.account_id or phone or asked.device_id,
        photos=photos,
    )


async def _photos(parts: Parts, sent: UploadFile | None) -> Sequence[Photo]:
    """Safely on disk before the transaction that names it begins."""
    if sent is None:
        return ()
    kept = await parts.store.keep(await sent.read())
    return [
        Photo(id=uuid4(), sha256=kept.sha256, width=kept.width, height=kept.height, bytes=kept.bytes, at=parts.now())
    ]


def _split(values: str) -> list[str]:
    return [value.strip() for value in values.split(",") if value.strip()]


def _span(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime] | None:
    """Ninety days at most, back from the end; the standard's own bounds."""
    end = end or (start + SPAN if start else now)
    return (max(start, end - SPAN) if start else end - SPAN), end
