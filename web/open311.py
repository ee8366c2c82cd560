"""Open311 GeoReport v2 for other platforms, with mySociety's updates: docs/open311.md.

The list of services is public. Everything else needs a key, and a key opens only what its own partner brought.
"""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import FileResponse, Response
from pydantic import AwareDatetime

from bot.brought import add, file
from bot.scrub import scrub
from bot.transactions import wake
from cases import ports, published
from cases.errors import Missing, NotFound
from web import open311_format, present
from web.languages import reader_of
from web.open311_asked import Asked, Update, photos_of, told_by
from web.open311_door import Partner, Route
from web.open311_format import Format
from web.open311_shown import Shown
from web.openapi import OPEN311
from web.parts import PartsHere

MOST = 1000
SPAN = timedelta(days=90)
VERSION = "http://wiki.open311.org/GeoReport_v2"
Locale = Annotated[str, Depends(reader_of)]

router = APIRouter(prefix="/open311", route_class=Route, tags=["open311"], responses=OPEN311)


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
    told = await told_by(parts, shown, asked, locale)
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
    text, photos = scrub(asked.description).strip(), await photos_of(parts, asked.media)
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


def _split(values: str) -> list[str]:
    return [value.strip() for value in values.split(",") if value.strip()]


def _span(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime] | None:
    """Ninety days at most, back from the end; the standard's own bounds."""
    end = end or (start + SPAN if start else now)
    return (max(start, end - SPAN) if start else end - SPAN), end
