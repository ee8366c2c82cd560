"""The doors: /bot<token>/<method>, /file/bot<token>/<path>, /sim for those who act, / for those who watch."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from simulator import api, calls, methods, page, trouble, watching
from simulator.bots import TOKEN, Bot
from simulator.calls import Call
from simulator.errors import Refused, forbidden, too_many
from simulator.faults import Fault
from simulator.world import World


def build(world: World) -> FastAPI:
    app = FastAPI(title="Bot API simulator", openapi_url=None)
    app.state.world = world
    for part in (api, watching, trouble):
        app.include_router(part.router, prefix="/sim")
    app.include_router(page.router)

    @app.api_route("/bot{token}/{method}", methods=["GET", "POST"])
    async def call_method(token: str, method: str, request: Request) -> Response:
        try:
            return _json(await _answer(world, _bot(world, token), method, request))
        except Refused as refused:
            return _json(refused.answer())

    @app.get("/file/bot{token}/{path:path}")
    async def download(token: str, path: str) -> Response:
        content = world.files.download(token, path, world.now())
        return Response(content, media_type="application/octet-stream") if content else _json(Refused(404).answer())

    return app


def _bot(world: World, token: str) -> Bot:
    if not TOKEN.fullmatch(token):
        raise Refused(404)
    if token not in world.bots:
        raise Refused(401, "Unauthorized")
    return world.bots[token]


async def _answer(world: World, bot: Bot, method: str, request: Request) -> dict[str, Any]:
    call = await calls.read(request, method)
    fault = world.faults.take(call.method, bot.id, call.chat_id())
    if fault and not fault.after:
        answer = await _fail(world, fault, request)
    else:
        answer = await methods.run(world, bot, call)
    if call.method != "getupdates":
        _note(world, bot, call, answer, fault)
    if fault and fault.after:
        answer = await _fail(world, fault, request)
    return answer


def _note(world: World, bot: Bot, call: Call, answer: dict[str, Any], fault: Fault | None) -> None:
    world.calls.append({
        "at": world.now(), "bot": bot.id, "method": call.method, "chat": call.chat_id(), "ok": answer["ok"],
        "error": answer.get("description", "") if not answer["ok"] else "", "fault": fault.kind if fault else "",
    })  # fmt: skip


async def _fail(world: World, fault: Fault, request: Request) -> dict[str, Any]:
    if fault.kind == "timeout":
        await _hold(world, fault.seconds, request)
    if fault.kind in ("timeout", "reset"):
        _cut_off(request)
    known = {"429": too_many(fault.retry_after), "403": forbidden("bot was blocked by the user")}
    return known.get(fault.kind, Refused(500, "Internal Server Error")).answer()


async def _hold(world: World, seconds: float, request: Request) -> None:
    """Say nothing until the other side gives up."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not world.closing:
        if await request.is_disconnected():  # which rings no bell
            return
        await world.bell.wait(0.05)


def _cut_off(request: Request) -> None:
    """Close the connection as a broken network does: a reset, no answer."""
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is not None:
        line = transport.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


def _json(answer: dict[str, Any]) -> JSONResponse:
    return JSONResponse(answer, status_code=answer.get("error_code", 200))


class Server(uvicorn.Server):
    """Stops at once: those who wait are woken first."""

    def __init__(self, world: World, host: str, port: int, signals: bool) -> None:
        quiet = {"log_config": None} if not signals else {"log_level": "warning"}
        config = uvicorn.Config(
            build(world), host=host, port=port, timeout_graceful_shutdown=1, lifespan="off", **quiet
        )  # fmt: skip
        super().__init__(config)
        self.world, self.signals = world, signals

    def capture_signals(self) -> Any:
        return super().capture_signals() if self.signals else nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self.signals:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            print(f"Bot API  http://{host}:{port}\nphones   http://{host}:{port}/", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.world.close()
        await super().shutdown(sockets)


@asynccontextmanager
async def running(world: World, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """The simulator in this loop, for tests; gives its address."""
    server = Server(world, host, port, signals=False)
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    try:
        yield f"http://{host}:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        await world.close()  # and then as uvicorn does, but for its pause of a tenth of a second
        for door in server.servers:
            door.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)
