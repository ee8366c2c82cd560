"""The site: pages, doors, health. Everything behind it is handed in as Parts."""

from functools import cache

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute

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
from web.console import doors, shell
from web.openapi import REFUSALS
from web.pages import page
from web.parts import Parts

ROUTERS = (
    resident.router,
    chat.router,
    receipts.router,
    staff_session.router,
    staff.router,
    staff_away.router,
    staff_binding.router,
    staff_duty.router,
    staff_filing.router,
    watermark.router,
    sheets.router,
    bulletins.router,
    clearing.router,
    hooks.router,
    open311.router,
    talks.router,
    public.router,
)


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
    app.router.routes += _doors()
    shell.mount(app)
    app.mount("/static", assets.mounted(), name="static")
    _pages(app, parts)
    _health(app, parts)
    gate.check(app)
    return app


@cache
def _doors() -> list[BaseRoute]:
    """The same for every site of a process: what each door takes and answers is worked out once, in half a second."""
    every = APIRouter(responses=REFUSALS, dependencies=[Depends(gate.gate)])
    for router in ROUTERS:
        every.include_router(router)
    for router in doors.ROUTERS:
        every.include_router(router, include_in_schema=False)
    return every.routes


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
