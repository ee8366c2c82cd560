"""What the gate costs a request, in CPU time of this process: each door with it, and with its answer known beforehand.

    .venv/bin/python -m benchmarks.doors [--requests 400]

A PostgreSQL of its own, the whole program in this process. The two are asked in turns of fifty, so that what else the
machine does falls on both.
"""

import argparse
import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
from fastapi import FastAPI, Request

from app.database import start_server, stop_server
from tests.support.databases import FAST
from tests.support.site import Site, running
from tests.support.town import fill
from web import auth, gate

NOW = datetime(2026, 11, 18, 2, tzinfo=UTC)
TURN = 50
DOORS = {
    "open, /healthz": "/healthz",
    "a resident's, /api/chat/messages": "/api/chat/messages",
    "the staff's, /api/staff/session": "/api/staff/session",
    "the staff's, /api/staff/tasks": "/api/staff/tasks",
    "a page, /console/cases": "/console/cases",
}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    ask.add_argument("--requests", type=int, default=400)
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="fengqiao-", ignore_cleanup_errors=True) as folder:
        server = start_server(Path(folder) / "database", FAST)
        try:
            asyncio.run(measure(server.url, Path(folder) / "site", asked.requests))
        finally:
            stop_server(server)


async def measure(url: str, folder: Path, requests: int) -> None:
    await fill(url)
    async with running(url, folder, lambda: NOW) as site:
        staff, resident = await site.staff("chenlu"), await site.resident()
        known = await _known(site, staff.http)
        print(f"{'door':36} {'with':>9} {'without':>9} {'ratio':>6}")
        for name, path in DOORS.items():
            http = resident.http if "chat" in path else staff.http
            with_, without = await _both(site, http, path, known, requests)
            print(f"{name:36} {with_ * 1000:6.2f} ms {without * 1000:6.2f} ms {with_ / without:6.2f}")


async def _known(site: Site, http: httpx.AsyncClient) -> auth.SignedIn:
    headers = [(b"cookie", f"{auth.COOKIE}={http.cookies[auth.COOKIE]}".encode())]
    me = await auth.whoever(Request({"type": "http", "headers": headers}), _app(site).state.parts)
    assert me is not None
    return me


async def _both(
    site: Site, http: httpx.AsyncClient, path: str, known: auth.SignedIn, requests: int
) -> tuple[float, float]:
    async def told(request: Request) -> None:
        request.state.me = known

    took = {True: 0.0, False: 0.0}
    overrides = _app(site).dependency_overrides
    for turn in range(2 * requests // TURN + 2):
        gated = turn % 2 == 0
        overrides.clear() if gated else overrides.update({gate.gate: told})
        began = time.process_time()
        for _ in range(TURN):
            answer = await http.get(path)
            assert answer.status_code in (200, 503), answer.text
        if turn > 1:  # the first of each warms up
            took[gated] += time.process_time() - began
    overrides.clear()
    return took[True] / requests, took[False] / requests


def _app(site: Site) -> FastAPI:
    app = site.transport.app
    assert isinstance(app, FastAPI)
    return app


if __name__ == "__main__":
    main()
