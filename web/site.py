"""The site: pages, doors, health. Everything behind it is handed in as Parts."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from bot.texts import LOCALES, catalogue
from web import chat, guard, refusals, staff
from web.parts import Parts

HERE = Path(__file__).parent
templates = Jinja2Templates(HERE / "templates")


def create(parts: Parts) -> FastAPI:
    app = FastAPI(title="Fengqiao", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    app.state.parts = parts
    guard.mount(app)
    refusals.mount(app)
    app.include_router(chat.router)
    app.include_router(staff.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    _pages(app, parts)
    _health(app, parts)
    return app


def _pages(app: FastAPI, parts: Parts) -> None:
    @app.get("/", response_class=HTMLResponse)
    async def resident_page(request: Request) -> Response:
        return _page(request, "chat.html", parts, None)

    @app.get("/p/{code}", response_class=HTMLResponse)
    async def building_page(request: Request, code: str) -> Response:
        return _page(request, "chat.html", parts, code)

    @app.get("/staff", response_class=HTMLResponse)
    async def staff_page(request: Request) -> Response:
        return _page(request, "staff.html", parts, None)


def _page(request: Request, template: str, parts: Parts, place: str | None) -> Response:
    asked = request.query_params.get("lang")
    locale = asked if asked in LOCALES else refusals.reader(request.headers)
    prefix = template.partition(".")[0] + "."
    texts = {key: text for key, text in catalogue(locale).items() if key.startswith((prefix, "page."))}
    context: dict[str, Any] = {"texts": texts, "locale": locale, "place": place, "town": parts.town}
    return templates.TemplateResponse(request, template, context, headers={"cache-control": "no-cache"})


def _health(app: FastAPI, parts: Parts) -> None:
    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        """Database, queue and model; 503 while one is missing."""
        ready = await parts.ready()
        status, code = ("ok", 200) if all(ready.values()) else ("unavailable", 503)
        return JSONResponse({"status": status, **ready}, code)
