"""Who comes in to Open311, and how somebody is turned away there."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from bot.limits import MINUTE, Limit
from bot.texts import say
from cases import ports
from cases.errors import Refusal
from models import ApiKey
from web import open311_format
from web.guard import TooLarge
from web.languages import reader
from web.open311_format import Format
from web.parts import PartsHere

BAD_KEYS = Limit("bad keys", 20)  # of one address


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
