"""The wall around every door: size of bodies, origin of posts, headers of answers.

Messengers' hooks pass the question of origin on purpose: no page sends to them, and a secret opens them (web/hooks.py).
"""

from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.media import LARGEST
from web.headers import for_answers
from web.refusals import refusal

JSON_MOST = 256 * 1024
MULTIPART_MOST = LARGEST + 64 * 1024
HOOK_MOST = 1024 * 1024  # an update that quotes long messages
HOOKS = "/hooks/"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class TooLarge(HTTPException):
    """Raised inside the application when a body grows past its limit. FastAPI lets no other kind of error through."""

    def __init__(self) -> None:
        super().__init__(413)


def mount(app: FastAPI, secure: bool) -> None:
    app.add_middleware(Guard, secure=secure)

    @app.exception_handler(TooLarge)
    async def grown(request: Request, error: TooLarge) -> Response:
        return too_large(request)


class Guard:
    """ASGI middleware; knows nothing of what is behind it."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app, self._headers = app, for_answers(secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        hook, most = scope["path"].startswith(HOOKS), _most(scope["path"], headers)
        answer = _refused(Request(scope), most, hook)
        if answer is not None:
            await answer(scope, receive, self._with_headers(send))
            return
        await self.app(scope, _limited(receive, most), self._with_headers(send))

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return sending


def _refused(request: Request, most: int, hook: bool) -> Response | None:
    headers = request.headers
    if request.method not in SAFE and not hook and _foreign(headers):
        return refusal(request, 403, "request.foreign")
    length = headers.get("content-length", "0")
    if not _number(length):
        return refusal(request, 400, "request.malformed")
    return too_large(request) if int(length) > most else None


def _number(length: str) -> bool:
    return length.isascii() and length.isdigit() and len(length) < 19


def _foreign(headers: Headers) -> bool:
    """Browsers say where a request comes from; programs without a browser say nothing."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    try:
        return origin is not None and urlsplit(origin).netloc != headers.get("host")
    except ValueError:  # no address at all
        return True


def _most(path: str, headers: Headers) -> int:
    if path.startswith(HOOKS):
        return HOOK_MOST
    return MULTIPART_MOST if headers.get("content-type", "").startswith("multipart/") else JSON_MOST


def too_large(request: Request) -> Response:
    """A photo's own words for it where one was sent."""
    headers = request.headers
    if headers.get("content-type", "").startswith("multipart/"):
        most = LARGEST // (1024 * 1024)
        size = max(int(headers.get("content-length", 0)) // (1024 * 1024), most + 1)
        return refusal(request, 413, "photo.too_big", size=size, most=most)
    return refusal(request, 413, "request.too_large")


def _limited(receive: Receive, most: int) -> Receive:
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise TooLarge
        return message

    return limited
