"""Every refusal in the reader's language: a page for a person, {"error": {"key", "message"}} for a program.

Whoever opened an address reads a page with a way on; a script of ours or another program reads JSON. Which of them asks
is told by `Accept`, and the doors that are for programs never answer otherwise: see `_reads_pages`.
"""

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from bot.texts import say
from cases.errors import Refusal
from web import pages
from web.headers import for_answers
from web.languages import locale_of, reader_of

log = structlog.get_logger()
AWAY_SECONDS = 5
HTTP_KEYS = {404: "request.not_found", 405: "request.method", 413: "request.too_large", 415: "request.malformed"}
FOR_PROGRAMS = ("/api/", "/hooks/", "/open311/", "/static/", "/openapi.json", "/healthz", "/readyz")
FOR_STAFF = ("/staff", "/console", "/board")
TITLES = {
    401: "refused.sign_in", 403: "refused.closed", 404: "refused.gone", 429: "refused.busy", 503: "refused.away",
}  # fmt: skip
AGAIN = frozenset({429, 500, 503})
"""What may be over in a moment: the page offers the same address once more."""


def refusal(request: Request, status: int, key: str, headers: dict[str, str] | None = None, **args: object) -> Response:
    headers = {"cache-control": "no-store", "vary": "Accept, Accept-Language", **(headers or {})}
    if _reads_pages(request):
        message = "" if key == HTTP_KEYS[404] else say(key, locale_of(request), **args)  # the heading says so already
        return _page(request, status, message, headers)
    body = {"error": {"key": key, "message": say(key, reader_of(request), **args)}}
    return JSONResponse(body, status, headers)


def _reads_pages(request: Request) -> bool:
    """A browser that goes to an address asks for HTML; what a page of ours fetches does not."""
    path, headers = request.url.path, request.headers
    return "text/html" in headers.get("accept", "") and "x-part" not in headers and not path.startswith(FOR_PROGRAMS)


def _page(request: Request, status: int, message: str, headers: dict[str, str]) -> Response:
    """Whoever is at work goes back to work, everybody else to where complaints are told."""
    parts, path = request.app.state.parts, request.url.path
    answer = pages.page(
        request,
        "refused.html",
        parts,
        status=status,
        heading=TITLES.get(status, "refused.failed" if status >= 500 else "refused.unclear"),
        message=message,
        to=_way_on(path, status),
        again=_once_more(request) if status in AGAIN else "",
        emergency=parts.senses.book.town.emergency,
    )
    answer.status_code = status
    answer.headers.update(headers)
    return answer


def _once_more(request: Request) -> str:
    """Only what changes nothing is asked for again by a link."""
    url = request.url
    return (url.path + (f"?{url.query}" if url.query else "")) if request.method in ("GET", "HEAD") else ""


def _way_on(path: str, status: int) -> str:
    if status == 401 or not path.startswith("/console"):
        return "/staff" if path.startswith(FOR_STAFF) else "/"
    return "/console"


def mount(app: FastAPI) -> None:
    """What each kind of error becomes. Anything unforeseen is logged once, without anybody's words, and is a 500."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> Response:
        return refusal(request, error.http_status, error.key, **error.values)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        if all(fault["type"] == "string_too_long" for fault in error.errors()):
            return refusal(request, 413, "request.too_large")
        return refusal(request, 400, "request.malformed")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        key = HTTP_KEYS.get(error.status_code, "request.malformed")
        return refusal(request, error.status_code, key, dict(error.headers or {}))

    @app.exception_handler(DataError)
    @app.exception_handler(psycopg.DataError)
    async def unkeepable(request: Request, error: Exception) -> Response:
        """What no column can hold, such as a NUL where a name belongs."""
        log.warning("request.unkeepable", path=request.url.path, error=type(getattr(error, "orig", error)).__name__)
        return refusal(request, 400, "request.malformed")

    @app.exception_handler(DBAPIError)
    @app.exception_handler(psycopg.Error)
    @app.exception_handler(PoolTimeout)
    async def database(request: Request, error: Exception) -> Response:
        log.error("database.error", path=request.url.path, error=type(getattr(error, "orig", None) or error).__name__)
        away = isinstance(error, PoolTimeout) or getattr(error, "connection_invalidated", False) or _away(error)
        if away:
            return refusal(request, 503, "database.away", {"retry-after": str(AWAY_SECONDS)})
        return refusal(request, 500, "request.failed")

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        """Answered outside of everything else, so it brings its headers itself."""
        answer = refusal(request, 500, "request.failed")
        answer.headers.update(for_answers(request.app.state.parts.secure))
        return answer


def _away(error: Exception) -> bool:
    return type(error).__name__ in ("OperationalError", "InterfaceError")
