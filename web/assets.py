"""What the pages are made of beside their HTML: addresses that may be kept for ever, one script out of many, gzip.

Only what holds no secret is compressed (`packed`, static files): beside somebody's own words in the same answer, the
length of a compressed answer tells a secret letter by letter (BREACH).
"""

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from jinja2.ext import Extension
from starlette.datastructures import Headers
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"
WORTH = 600  # bytes; less fits into one packet anyway
TEXT = ("text/", "application/json", "application/manifest+json", "application/javascript", "image/svg+xml")


def _version() -> str:
    """Of everything below `static`: a new one as soon as any file differs."""
    whole = hashlib.sha256()
    for path in sorted(path for path in STATIC.rglob("*") if path.is_file()):
        whole.update(str(path.relative_to(STATIC)).encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:12]


VERSION = _version()
PREFIX = f"/static/{VERSION}/own/"


class Versioned(Extension):
    """Templates write `/static/own/…`; readers get the address with the version in it."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return source.replace('"/static/own/', f'"{PREFIX}')


class Files(StaticFiles):
    """`/static/<version>/own/…` is kept for ever, `/static/own/…` is asked for again; both compressed once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        parts = Path(path).parts
        lasting = bool(parts) and parts[0] == VERSION
        answer = await super().get_response(str(Path(*parts[1:])) if lasting and len(parts) > 1 else path, scope)
        answer.headers["cache-control"] = FOR_EVER if lasting else ASK_FIRST
        found = getattr(answer, "path", None)
        if answer.status_code != 200 or found is None or not _is_text(answer.headers):
            return answer
        answer.headers["vary"] = "Accept-Encoding"
        if scope["method"] == "HEAD" or not _reads_gzip(Headers(scope=scope)):
            return answer
        keep = {name: answer.headers[name] for name in ("content-type", "cache-control", "etag", "vary")}
        return Response(_gzipped(str(found), answer.headers["etag"]), headers={**keep, "content-encoding": "gzip"})


def mounted() -> Files:
    return Files(directory=STATIC)


def packed(request: Request, body: bytes, headers: dict[str, str]) -> Response:
    """An answer without secrets: compressed where the reader can read it, and nothing at all where they have it."""
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    vary = ", ".join(filter(None, [headers.get("vary"), "Accept-Encoding"]))
    headers = {"cache-control": ASK_FIRST, **headers, "etag": tag, "vary": vary}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if len(body) > WORTH and _reads_gzip(request.headers):
        return Response(_squeezed(body), headers={**headers, "content-encoding": "gzip"})
    return Response(body, headers=headers)


def _squeezed(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


@cache
def _gzipped(path: str, etag: str) -> bytes:
    """`etag` changes with the file."""
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)


def _reads_gzip(headers: Any) -> bool:
    return "gzip" in headers.get("accept-encoding", "")


def _is_text(headers: Any) -> bool:
    return str(headers.get("content-type", "")).startswith(TEXT)
