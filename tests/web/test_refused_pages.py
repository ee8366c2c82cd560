"""Whoever opens an address that leads nowhere reads a page with a way on; programs go on reading JSON."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.texts import say
from cases.errors import TooOften
from tests.support.site import Site
from tests.web.conftest import DESKTOP, PHONE, Window, listening
from web import refusals

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "zh-CN"}
LOST = {  # path → its status, what the page says first, and where it leads on
    "/nothing-here": (404, "refused.gone", "/"),
    "/p/forged-0000/talks": (404, "refused.gone", "/"),
    "/console/learning/v999": (404, "refused.gone", "/console"),
    "/console/nothing": (404, "refused.gone", "/console"),
    "/staff/bulletins/2026-W01.pdf?area=NOWHERE": (404, "refused.gone", "/staff"),
    "/console/rules?page=x": (400, "refused.unclear", "/console"),
}


@pytest.fixture(scope="module")
async def admin(shared_site: Site) -> httpx.AsyncClient:
    return (await shared_site.staff("jiangyan")).http


@pytest.mark.parametrize("path", LOST)
async def test_a_lost_page_says_so_in_words_and_leads_on(admin: httpx.AsyncClient, path: str) -> None:
    status, title, way = LOST[path]
    for locale in ("zh-Hans", "zh-Hant", "en"):
        asked = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "en": "en-GB"}[locale]
        answer = await admin.get(path, headers={**BROWSER, "accept-language": asked})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert f"<h1>{say(title, locale)}</h1>" in answer.text
        assert f'<html lang="{locale}">' in answer.text and f'href="{way}"' in answer.text
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", LOST)
async def test_a_program_reads_json_at_the_same_address(admin: httpx.AsyncClient, path: str) -> None:
    for headers in ({}, {"accept": "application/json"}, {**BROWSER, "x-part": "1"}):
        answer = await admin.get(path, headers=headers)
        assert (answer.status_code, set(answer.json()["error"])) == (LOST[path][0], {"key", "message"})


@pytest.mark.parametrize("path", ["/api/chat/messages", "/api/staff/tasks", "/api/nothing", "/static/nothing.css"])
async def test_doors_for_programs_never_answer_with_a_page(shared_site: Site, path: str) -> None:
    answer = await shared_site.client().get(path, headers=BROWSER)
    assert answer.status_code >= 400 and "error" in answer.json()


async def test_whoever_is_signed_out_is_shown_the_door(shared_site: Site) -> None:
    answer = await shared_site.client().get("/staff/sheets.pdf?area=CX-DG-01", headers=BROWSER)
    assert (
        answer.status_code == 401
        and 'href="/staff"' in answer.text
        and say("refused.to_sign_in", "zh-Hans") in answer.text
    )


async def test_a_form_posted_from_elsewhere_ends_on_a_page_and_does_nothing(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/console/texts", headers={**BROWSER, "origin": "https://evil.example"})
    assert answer.status_code == 403 and say("refused.closed", "zh-Hans") in answer.text
    assert (await admin.post("/staff", headers=BROWSER)).status_code == 405


async def test_what_may_be_over_soon_offers_the_address_again(shared_site: Site) -> None:
    """A door that is asked too often, one whose database is away, one that fails: our handlers around them."""
    app, kinds = FastAPI(), {"away": PoolTimeout(), "busy": TooOften("request.too_often"), "bug": ValueError()}
    app.state.parts = shared_site.transport.app.state.parts
    refusals.mount(app)

    @app.get("/falls/{how}")
    async def falls(how: str) -> None:
        raise kinds[how]

    falling = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=falling, base_url="http://test") as http:
        for how, status in {"away": 503, "busy": 429, "bug": 500}.items():
            answer = await http.get(f"/falls/{how}?a=%22%3E", headers=BROWSER)
            assert answer.status_code == status
            assert f'href="/falls/{how}?a=%22%3E"' in answer.text
            assert "110" in answer.text  # danger does not wait for us


async def test_no_word_of_an_address_becomes_markup(shared_site: Site) -> None:
    answer = await shared_site.client().get('/console/"><script>alert(1)</script>', headers=BROWSER)
    assert "<script>alert" not in answer.text


@pytest.mark.browser
async def test_the_page_as_it_is_seen(shared_site: Site, window: Callable[..., Any]) -> None:
    async with listening(shared_site) as address:
        seen: Window = await window(address, "/p/forged-0000/talks")
        seen.faults.clear()  # the browser logs the 404 it was given
        for size in (DESKTOP, PHONE):
            await seen.page.set_viewport_size(size)
            await seen.look(f"refused-{'phone' if size is PHONE else 'desktop'}")
        await seen.page.get_by_role("link", name=say("refused.to_chat", "zh-Hans")).click()
        await seen.page.wait_for_url(address + "/")
