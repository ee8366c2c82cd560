"""A page in the reader's language: the template, its words, and headers."""

import re
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.templating import Jinja2Templates

from bot.texts import catalogue, say
from web import assets, charts
from web.languages import locale_of
from web.parts import Parts

TEMPLATES = Path(__file__).parent / "templates"
templates = Jinja2Templates(TEMPLATES)
templates.env.add_extension(assets.Versioned)
templates.env.globals["said"] = charts.said


def say_in(locale: str, key: str, **args: object) -> str:
    return say(key, locale, **args)


def texts_of(locale: str, *prefixes: str) -> dict[str, str]:
    return {key: text for key, text in catalogue(locale).items() if key.startswith(prefixes)}


templates.env.globals["texts_of"] = texts_of


def context(template: str, parts: Parts, locale: str, more: dict[str, Any]) -> dict[str, Any]:
    """`say(key, **args)` gives any text in a template; `texts` are those the page's own script may ask for."""
    texts = texts_of(locale, re.split(r"[./]", template)[0] + ".", "page.")
    return {"texts": texts, "say": partial(say_in, locale), "locale": locale, "town": parts.town_in(locale), **more}


def page(request: Request, template: str, parts: Parts, *, locale: str = "", **more: Any) -> Response:
    made = context(template, parts, locale or locale_of(request), more)
    return templates.TemplateResponse(request, template, made, headers={"cache-control": "no-cache"})


def rendered(request: Request, template: str, parts: Parts, *, locale: str, **more: Any) -> str:
    """The page as text, for whoever sends it in a way of their own."""
    made = {"request": request, **context(template, parts, locale, more)}
    return str(templates.get_template(template).render(made))
