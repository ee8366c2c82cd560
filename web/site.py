"""The site: pages, doors, health. Everything behind it is handed in as Parts."""

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from web import (
    assets,
    away,
    bulletins,
    chat,
    clearing,
    gate,
    guard,
    hooks,
    open311,
    public,
    receipts,
    refusals,
    resident,
    sheets,
    staff,
    staff_away,
    staff_binding,
    staff_duty,
    staff_filing,
    staff_session,
    talks,
    watermark,
)
from web.console import doors
from web.openapi import REFUSALS
from web.pages import page
from web.parts import Parts


def create(parts: Parts) -> FastAPI:
    app = FastAPI(
        title="Fengqiao",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        responses=REFUSALS,
        dependencies=[Depends(gate.gate)],
    )
    app.state.parts = parts
    away.mount(app, parts.patience)
    guard.mount(app, parts.secure)
    refusals.mount(app)
    gate.mount(app)
    app.include_router(resident.router)
    app.include_router(chat.router)
    app.include_router(receipts.router)
    app.include_router(staff_session.router)
    app.include_router(staff.router)
    app.include_router(staff_away.router)
    app.include_router(staff_binding.router)
    app.include_router(staff_duty.router)
    app.include_router(staff_filing.router)
    app.include_router(watermark.router)
    app.include_router(sheets.router)
    app.include_router(bulletins.router)
    app.include_router(clearing.router)
    app.include_router(hooks.router)
    app.include_router(open311.router)
    app.include_router(talks.router)
    app.include_router(public.router)
    doors.mount(app)
    app.mount("/static", assets.mounted(), name="static")
    _pages(app, parts)
    _health(app, parts)
    gate.check(app)
    return app


def _pages(app: FastAPI, parts: Parts) -> None:
    @app.get("/staff", response_class=HTMLResponse, include_in_schema=False)
    async def staff_page(request: Request) -> Response:
        return page(request, "staff.html", parts, place=None)


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
