"""A page of somebody else's cannot act with our people's cookies, at any door there is."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from tests.support.site import Site
from web.guard import HOOKS, SAFE

ELSEWHERE = {
    "another site": {"origin": "https://evil.example"},
    "a sandboxed frame": {"origin": "null"},
    "a browser that says so": {"sec-fetch-site": "cross-site"},
    "a neighbour under the same domain": {"sec-fetch-site": "same-site"},
}


def doors(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Every method and path that changes something, holes filled."""
    for route in routes:
        if isinstance(route, APIRoute):
            for method in sorted(route.methods - SAFE):
                yield method, re.sub(r"\{\w+\}", "1", route.path)
        else:
            yield from doors(list(getattr(getattr(route, "original_router", None), "routes", [])))


@pytest.mark.parametrize("whence", ELSEWHERE)
async def test_no_door_acts_on_a_post_from_elsewhere(site: Site, whence: str) -> None:
    http = (await site.staff("jiangyan")).http
    found = {door for door in doors(site.transport.app.routes) if not door[1].startswith(HOOKS)}
    answers = {door: await http.request(*door, headers=ELSEWHERE[whence]) for door in found}
    assert {door: answer.status_code for door, answer in answers.items() if answer.status_code != 403} == {}
    assert len(found) > 20


async def test_no_staff_door_acts_without_the_session_s_own_token(site: Site) -> None:
    """As a page of ours would post that somebody smuggled words into, or a form without its token."""
    staff = (await site.staff("jiangyan")).http
    bare = httpx.AsyncClient(transport=site.transport, base_url="http://test", cookies=staff.cookies)
    site.clients.append(bare)
    own = ("/api/staff", "/console")
    found = {door for door in doors(site.transport.app.routes) if door[1].startswith(own)} - {
        ("POST", "/api/staff/session")
    }
    for token in ({}, {"x-csrf-token": "x"}, {"x-csrf-token": b"\xe9"}):
        answers = {door: (await bare.request(*door, headers=token, json={})).status_code for door in found}
        assert {door: status for door, status in answers.items() if status != 403} == {}
    assert len(found) > 20
