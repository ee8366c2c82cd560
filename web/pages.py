"""A page in the reader's language: the template, its words, and headers."""

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.templating import Jinja2Templates

from bot.texts import LOCALES, catalogue
from web import refusals
from web.parts import Parts

templates = Jinja2Templates(Path(__file__).parent / "templates")


def locale_of(request: Request) -> str:
    """What the address asks for, else what the browser does."""
    asked = request.query_params.get("lang")
    return asked if asked in LOCALES else refusals.reader(request.headers)


def page(request: Request, template: str, parts: Parts, **more: Any) -> Response:
    locale = locale_of(request)
    prefix = template.partition(".")[0] + "."
    texts = {key: text for key, text in catalogue(locale).items() if key.startswith((prefix, "page."))}
    context = {"texts": texts, "locale": locale, "town": parts.town, **more}
    return templates.TemplateResponse(request, template, context, headers={"cache-control": "no-cache"})
