"""The language an answer is given in."""

from fastapi import Request
from starlette.datastructures import Headers

from bot.texts import DEFAULT, LOCALES


def reader(headers: Headers) -> str:
    """The language a browser asks for; the page sends its own choice in `X-Locale`."""
    wanted = headers.get("x-locale") or headers.get("accept-language", DEFAULT)
    first = wanted.split(",")[0].split(";")[0].strip().lower()
    if first.startswith("zh"):
        return "zh-Hant" if any(tag in first for tag in ("hant", "tw", "hk", "mo")) else "zh-Hans"
    return "en" if first.startswith("en") else DEFAULT


def reader_of(request: Request) -> str:
    return reader(request.headers)


def locale_of(request: Request) -> str:
    """What the address asks for, else what the browser does."""
    asked = request.query_params.get("lang")
    return asked if asked in LOCALES else reader_of(request)
