"""Every refusal as the reader sees it: {"error": {"key", "message"}} in their language."""

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from bot.texts import DEFAULT, say
from cases.errors import Refusal

log = structlog.get_logger()
AWAY_SECONDS = 5
HTTP_KEYS = {404: "request.not_found", 405: "request.method", 413: "request.too_large", 415: "request.malformed"}


def reader(headers: Headers) -> str:
    """The language a browser asks for; the page sends its own choice in `X-Locale`."""
    wanted = headers.get("x-locale") or headers.get("accept-language", DEFAULT)
    first = wanted.split(",")[0].split(";")[0].strip().lower()
    if first.startswith("zh"):
        return "zh-Hant" if any(tag in first for tag in ("hant", "tw", "hk", "mo")) else "zh-Hans"
    return "en" if first.startswith("en") else DEFAULT


def reader_of(request: Request) -> str:
    return reader(request.headers)


def refusal(status: int, key: str, locale: str, headers: dict[str, str] | None = None, **args: object) -> JSONResponse:
    body = {"error": {"key": key, "message": say(key, locale, **args)}}
    return JSONResponse(body, status, {"cache-control": "no-store", **(headers or {})})


def mount(app: FastAPI) -> None:
    """What each kind of error becomes. Anything unforeseen is logged once, without anybody's words, and is a 500."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> JSONResponse:
        return refusal(error.http_status, error.key, reader(request.headers), **error.values)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        if all(fault["type"] == "string_too_long" for fault in error.errors()):
            return refusal(413, "request.too_large", reader(request.headers))
        return refusal(400, "request.malformed", reader(request.headers))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        key = HTTP_KEYS.get(error.status_code, "request.malformed")
        return refusal(error.status_code, key, reader(request.headers), dict(error.headers or {}))

    @app.exception_handler(DataError)
    @app.exception_handler(psycopg.DataError)
    async def unkeepable(request: Request, error: Exception) -> JSONResponse:
        """What no column can hold, such as a NUL where a name belongs."""
        log.warning("request.unkeepable", path=request.url.path, error=type(getattr(error, "orig", error)).__name__)
        return refusal(400, "request.malformed", reader(request.headers))

    @app.exception_handler(DBAPIError)
    @app.exception_handler(psycopg.Error)
    @app.exception_handler(PoolTimeout)
    async def database(request: Request, error: Exception) -> JSONResponse:
        log.error("database.error", path=request.url.path, error=type(getattr(error, "orig", None) or error).__name__)
        away = isinstance(error, PoolTimeout) or getattr(error, "connection_invalidated", False) or _away(error)
        if away:
            return refusal(503, "database.away", reader(request.headers), {"retry-after": str(AWAY_SECONDS)})
        return refusal(500, "request.failed", reader(request.headers))

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> JSONResponse:
        return refusal(500, "request.failed", reader(request.headers))


def _away(error: Exception) -> bool:
    return type(error).__name__ in ("OperationalError", "InterfaceError")
