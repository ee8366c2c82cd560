"""Our OpenAPI document against our doors: schemathesis asks as it says, oddly too, and holds the answers to it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks

from cases import ports
from tests.support.site import Site
from tests.support.town import PASSWORD
from tests.web.conftest import listening

EXAMPLES = 8  # for each door
ENDLESS = ("/stream",)  # an open stream has no end to hold to a schema
APART = (
    "DELETE /api/staff/session",
    "GET /readyz",
)  # nobody could go on afterwards; there is no model here, as it says
CHECKS = [
    checks.not_a_server_error,
    *(
        check
        for check in checks.CHECKS.get_all()
        if check.__name__
        in {
            "status_code_conformance",
            "content_type_conformance",
            "response_schema_conformance",
            "response_headers_conformance",
        }
    ),
]


async def headers(site: Site, address: str) -> Mapping[str, Mapping[str, str]]:
    """Who asks, by the beginning of the path: a resident, somebody of the staff, a partner."""
    async with httpx.AsyncClient(base_url=address) as http:
        await http.post("/api/chat/session", json={"locale": "zh-Hans"})
        resident = {"cookie": "; ".join(f"{name}={value}" for name, value in http.cookies.items())}
    async with httpx.AsyncClient(base_url=address) as http:
        answer = await http.post("/api/staff/session", json={"name": "chenlu", "password": PASSWORD})
        cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        staff = {"cookie": cookie, "x-csrf-token": answer.json()["csrf"]}
    async with site.parts.transactions.begin() as session:
        _, words = await ports.issue(session, "city-app", "市民随手拍", 6000, "jiangyan", site.parts.now())
    return {"/api/chat": resident, "/api/staff": staff, "/open311": {"x-api-key": words}}


def held(operation: Any, address: str, given_by: Mapping[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        answer = case.call(base_url=address, headers=dict(given_by), timeout=20)
        case.validate_response(answer, checks=CHECKS)

    one()


def tried(document: Mapping[str, Any], address: str, who: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Every door of the document a dozen times, and what was wrong with it. Runs in a thread of its own."""
    schema, done = schemathesis.openapi.from_dict(dict(document)), dict[str, str]()
    for found in schema.get_all_operations():
        operation = found.ok()
        name = f"{operation.method.upper()} {operation.path}"
        if operation.path.endswith(ENDLESS) or name in APART:
            continue
        given_by = next((by for start, by in who.items() if operation.path.startswith(start)), {})

        try:
            held(operation, address, given_by)
            done[name] = ""
        except BaseException as wrong:
            done[name] = repr(getattr(wrong, "exceptions", wrong))[:1500]
    return done


@pytest.mark.promise("I1")
async def test_no_door_breaks_and_every_answer_is_as_the_document_says(site: Site) -> None:
    document = (await site.client().get("/openapi.json")).json()
    async with listening(site) as address:
        done = await asyncio.to_thread(tried, document, address, await headers(site, address))
    assert {door: wrong for door, wrong in done.items() if wrong} == {}
    assert {"POST /open311/v2/requests.{form}", "POST /api/chat/messages", "GET /api/staff/tasks"} <= set(done)
    assert len(done) > 30


@pytest.mark.parametrize("path", ["/console", "/console/audit", "/"])
async def test_pages_are_not_in_the_document(site: Site, path: str) -> None:
    assert path not in (await site.client().get("/openapi.json")).json()["paths"]
