"""A page in the reader's language: the template, its words, and headers."""

import re
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.templating import Jinja2Templates

from bot.texts import LOCALES, catalogue, say
from web import charts, refusals
from web.parts import Parts

templates = Jinja2Templates(Path(__file__).parent / "templates")
templates.env.globals["said"] = charts.said


def say_in(locale: str, key: str, **args: object) -> str:
    return say(key, locale, **args)


def locale_of(request: Request) -> str:
    """What the address asks for, else what the browser does."""
    asked = request.query_params.get("lang")
    return asked if asked in LOCALES else refusals.reader(request.headers)


def page(request: Request, template: str, parts: Parts, *, locale: str = "", **more: Any) -> Response:
    """`say(key, **args)` gives any text in a template; `texts` are those the page's own script may ask for."""
    locale = locale or locale_of(request)
    prefix = re.split(r"[./]", template)[0] + "."
    texts = {key: text for key, text in catalogue(locale).items() if key.startswith((prefix, "page."))}
    words = partial(say_in, locale)
    context = {"texts": texts, "say": words, "locale": locale, "town": parts.town, **more}
    return templates.TemplateResponse(request, template, context, headers={"cache-control": "no-cache"})
