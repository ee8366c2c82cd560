"""Every answer of every door carries the headers that keep a browser from doing what we never meant."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.support.clock import Clock
from tests.support.site import Site, running
from web.guard import SAFE
from web.headers import HEADERS, ONLY_HTTPS
from web.roles import RULES_OF

WALKED = sorted(door for door in RULES_OF if not door.endswith("/stream"))  # those have answers of their own below


def faults(answer: httpx.Response, secure: bool) -> list[str]:
    wanted = {**HEADERS, **ONLY_HTTPS} if secure else HEADERS
    missing = [name for name in wanted if name not in answer.headers]
    missing += [] if secure else [name for name in ONLY_HTTPS if name in answer.headers]
    policy = answer.headers.get("content-security-policy", "")
    missing += [word for word in ("unsafe-inline", "unsafe-eval", "data:", "*", "http:") if word in policy]
    base = HEADERS["content-security-policy"].split("; ")
    missing += [part for part in base if part not in policy.split("; ")]
    unlike = [name for name in wanted if name != "content-security-policy" and answer.headers.get(name) != wanted[name]]
    return missing + unlike


@pytest.mark.parametrize("who", ["nobody", "jiangyan"])
async def test_every_door(shared_site: Site, who: str) -> None:
    http = shared_site.client() if who == "nobody" else (await shared_site.staff(who)).http
    wrong: dict[str, Any] = {}
    for door in WALKED:
        method, path = door.split(" ")
        address = re.sub(r"\{(\w+)\}", "1", path)
        token = {} if method in SAFE else {"x-csrf-token": "none of theirs"}
        answer = await http.request(method, address, headers=token)
        if found := faults(answer, secure=False):
            wrong[door] = found
    for address in ("/static/own/base.css", "/nowhere", "/static/nowhere"):
        if found := faults(await http.get(address), secure=False):
            wrong[address] = found
    foreign = await http.post("/api/chat/session", headers={"origin": "https://evil.example"})
    large = await http.post("/api/chat/session", headers={"content-length": "99999999"})
    assert (foreign.status_code, large.status_code, faults(foreign, False), faults(large, False)) == (403, 413, [], [])
    assert wrong == {}


async def test_over_https_and_where_we_failed(town_url: str, tmp_path: Path) -> None:
    """What broke is in the log, by its kind, and nowhere in the answer."""
    async with running(town_url, tmp_path, Clock(), public_url="https://town.example") as site:
        app = site.transport.app
        assert isinstance(app, FastAPI)

        async def broken() -> dict[str, bool]:
            raise RuntimeError(f"not for a reader: {site.parts.settings.secret()}")

        http = httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test")
        app.state.parts.ready = broken
        failed = await http.get("/readyz")
        assert (failed.status_code, faults(failed, secure=True)) == (500, [])
        assert "not for a reader" not in failed.text and site.parts.settings.secret() not in failed.text
        page = await http.get("/")
        assert (page.status_code, faults(page, secure=True)) == (200, [])
        await http.aclose()
