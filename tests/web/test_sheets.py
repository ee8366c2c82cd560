"""The sheets for stairwells: whose they are, that every code opens its building, and how they come out of a printer."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.site import Site
from tests.support.town import PASSWORD
from tests.web.conftest import DESKTOP, PHONE, Window
from web import sheets

COMMUNITY, GRID, PAGE = "CX-DG-01", "CX-DG-01-03", "/staff/sheets"
LAST = "CX-LX-05-03"  # a grid of villages
LINK = re.compile(r'<p class="typed">([^<]+)</p>')
BOT = "https://t.me/fengqiao_bot?start="


@pytest.mark.parametrize(
    ("name", "status", "first", "last"),
    [
        ("limin", 200, GRID, GRID),  # a grid worker: only their own
        ("wangxing", 200, COMMUNITY, "CX-DG-01-04"),  # the leader of a community
        ("hezhiqiang", 200, COMMUNITY, "CX-DG-04-04"),  # of a street
        ("chenlu", 200, COMMUNITY, LAST),
        ("guwenbo", 200, COMMUNITY, LAST),
        ("jiangyan", 200, COMMUNITY, LAST),
        ("wufan", 403, "", ""),  # a clerk
        ("dongchunsheng", 403, "", ""),  # the leader of a department: the whole city is no area to look after
        ("caoying", 403, "", ""),  # an auditor
    ],
)
async def test_everybody_prints_what_they_look_after(site: Site, name: str, status: int, first: str, last: str) -> None:
    shown = await (await site.staff(name)).http.get(PAGE)
    offered = re.findall(r'<option value="(CX[^"]*)"', shown.text)
    assert (shown.status_code, offered[:1], offered[-1:]) == (status, [first] * bool(first), [last] * bool(last))


async def test_another_s_area_looks_like_none(site: Site) -> None:
    worker = (await site.staff("limin")).http
    other, missing = await worker.get(PAGE, params={"area": COMMUNITY}), await worker.get(PAGE, params={"area": "XX"})
    assert (other.status_code, missing.status_code) == (404, 404)
    assert other.text == missing.text
    assert not LINK.findall(other.text)


async def test_somebody_signed_out_is_shown_the_way_in(site: Site) -> None:
    shown = await site.client().get(PAGE)
    assert (shown.status_code, shown.headers["location"]) == (303, "/staff")


async def test_every_code_opens_its_building(site: Site) -> None:
    """The link, the bot's payload and the two QR codes of each sheet say the same place."""
    web(site).deep_link = lambda payload: BOT + payload
    shown = await (await site.staff("chenlu")).http.get(PAGE, params={"area": COMMUNITY})
    links, book = LINK.findall(shown.text), site.parts.senses.book
    wanted = [place.code for place in sheets.homes(book, book.areas[COMMUNITY])]
    assert len(wanted) == 23
    for of in (links[0::2], links[1::2]):
        codes = [re.split("/p/|start=", link)[1] for link in of]
        assert [book.index.from_code(code, site.parts.keys.places) for code in codes] == wanted
        assert all(len(code) <= 64 for code in codes)
    assert re.findall(r"<svg[^>]*class=\"qr\".*?</svg>", shown.text, re.DOTALL) == [sheets.qr(link) for link in links]


async def test_without_a_bot_there_is_one_code(site: Site) -> None:
    web(site).deep_link = None
    shown = await (await site.staff("limin")).http.get(PAGE)
    assert len(LINK.findall(shown.text)) == shown.text.count('class="qr"') == 8


@pytest.mark.parametrize(
    ("lang", "words"), [("zh-Hans", "说一句就行"), ("zh-Hant", "講一句就好"), ("en", "One message")]
)
async def test_in_the_language_asked_for(site: Site, lang: str, words: str) -> None:
    shown = await (await site.staff("limin")).http.get(PAGE, params={"area": GRID, "lang": lang})
    assert shown.text.count(words) == 8


@pytest.mark.browser
@pytest.mark.parametrize("bot", [True, False], ids=["with a bot", "web only"])
async def test_on_screen_and_on_paper(
    at_work: tuple[Site, str], window: Callable[..., Any], tmp_path: Path, bot: bool
) -> None:
    """One A4 page for each building, and the chooser on none of them."""
    site, address = at_work
    web(site).deep_link = (lambda payload: BOT + payload) if bot else None
    seen: Window = await window(address, "/staff", DESKTOP)
    await signed_in(seen, "chenlu")
    for size, name in ((PHONE, "phone"), (DESKTOP, "desktop")):
        await seen.page.set_viewport_size(size)
        await seen.page.goto(address + PAGE)
        await seen.look("sheets-choose" if size is PHONE else "")
        await seen.page.get_by_role("combobox").first.select_option(GRID)
        await seen.page.get_by_role("button").click()
        await seen.page.wait_for_url("**/staff/sheets?area=*")
        assert await seen.page.get_by_role("article").count() == 8
        await seen.look(f"sheets-{name}{'-bot' if bot else ''}")
    paper = tmp_path / "sheets.pdf"
    await seen.page.pdf(path=paper, prefer_css_page_size=True, print_background=True)
    assert boxes(paper) == [(595, 842)] * 8


def boxes(pdf: Path) -> list[tuple[int, int]]:
    """The size of each page in points, as Chromium writes it."""
    found = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf.read_bytes())
    return [(round(float(w)), round(float(h))) for w, h in found]


def web(site: Site) -> Any:
    return site.transport.app.state.parts  # type: ignore[attr-defined]


async def signed_in(seen: Window, name: str) -> None:
    await seen.page.fill("#name", name)
    await seen.page.fill("#password", PASSWORD)
    await seen.page.click("#enter")
    await seen.page.locator("#desk").wait_for()
