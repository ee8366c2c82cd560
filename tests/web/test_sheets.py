"""The sheets for stairwells: whose they are, that every code opens its building, and how they come out of a printer."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from bot.papers import sheets as papers
from bot.papers.typeset import pictures
from tests.support.site import Site
from tests.support.town import PASSWORD
from tests.web.conftest import DESKTOP, PHONE, Window
from web import sheets

COMMUNITY, GRID, PAGE = "CX-DG-01", "CX-DG-01-03", "/staff/sheets"
LAST = "CX-LX-05-03"  # a grid of villages
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
    papers = [await worker.get("/staff/sheets.pdf", params={"area": area}) for area in (COMMUNITY, "XX")]
    assert [(paper.status_code, paper.content) for paper in papers] == [(404, papers[0].content)] * 2


async def test_somebody_signed_out_is_shown_the_way_in(site: Site) -> None:
    shown = await site.client().get(PAGE)
    assert (shown.status_code, shown.headers["location"]) == (303, "/staff?next=/staff/sheets")
    assert (await site.client().get("/staff/sheets.pdf", params={"area": GRID})).status_code == 401


@pytest.mark.parametrize("bot", [True, False], ids=["with a bot", "web only"])
async def test_a_telephone_reads_every_code_off_the_paper(site: Site, bot: bool) -> None:
    """At the 150 dpi of a cheap printer; the link's code and the bot's open the same building."""
    parts = web(site)
    parts.deep_link = (lambda payload: BOT + payload) if bot else None
    book = parts.senses.book
    homes = sheets.homes(book, book.areas[GRID])
    data = papers.data("澄溪市", [sheets.sheet_of(parts, place) for place in homes], "zh-Hans")
    pages = [Image.open(io.BytesIO(page)) for page in pictures("sheets", data, "zh-Hans", 150)]
    assert [page.size for page in pages] == [(1240, 1754)] * len(homes) == [(1240, 1754)] * 8
    for place, page in zip(homes, pages, strict=True):
        read = sorted(code.text for code in zxingcpp.read_barcodes(page))
        assert [re.split("/p/|start=", link)[0] for link in read] == [parts.url, *[BOT.removesuffix("start=")] * bot]
        payloads = {re.split("/p/|start=", link)[1] for link in read}
        assert [book.index.from_code(payload, parts.keys.places) for payload in payloads] == [place.code]
        assert all(len(payload) <= 64 for payload in payloads)


@pytest.mark.parametrize(
    ("lang", "words"), [("zh-Hans", "说一句就行"), ("zh-Hant", "講一句就好"), ("en", "One message")]
)
async def test_in_the_language_asked_for(site: Site, lang: str, words: str) -> None:
    chen = (await site.staff("chenlu")).http
    made = await chen.get("/staff/sheets.pdf", params={"area": GRID, "lang": lang})
    assert (made.status_code, made.headers["content-type"], made.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert words in papers.data("澄溪市", [], lang)["lead"]


@pytest.mark.browser
async def test_choosing_on_screen(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    _, address = at_work
    seen: Window = await window(address, "/staff", DESKTOP)
    await signed_in(seen, "chenlu")
    for size, name in ((PHONE, "phone"), (DESKTOP, "desktop")):
        await seen.page.set_viewport_size(size)
        await seen.page.goto(address + PAGE)
        await seen.look("sheets-choose" if size is PHONE else "")
        await seen.page.get_by_role("combobox").first.select_option(GRID)
        await seen.page.get_by_role("button").click()
        await seen.page.wait_for_url("**/staff/sheets?area=*")
        assert await seen.page.get_by_role("listitem").count() == 8
        await seen.look(f"sheets-{name}")
        pdf = await seen.page.locator('a[href^="/staff/sheets.pdf"]').get_attribute("href")
        assert (await seen.page.request.get(address + str(pdf))).ok


def web(site: Site) -> Any:
    return site.transport.app.state.parts  # type: ignore[attr-defined]


async def signed_in(seen: Window, name: str) -> None:
    await seen.page.fill("#name", name)
    await seen.page.fill("#password", PASSWORD)
    await seen.page.click("#enter")
    await seen.page.locator("#desk").wait_for()
