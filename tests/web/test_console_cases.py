"""The console's list of cases at its doors and in a browser: who finds what, several at once, keys, what is noted."""

from collections.abc import Callable
from datetime import timedelta
from html import escape
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import handling, sealed
from cases.intake import Complaint, file
from models import AuditEntry, Case, HotCase, HotIssue, Person, Resident, Status
from tests.support.site import Site
from tests.web.conftest import DESKTOP, PHONE, Window

LIST = "/console/cases"
TOLD: tuple[dict[str, Any], ...] = (
    {
        "text": "楼下烧烤店天天到半夜，油烟直往家里灌，打过电话没人管",
        "category": "生态环境",
        "item": "生态环境/餐饮油烟",
        "place": "B0103",
        "ago": 70,
    },
    {
        "text": "楼道里一股煤气味，邻居都闻到了",
        "category": "公用事业",
        "item": "公用事业/供气",
        "danger": "gas",
        "place": "B0101",
        "ago": 1,
    },
    {
        "text": "丹桂路上井盖没了一个，晚上差点掉下去，电话 13800001234",
        "category": "城市管理",
        "place_text": "丹桂路公交站旁",
        "ago": 30,
    },
    {"text": "小区门口垃圾三天没人清，苍蝇乱飞", "category": "城市管理", "place": "E02", "ago": 200},
    {"text": "新生儿医保怎么办理，要带什么材料", "place_text": "桂香里", "ago": 3, "facts": {"kind": "question"}},
    {"text": "<b>隔壁</b>装修噪音 <script>alert(1)</script>", "ago": 5},
    {"text": "举报物业乱收停车费，一个月涨了两回", "ago": 6, "facts": {"kind": "report"}},
    {"text": "The street lamp at the corner has been dark for weeks", "ago": 9},
)


async def filed(site: Site, *more: dict[str, Any]) -> list[str]:
    """Numbers; what has no category waits to be dispatched by hand."""
    numbers, now, book = [], site.parts.now(), site.parts.senses.book
    async with site.parts.transactions.begin() as session:
        for told in (*TOLD, *more):
            given = {name: value for name, value in told.items() if name not in ("ago", "phone")}
            if place := book.places.get(told.get("place", "")):
                given["grid"] = place.grid
            resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=now)
            if phone := told.get("phone"):
                sealed.keep(site.parts.keys, resident, phone)
            session.add(resident)
            await session.flush()
            at = now - timedelta(hours=told.get("ago", 1))
            numbers.append((await file(session, book, site.parts.keys, resident, Complaint(**given), at)).case.number)
        case = (await session.exec(select(Case).where(Case.number == numbers[0]))).one()
        await handling.sign(session, book, case, await session.get_one(Person, case.assignee), now)
    return numbers


async def noted(site: Site) -> list[tuple[str, str, str]]:
    async with site.parts.transactions.read() as session:
        rows = (await session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))).all()
    return [(row.person, row.action, row.kind) for row in rows]


async def test_a_telephone_is_looked_for_by_few_and_noted_without_the_number(site: Site) -> None:
    *_, hers = await filed(site, {"text": "电梯坏了", "phone": "13812345678"})
    dispatcher, clerk = await site.staff("chenlu"), await site.staff("wufan")
    asked = {"phone": "138 1234 5678"}
    assert (await clerk.http.post(f"{LIST}/person", json=asked)).status_code == 403
    assert (await dispatcher.http.post(f"{LIST}/person", json={"phone": "12"})).status_code == 422
    to = (await dispatcher.http.post(f"{LIST}/person", json=asked)).json()["to"]
    assert "12345678" not in to
    shown = (await dispatcher.http.get(to)).text
    assert hers in shown and shown.count('class="open num"') == 1
    await dispatcher.http.get(to, headers={"x-part": "1"})  # drawn anew: the same look
    assert (await clerk.http.get(to)).status_code == 403
    assert await noted(site) == [("chenlu", "search", "resident")]
    async with site.parts.transactions.read() as session:
        row = (await session.exec(select(AuditEntry))).one()
    assert (row.subject, row.after) == (to.partition("=")[2][:12], {"found": 1})


@pytest.mark.promise("I12")
async def test_what_nobody_may_ask_is_refused_and_what_somebody_wrote_stays_text(site: Site) -> None:
    numbers = await filed(site)
    http = (await site.staff("chenlu")).http
    for query in (
        "status=nonsense",
        "sort=1;drop",
        "due=2026-13-40",
        "since=yesterday",
        "person=13800001234",
        "kind=x",
    ):
        assert (await http.get(f"{LIST}?{query}")).status_code == 400, query
    assert (await http.get(f"{LIST}?after=x")).status_code == 404
    for query in ("q=%27%20OR%201%3D1", "unit=%27", "q=%00", "place=%25", "q=13800001234x", "q=a"):
        assert (await http.get(f"{LIST}?{query}")).status_code == 200, query
    shown = (await http.get(f"{LIST}?q=装修")).text
    assert numbers[5] in shown and "<script>alert" not in shown and "&lt;script&gt;" in shown
    masked = (await http.get(f"{LIST}?q=井盖")).text
    assert "138****1234" in masked and "13800001234" not in masked
    for digits in ("电话13800001234", "8000012个", "a"):  # what is starred out cannot be felt for
        assert 'class="open num"' not in (await http.get(f"{LIST}?status=all&q={digits}")).text, digits


async def test_a_hot_issue_on_the_dashboard_leads_to_its_own_cases(site: Site) -> None:
    """By the issue, not by its words: another case may say the same, and each sees only what is theirs to see."""
    first, second, *others = await filed(site)
    now = site.parts.now()
    async with site.parts.transactions.begin() as session:
        rows = (await session.exec(select(Case).where(col(Case.number).in_([first, second])))).all()
        issue = HotIssue(title="油烟", case_id=rows[0].id, count=2, first_at=now, last_at=now, told_at=now)
        session.add(issue)
        await session.flush()
        session.add_all([HotCase(case_id=case.id, issue=issue.id, at=case.submitted_at) for case in rows])
        session.add(HotCase(case_id=(await _numbered(session, others[0])).id, at=now))
    leads = f"{LIST}?status=all&hot={issue.id}"
    supervisor = (await site.staff("guwenbo")).http
    assert escape(leads) in (await supervisor.get("/console/board")).text
    shown = (await supervisor.get(leads)).text
    assert [number in shown for number in (first, second, *others)] == [True, True, *(False for _ in others)]
    assert f'name="hot" value="{issue.id}"' in shown
    assert second not in (await supervisor.get(f"{leads}&q=烧烤")).text
    clerk = (await (await site.staff("wufan")).http.get(leads)).text
    assert second not in clerk, "another unit's"
    assert 'class="open num"' not in (await supervisor.get(f"{LIST}?status=all&hot=999")).text
    for refused in ("x", "-1", str(2**63)):
        assert (await supervisor.get(f"{LIST}?hot={refused}")).status_code == 400


async def _numbered(session: AsyncSession, number: str) -> Case:
    return (await session.exec(select(Case).where(Case.number == number))).one()


async def test_views_are_kept_counted_and_removed(site: Site) -> None:
    await filed(site)
    http = (await site.staff("chenlu")).http
    for name, query, status in (
        ("烧烤", "q=烧烤&status=all&after=x", 200),
        ("", "q=x", 422),
        ("坏的", "status=no", 422),
    ):
        assert (await http.post(f"{LIST}/views", json={"name": name, "query": query})).status_code == status
    counts = (await http.get(f"{LIST}/counts")).json()
    (saved,) = [name for name in counts if name.startswith("saved-")]
    assert (counts[saved], counts["danger"], counts["filed"]) == ("1", "1", "0")
    assert f'data-count="{saved}"' in (await http.get(LIST)).text
    gone = {"id": int(saved.removeprefix("saved-"))}
    assert (await (await site.staff("wufan")).http.request("DELETE", f"{LIST}/views", json=gone)).status_code == 404
    assert (await http.request("DELETE", f"{LIST}/views", json=gone)).status_code == 200
    assert [line[1:] for line in await noted(site)] == [("add", "saved_view"), ("remove", "saved_view")]


async def test_searching_keys_and_several_at_once(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    numbers = await filed(site)
    one: Window = await window(address, "/staff", DESKTOP)
    await one.enter("chenlu")
    await one.go(LIST)
    page = one.page
    await page.wait_for_function("() => document.querySelector('[data-count=danger]').textContent === '1'")
    await one.look_both("console-cases")
    await page.set_viewport_size(DESKTOP)

    await page.keyboard.press("j")
    first = await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    assert await page.evaluate("document.activeElement.textContent") == first
    await page.keyboard.press("/")
    await page.keyboard.type("jx?")  # a key is a letter where somebody writes
    assert await page.input_value("#q") == "jx?"
    await page.fill("#q", "烧烤")
    composing = "document.getElementById('q').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, keyCode: 229, bubbles: true}))"  # noqa: E501
    await page.evaluate(composing)
    assert page.url.endswith(LIST)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**status=open**")
    assert await page.locator("a.open").all_text_contents() == [numbers[0]]
    await one.look_both("console-cases-found")
    await page.set_viewport_size(DESKTOP)

    await one.go(f"{LIST}?status=triage&sort=submitted")
    lines = await page.locator("a.open").all_text_contents()
    await page.locator("tbody input").first.click()
    await page.locator("tbody input").nth(len(lines) - 1).click(modifiers=["Shift"])
    assert await page.locator("tbody input:checked").count() == len(lines) >= 3
    worker = await site.staff("fengyuxin")  # a colleague is faster with one of them
    await worker.step(lines[1], "assign", unit="CGJ")
    await page.wait_for_function(f"() => !document.querySelector('[id=\"case-{lines[1]}\"]')")  # drawn anew by itself
    assert await page.locator("tbody input:checked").count() == len(lines) - 1
    await page.evaluate("document.querySelector('tbody input').dataset.version = '99'")  # as if it had moved on
    await page.click("[data-several=assign]")
    await page.select_option("#do-assign select", "CGJ")
    await one.look_both("console-cases-assign")
    await page.set_viewport_size(DESKTOP)
    await page.click("#do-assign form button.next")
    await page.wait_for_selector("#do-assign .refused li")
    assert lines[0] in (await page.text_content("#do-assign .refused") or "")
    assert [fault for fault in one.faults if "409" not in fault] == []
    one.faults.clear()  # the browser logs the refusal itself
    await one.look_both("console-cases-refused")
    async with site.parts.transactions.read() as session:
        rows = (await session.exec(select(Case).where(col(Case.number).in_(lines)))).all()
    assert {row.number for row in rows if row.status is Status.TRIAGE} == {lines[0]}


async def test_a_clerk_finds_their_own_on_a_phone(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    await filed(site)
    one: Window = await window(address, "/staff", PHONE)
    await one.enter("wufan")
    lines = one.page.locator('a[href^="/console/cases/2"]')
    await one.go(f"{LIST}?status=all&danger=1")
    await expect(lines).to_have_count(0)
    await one.look("console-cases-none")
    await one.go(f"{LIST}?status=all")
    await expect(lines).not_to_have_count(0)
    for width in (360, 768, 1920):
        await one.page.set_viewport_size({"width": width, "height": 1500})
        await one.look(f"console-cases-clerk-{width}")
