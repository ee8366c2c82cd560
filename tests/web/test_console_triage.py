"""The dispatch desk: what stands first, where a case might go and why, one key each, and two who are at it at once."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from playwright.async_api import expect
from sqlmodel import col, select

from models import Case, Correction
from tests.support.people import Resident
from tests.support.scenes import stall
from tests.support.site import Site
from tests.web.conftest import DESKTOP, Window

DESK = "/console/triage"
UNSURE = [("生态环境", 0.41), ("城市管理", 0.33), ("市场监管", 0.2), ("教育", 0.06)]


def unsure(site: Site) -> None:
    site.thinks("生态环境", "生态环境/餐饮油烟", action="hold")
    held = site.parts.senses.classify
    ranking = list(UNSURE)

    def classify(said: str) -> Any:
        guess = held(said)
        return None if guess is None else type(guess)(**{**vars(guess), "ranking": ranking, "confidence": 0.41})

    site.parts.senses.classify = classify


async def held(site: Site, *texts: str, photo: bool = False) -> list[str]:
    """Cases nobody could route."""
    unsure(site)
    numbers = []
    for text in texts:
        resident: Resident = await site.resident()
        numbers.append(await resident.file(text))
    return numbers


def offered(page: str) -> list[str]:
    return re.findall(r'id="choice-\d" data-unit="([^"]+)"', page)


async def taught(site: Site) -> Sequence[tuple[str | None, str | None, str]]:
    async with site.parts.sessions() as session:
        rows = (await session.exec(select(Correction).order_by(col(Correction.id)))).all()
    return [(row.was, row.now, row.why) for row in rows]


async def test_what_waits_longest_comes_first_and_danger_before_all(site: Site) -> None:
    older, newer = await held(site, "这件事不知道归谁管", "楼下味道很重")
    async with site.parts.sessions() as session:
        (await session.exec(select(Case).where(Case.number == newer))).one().danger = "fire"
        await session.commit()
    http = (await site.staff("chenlu")).http
    page = (await http.get(DESK)).text
    assert f'<span class="num">{newer}</span>' in page and page.index(newer) < page.index(older)
    assert 'class="num">2<' not in page and "<dd>2</dd>" in page
    assert len(set(offered(page))) == 3  # three desks, each once
    assert f'<span class="num">{older}</span>' in (await http.get(DESK, params={"case": older})).text
    lost = await http.get(DESK, params={"case": "261118-9999"})
    assert (lost.status_code, offered(lost.text)) == (200, [])
    assert (await http.get(DESK, params={"case": "x" * 40})).status_code == 413


async def test_a_suggestion_says_why_and_its_label_is_learnt(site: Site) -> None:
    (number,) = await held(site, "楼下味道很重")
    dispatcher = await site.staff("chenlu")
    page = (await dispatcher.http.get(DESK)).text
    second = re.search(r'id="choice-2" data-unit="(.+?)" data-person="(.*?)" data-category="(.+?)"', page)
    assert second and second[3] == "市场监管" and "20.0%" in page and "规则 R-" in page
    given = {"unit": second[1], "category": second[3]} | ({"assignee": second[2]} if second[2] else {})
    await dispatcher.step(number, "assign", **given)
    assert (await taught(site))[-1][1:] == ("市场监管", "assign")
    case = (await dispatcher.case(number))["case"]
    assert (case["status"], case["category"]) == ("dispatched", "市场监管")
    gone = (await dispatcher.http.get(DESK, params={"case": number})).text
    assert "刚有人处理了" in gone and not offered(gone)


async def test_who_sent_it_back_is_not_suggested_again(site: Site) -> None:
    number = await (await site.resident()).file("丹桂苑楼下烧烤店油烟太大")
    refused, dispatcher = set[str](), await site.staff("chenlu")
    for _ in range(3):
        async with site.parts.sessions() as session:
            case = (await session.exec(select(Case).where(Case.number == number))).one()
        refused.add(str(case.unit))
        await (await site.staff(str(case.assignee))).step(number, "return", reason="not_my_unit", text="不归我们管")
    shown = (await dispatcher.http.get(DESK)).text
    assert "待裁定" in shown and "不归我们管" in shown
    assert offered(shown) and not refused & set(offered(shown))
    answer = await dispatcher.try_step(number, "assign", unit=offered(shown)[0])
    assert (answer.status_code, answer.json()["error"]["key"]) == (422, "step.needs_ruling")


async def test_three_keys_and_two_at_the_desk(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    unsure(site)
    resident = await site.resident()
    await resident.say("丹桂苑楼下烧烤店油烟太大，夜里呛得睡不着，电话 13812345678")
    await resident.send_photo(stall(smoke=True))
    await resident.press("submit")
    first = resident.said[-1]["case"]["number"]
    more = await held(site, "丹桂苑门口那个摊子烟特别大", "路灯好几天不亮了", "公交站的牌子歪了，容易碰到人")
    page: Window = await window(address, "/staff", DESKTOP)
    await page.enter("chenlu")
    await page.go(DESK)
    desk = page.page.locator("#desk")
    await expect(desk.get_by_text(first)).to_be_visible()
    await expect(desk.locator(".choice")).to_have_count(3)
    await page.look_both("console-triage")
    await page.page.set_viewport_size(DESKTOP)

    name = await desk.locator(".choice b").first.inner_text()
    await page.page.keyboard.press("1")
    await expect(page.page.locator("#done")).to_contain_text(f"{first} 已派给{name}")
    await expect(desk.locator("h2")).to_contain_text(more[0])
    await expect(page.page.locator("#counts")).to_contain_text("3")

    await (await site.staff("chenlu")).step(more[0], "assign", unit="CGJ")  # somebody else is faster
    await expect(desk.locator(".sort-gone")).to_contain_text(more[0])
    await page.page.keyboard.press("s")
    await expect(desk.locator("h2")).to_contain_text(more[1])

    await page.page.keyboard.press("o")
    await page.page.locator("#search").fill("城管")
    await page.look("console-triage-other")
    await page.page.keyboard.press("Escape")
    await expect(page.page.locator("#other-sheet")).to_be_hidden()
    await page.page.keyboard.press("r")
    await page.page.locator("#step textarea").fill("不属于受理范围，请找公交公司")
    await page.page.locator("#step button[type=submit]").click()
    await expect(desk.locator("h2")).to_contain_text(more[2])
    await page.page.keyboard.press("?")
    await expect(page.page.locator("#keys")).to_be_visible()
    await page.page.keyboard.press("Escape")
    await expect(page.page.locator("#keys")).to_be_hidden()
    await page.page.keyboard.press("2")
    await expect(page.page.get_by_text("都分完了")).to_be_visible()
    await page.look_both()
