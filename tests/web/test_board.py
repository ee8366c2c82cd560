"""The dashboard (一张图): whose it is, down to a building and back by keyboard, live; and the page for everybody."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from cases import area_days, week_sums
from cases.periods import today
from models import AreaDay, Case, Colour, StaffSession
from tests.support.busy import fill
from tests.support.site import Site
from tests.web.conftest import DESKTOP, PHONE, Window
from web import auth, board_map
from web.kept import Kept

WALL = {"width": 1920, "height": 1080}
LAPTOPS = ({"width": 1440, "height": 900}, {"width": 1366, "height": 768})
BUILDING, PATH = "B0103", ["CX-DG", "CX-DG-01", "CX-DG-01-03"]
FEWEST = 5


async def busy(site: Site, cases: int = 600) -> None:
    """Weeks of cases, the last day judged, two grids of it with a colour."""
    book, now = site.parts.senses.book, site.parts.now()
    yesterday = today(now) - timedelta(days=1)
    async with site.parts.sessions() as session:
        await fill(session, book, now, cases=cases)
        await area_days.store(session, book, yesterday)
        for area, colour in (("CX-DG-02-03", Colour.RED), ("CX-DG-01-03", Colour.YELLOW)):
            row = await session.get_one(AreaDay, (area, yesterday))
            row.colour, row.reasons = colour, [{"kind": "overdue", "seen": 3, "expected": 0.4, "evidence": 4.1}]
        await session.commit()


async def test_of_very_many_grids_only_those_with_a_colour_are_drawn(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await busy(site, cases=40)
    http = (await site.staff("guwenbo")).http

    async def drawn() -> list[str]:
        return re.findall(r'<path class="ground ([a-z ]*)"', (await http.get("/console/board")).text)

    all_of_them = await drawn()
    assert (len(all_of_them), all_of_them.count("red"), all_of_them.count("yellow")) == (43, 1, 1), (
        "the grids of the town"
    )
    monkeypatch.setattr(board_map, "GRIDS_MOST", 42)
    assert sorted(await drawn()) == ["", "red", "yellow"]


@pytest.mark.parametrize(
    ("name", "root", "others"),
    [
        ("guwenbo", "澄溪市", []),
        ("hezhiqiang", "丹桂街道", ["?area=CX", "?area=CX-LH"]),
        ("wangxing", "丹桂社区", ["?area=CX-DG", "?area=CX-DG-02", "?place=B0603"]),
        ("dongchunsheng", "澄溪市", []),
    ],
)
async def test_everybody_begins_at_what_is_theirs_and_goes_no_higher(
    site: Site, name: str, root: str, others: list[str]
) -> None:
    http = (await site.staff(name)).http
    missing = await http.get("/console/board?area=XX")
    for page in ("/console/board", "/board"):
        shown = await http.get(page)
        assert (shown.status_code, re.findall(r'id="board-here"[^>]*>([^<]*)<', shown.text)) == (200, [root])
        assert (await http.get(f"{page}?place={BUILDING}")).status_code == 200
        for asked in [*others, "?area=XX", "?place=XX", "?area=CX-KD", "?special=2", "?area=%00'"]:
            assert (await http.get(page + asked)).status_code in (400, 404), asked
    assert missing.status_code == 404
    assert {(await http.get(f"/board{asked}")).text for asked in others} <= {missing.text}


async def test_a_department_s_leader_counts_what_is_the_department_s(site: Site) -> None:
    await busy(site, 200)
    async with site.parts.sessions() as session:
        rows = (await session.exec(select(Case).where(Case.unit == "CGJ", col(Case.resolved_at).is_(None)))).all()
    leader, desk = await site.staff("dongchunsheng"), await site.staff("chenlu")
    counts = [_figure((await one.http.get("/board")).text) for one in (leader, desk)]
    assert counts[0] == len([one for one in rows if one.status != "closed"]) < counts[1]


def _figure(page: str) -> int:
    """The first of the four: open now."""
    found = re.search(r"<dt>未办结</dt><dd><b[^>]*>(\d+)<", page)
    assert found
    return int(found[1])


async def test_the_wall_stays_signed_in_for_days_and_not_for_ever(site: Site) -> None:
    http = (await site.staff("chenlu")).http
    clock: Any = site.parts.now
    assert "set-cookie" not in (await http.get("/board")).headers
    answers = []
    for _ in range(32):
        clock.forward(hours=11)
        answers.append(await http.get("/board"))
    renewed = ["httponly" in answer.headers.get("set-cookie", "").lower() for answer in answers]
    assert renewed.index(False) >= 26 and answers[-1].status_code == 303
    async with site.parts.sessions() as session:
        row = (await session.exec(select(StaffSession))).one()
    assert timedelta(days=13) < row.expires_at - row.created_at <= auth.AT_MOST
    other = (await site.staff("chenlu")).http
    clock.forward(hours=11)
    assert "set-cookie" not in (await other.get("/console/board")).headers


async def test_down_to_a_building_and_back_by_keyboard(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    await busy(site)
    desk: Window = await window(address, "/staff", WALL)
    page = desk.page
    await desk.enter("guwenbo")
    await desk.go("/board")
    await desk.look("board-1920")
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "higher than the screen"
    for laptop in LAPTOPS:
        await page.set_viewport_size(laptop)
        await desk.look(f"board-{laptop['width']}")
        assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight"), laptop
    await page.set_viewport_size(WALL)
    assert await page.get_by_label("红色预警").count() == 0  # none is red; what is late by this hour may be yellow
    await page.evaluate("window.same = true")
    for code in PATH:
        await _to(desk, f'a.part[href="/board?area={code}"]')
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/board?area={code}")
        await page.wait_for_function("() => document.activeElement.id === 'board-here'")
    await desk.look("board-grid")
    await _to(desk, f'a.spot[href="/board?place={BUILDING}"]')
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="丹桂苑 3 栋的未办结件").wait_for()
    await desk.look("board-building")
    for code in reversed(PATH):
        await page.go_back()
        await page.wait_for_url(f"**/board?area={code}")
        name = site.parts.senses.book.area_name(code)
        await page.locator("#board-here", has_text=re.compile(f"^{name}$")).wait_for()
    assert await page.evaluate("window.same"), "the page was loaded anew"
    assert await page.locator("a.part[aria-label*='红色预警']").count() == 0
    await _live(site, page)


async def _to(desk: Window, target: str) -> None:
    """Tabs on until it has the focus."""
    await desk.page.locator(target).wait_for(state="attached")
    for _ in range(80):
        if await desk.page.evaluate("one => document.activeElement.matches(one)", target):
            return
        await desk.page.keyboard.press("Tab")
    raise AssertionError(f"{target} cannot be reached by keyboard")


async def _live(site: Site, page: Any) -> None:
    """What a resident files is there without anybody's doing; nothing of the page grows."""
    before = await page.evaluate("document.querySelectorAll('*').length")
    number = await (await site.resident(BUILDING)).file("楼下烧烤店油烟太大")
    await page.locator(f'.map-side a[href="/console/cases/{number}"]').wait_for()
    assert await page.locator("circle.fresh").count()
    assert await page.evaluate("document.querySelectorAll('*').length") < before + 60
    assert await page.evaluate("window.same")


async def test_it_is_in_the_console_too_on_a_desk_and_on_a_phone(
    at_work: tuple[Site, str], window: Callable[..., Any]
) -> None:
    site, address = at_work
    await busy(site, 300)
    desk: Window = await window(address, "/staff", DESKTOP)
    await desk.enter("wangxing")
    await desk.go("/console/board?special=1")
    await desk.look_both("board-console")
    await desk.page.locator("#board-rates-table summary").click()
    await desk.page.locator("#board-league-table summary").click()
    await desk.page.locator("a[data-drill]", has_text="第三网格").click()
    await desk.page.wait_for_url("**/console/board?area=CX-DG-01-03&special=1")
    await desk.page.locator("#board-here", has_text="第三网格").wait_for()
    assert await desk.page.locator("#board-rates-table[open]").count() == 1, "folded open it stays"
    await desk.look()
    for width in (360, 768):
        await desk.page.set_viewport_size({"width": width, "height": 900})
        await desk.look()


async def test_everybody_reads_figures_that_tell_of_nobody(
    at_work: tuple[Site, str], window: Callable[..., Any]
) -> None:
    site, address = at_work
    await busy(site, 250)
    anybody: Window = await window(address, "/public", PHONE)
    await anybody.look_both("public")
    for lang in ("zh-Hant", "en"):
        await anybody.go(f"/public?lang={lang}")
        await anybody.look()
    answer = await anybody.page.request.get(f"{address}/public?lang=zh-Hans")
    shown = await answer.text()
    assert answer.headers["cache-control"] == "public, max-age=300" and "set-cookie" not in answer.headers
    cells = [int(one) for one in re.findall(r'<td class="num right">\s*(\d+)\s*</td>', shown)]
    assert cells and min(cells) >= FEWEST and "未公开" in shown
    book = site.parts.senses.book
    assert not [name for name in book.people.values() if name in shown]
    assert not re.search(r"\d{6}-\d{4}|CX-|href=\"/(?!static|public|\")", shown)


async def test_a_town_without_cases_has_a_public_page(site: Site) -> None:
    shown = await site.client().get("/public")
    assert shown.status_code == 200 and "这一周每类都不多" in shown.text


async def test_the_page_is_the_same_from_kept_sums(site: Site) -> None:
    """Counted where no worker has kept a week yet, read where one has; a week that is not in force is counted again."""
    await busy(site, 300)
    leader, book, now = await site.staff("hezhiqiang"), site.parts.senses.book, site.parts.now()
    counted = [(await leader.http.get(page)).text for page in ("/board", "/public")]
    async with site.parts.sessions() as session:
        while await week_sums.keep(session, book, now):
            pass
        await session.execute(text("UPDATE week_sums SET cells = '[]' WHERE week = (SELECT min(week) FROM week_sums)"))
        await session.commit()
    site.transport.app.state.parts.kept = Kept()  # type: ignore[attr-defined]  # as after a start
    read = [(await leader.http.get(page)).text for page in ("/board", "/public")]
    assert read != counted, "the sums are what is read"
    async with site.parts.sessions() as session:
        await session.execute(text("UPDATE week_sums SET counted_by = 'other SQL'"))
        await session.commit()
    site.transport.app.state.parts.kept = Kept()  # type: ignore[attr-defined]
    assert [(await leader.http.get(page)).text for page in ("/board", "/public")] == counted
