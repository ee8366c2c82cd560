"""The resident's page in one piece: words, style and script in a single answer, readable before the script runs.

On a slow line each further request costs as long as twenty kilobytes do, so nothing is asked for beside the page; a
second visit asks whether it has changed (or not even that, where the service worker keeps it). What stands in the
page is allowed by its hash. The page holds nothing of anybody's: no session, no token, no case.
"""

import hashlib
from functools import cache
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from bot.flows import talk
from bot.flows.state import State
from bot.texts import LOCALES, say
from web import assets, bundle, chat, pages
from web.headers import HEADERS
from web.languages import locale_of
from web.parts import Parts, PartsHere

STYLES = ("base.css", "chat.css", "chat/display.css", "chat/old.css")
PAPER, NIGHT = "#fbfaf7", "#15171a"  # the ground by day and by night, as in the style

router = APIRouter()


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def resident_page(request: Request, parts: PartsHere) -> Response:
    return _page(request, parts, None)


@router.get("/p/{code}", response_class=HTMLResponse)
async def building_page(request: Request, code: str, parts: PartsHere) -> Response:
    return _page(request, parts, code)


@router.get("/manifest.webmanifest")
async def manifest(parts: PartsHere, lang: str = "", place: str = "") -> Response:
    """What the page becomes on a home screen; it opens where it was put there from, in the same language."""
    locale = lang if lang in LOCALES else LOCALES[0]
    building = _building(parts, place)
    path = f"/p/{quote(place, safe='')}" if building else "/"
    icons = [
        {"src": f"{assets.PREFIX}icons/{name}.png", "sizes": size, "type": "image/png", "purpose": purpose}
        for name, size, purpose in (
            ("192", "192x192", "any"),
            ("512", "512x512", "any"),
            ("maskable-512", "512x512", "maskable"),
        )
    ]
    made = {
        "id": "/",
        "lang": locale,
        "name": say("chat.app_name", locale, town=parts.town_in(locale)),
        "short_name": say("chat.title", locale),
        "description": say("chat.app_about", locale),
        "start_url": f"{path}?lang={locale}",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": icons,
    }
    return JSONResponse(made, media_type="application/manifest+json", headers={"cache-control": assets.ASK_FIRST})


@router.get("/sw.js")
async def worker(request: Request) -> Response:
    """At the root, for what it may answer lies below where it comes from."""
    source = bundle.script("chat/worker.js", VERSION=_edition(), ICONS=f"{assets.PREFIX}icons/")
    return assets.packed(request, source.encode(), {"content-type": "text/javascript; charset=utf-8"})


def _page(request: Request, parts: Parts, code: str | None) -> Response:
    locale = locale_of(request)
    new = chat.address_of(request, parts) is None
    building = _building(parts, code or "")
    around = parts.senses.around((), False)
    hello = talk.greet(State(building=building), around)
    html = pages.rendered(
        request,
        "chat.html",
        parts,
        locale=locale,
        place=code,
        where=parts.senses.book.place_name(building) if building else parts.town_in(locale),
        hello=say(hello.key, locale, **hello.args) if new else "",
        manifest=f"/manifest.webmanifest?lang={locale}" + (f"&place={quote(code or '', safe='')}" if building else ""),
        **_insides(),
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "vary": "Accept-Language, Cookie",
        "content-security-policy": _policy(),
    }
    return assets.packed(request, html.encode(), headers)


def _building(parts: Parts, code: str) -> str | None:
    return parts.senses.book.index.from_code(code, parts.keys.places) if code else None


@cache
def _insides() -> dict[str, str]:
    """Our own files and nobody's words: the template may take them as they are."""
    return {
        "style": bundle.style(*STYLES),
        "early": bundle.script("chat/early.js", PAPER=PAPER, NIGHT=NIGHT),
        "script": bundle.script("chat.js", PAPER=PAPER, NIGHT=NIGHT),
    }


@cache
def _policy() -> str:
    inside = _insides()
    scripts = " ".join(bundle.fingerprint(inside[name]) for name in ("early", "script"))
    allowed = f"script-src 'self' {scripts}; style-src 'self' {bundle.fingerprint(inside['style'])}"
    return f"{HEADERS['content-security-policy']}; {allowed}"


@cache
def _edition() -> str:
    """Another one as soon as the page would look or speak differently."""
    words = "".join(sorted(f"{k}{v}" for one in LOCALES for k, v in pages.texts_of(one, "chat.").items()))
    source = (pages.TEMPLATES / "chat.html").read_text("utf-8")
    return hashlib.sha256(f"{assets.VERSION}{words}{source}".encode()).hexdigest()[:12]
