"""The rule table in the console: rows as sentences, checked, tried, replayed, saved when nothing forbids it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect
from sqlmodel import col, select

from models import AuditEntry, RoutingRule
from tests.support.site import Site
from tests.web.conftest import DESKTOP, Window
from town import edit
from web.console.rules_view import unfolded

RULES = "/console/rules"
SLOW = 20_000  # the whole town is checked, on a busy machine
FUMES = "R-CG-FUMES"
SMOKE = "丹桂苑楼下烧烤店油烟太大"


async def form(site: Site, of: str, **changed: Any) -> dict[str, Any]:
    """What the page would send for a row."""
    async with site.parts.sessions() as session:
        cells = (await edit.current(session)).sheets["rules.csv"][of]
    more = unfolded(cells)
    return {**cells, **more, "_key": of, "_seen": edit.mark(cells), **changed}


async def test_rows_are_sentences_to_be_searched(site: Site) -> None:
    http = (await site.staff("chenlu")).http
    page = (await http.get(RULES, params={"q": "油烟"})).text
    assert FUMES in page and "餐饮油烟" in page and "城市管理局，网格员先办，3 个工作日" in page
    assert FUMES not in (await http.get(RULES, params={"unit": "JYJ"})).text
    assert FUMES in (await http.get(RULES, params={"category": "生态环境", "page": 1})).text
    row = (await http.get(f"{RULES}/row", params={"code": FUMES})).text
    assert 'list="of-categories"' in row and 'value="生态环境/餐饮油烟 餐饮油烟"' in row
    assert "要改，请找管理员" in row and 'class="button next"' not in row
    assert (await http.get(f"{RULES}/row", params={"code": "NONE"})).status_code == 404
    assert (await http.get(RULES, params={"page": 0})).status_code == 400


async def test_a_change_is_weighed_saved_and_at_work_at_once(site: Site) -> None:
    admin = (await site.staff("jiangyan")).http
    assert (await (await site.staff("chenlu")).http.post(f"{RULES}/row", json={})).status_code == 403
    body = await form(site, FUMES, unit="SCJ", note="改由市场监管局牵头")
    weighed = await admin.post(f"{RULES}/check", json={"draft": body})
    assert weighed.json() == {"forbids": [], "tells": []}, weighed.text
    saved = await admin.post(f"{RULES}/row", json=body)
    assert (saved.status_code, saved.json()) == (200, {"to": RULES}), saved.text
    assert (await admin.post(f"{RULES}/row", json=body)).status_code == 409  # changed meanwhile: by ourselves
    number = await (await site.resident()).file(SMOKE)
    assert (await (await site.staff("chenlu")).case(number))["case"]["unit_name"] == "市场监督管理局"
    async with site.parts.sessions() as session:
        line = (await session.exec(select(AuditEntry).where(AuditEntry.subject == FUMES))).one()
    assert (line.person, line.action) == ("jiangyan", "change")
    assert line.after and line.after["unit"] == "SCJ"


@pytest.mark.parametrize(
    ("code", "changed", "said"),
    [
        ("R-LAST", {"enabled": "false"}, "兜底"),
        ("R-F-TAX", {"unit": "NOBODY"}, "NOBODY"),
        ("R-F-TAX", {"from_time": "25:00"}, "25:00"),
        ("R-F-TAX", {"assign": "named", "assignee": ""}, "named"),
        ("R-F-TAX", {"min_round": "x"}, "min_round"),
        ("R-F-TAX", {"note": "\x00"}, ""),
    ],
)
async def test_what_is_unsound_is_refused_with_words(site: Site, code: str, changed: dict[str, str], said: str) -> None:
    admin = (await site.staff("jiangyan")).http
    body = await form(site, code, **changed)
    for door in ("row", "check"):
        answer = await admin.post(f"{RULES}/{door}", json=body if door == "row" else {"draft": body})
        error = answer.json()["error"]
        assert (answer.status_code, said in error["message"] + json.dumps(error["fields"], ensure_ascii=False)) == (
            422,
            True,
        ), answer.text


async def test_a_conflict_is_refused_and_a_gap_is_told(site: Site) -> None:
    admin = (await site.staff("jiangyan")).http
    twin = await form(site, "R-F-TAX", code="R-F-TAX2", unit="JYJ", _key="")
    twin["_seen"] = edit.mark(None)
    refused = await admin.post(f"{RULES}/row", json=twin)
    assert (refused.status_code, "R-F-TAX2" in refused.json()["error"]["message"]) == (422, True)
    off = await form(site, "R-F-TAX", enabled="false")
    weighed = (await admin.post(f"{RULES}/check", json={"draft": off})).json()
    assert weighed["forbids"] == [] and "税务" in weighed["tells"][0]
    assert (await admin.post(f"{RULES}/row", json=off)).status_code == 200
    everything = (await (await site.staff("caoying")).http.post(f"{RULES}/check", json={})).json()
    assert everything["tells"] == weighed["tells"]


async def test_a_message_is_tried_with_the_row_as_it_stands(site: Site) -> None:
    http = (await site.staff("jiangyan")).http
    asked = {"text": SMOKE, "at": "2026-11-18T10:00", "place": ""}
    told = (await http.post(f"{RULES}/try", json=asked)).json()
    assert told["rule"] == FUMES and "规则 R-CG-FUMES" in told["because"]
    assert (await http.post(f"{RULES}/try", json={"text": SMOKE, "at": ""})).json()["rule"] == FUMES  # now
    losers = {one["rule"]: one["why"] for one in told["lost"]}
    assert FUMES not in losers and "也符合，但排在后面" in losers.values()
    draft = await form(site, FUMES, enabled="false")
    other = (await http.post(f"{RULES}/try", json={**asked, "draft": draft})).json()
    assert other["rule"] not in (None, FUMES) and other["rule"] in losers
    far, nowhere = {"text": "x", "at": "9999-01-01T00:00"}, {"text": "x", "place": "火星路"}
    for wrong, status in (({"text": ""}, 400), (nowhere, 422), ({"text": "x", "category": "?"}, 422), (far, 400)):
        assert (await http.post(f"{RULES}/try", json=wrong)).status_code == status, wrong
    async with site.parts.sessions() as session:
        assert (await session.exec(select(RoutingRule).where(col(RoutingRule.code) == FUMES))).one().enabled


async def test_the_cases_there_were_are_replayed_under_the_edited_table(site: Site) -> None:
    number = await (await site.resident()).file(SMOKE)
    http = (await site.staff("jiangyan")).http
    draft = await form(site, FUMES, unit="SCJ")
    answer = await http.post(f"{RULES}/replay", json={"since": "2026-11-01", "draft": draft})
    *steps, last = [json.loads(line) for line in answer.text.splitlines()]
    assert steps[0] == {"done": 0, "total": 1} and steps[-1] == {"done": 1, "total": 1}
    assert (last["cases"], last["changed"], last["shown"][0]["number"]) == (1, 1, number)
    assert ["市场监督管理局", 0, 1] in last["units"]
    assert (await http.post(f"{RULES}/replay", json={"since": "x"})).status_code == 400


async def test_the_page_of_the_table(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    await (await site.resident()).file(SMOKE)
    page: Window = await window(address, "/staff", DESKTOP)
    await page.enter("jiangyan")
    await page.go(RULES)
    tools = page.page.locator(".rule-tools")
    await tools.locator("[name=text]").fill(SMOKE)
    await tools.get_by_role("button", name="看派给谁").click()
    await expect(tools.get_by_text("没选上的规则")).to_be_visible()
    await page.look_both("console-rules")
    await page.page.set_viewport_size(DESKTOP)
    await page.go(f"{RULES}/row?code={FUMES}")
    await page.page.locator("#rule [name=unit]").select_option("SCJ")
    await tools.get_by_role("button", name="核对一遍").click()
    await expect(tools.get_by_text("没有发现问题")).to_be_visible(timeout=SLOW)
    await tools.locator("[name=since]").fill("2026-01-01")
    await tools.get_by_role("button", name="重放").click()
    await expect(tools.get_by_text("1 件里有 1 件会改派")).to_be_visible(timeout=SLOW)
    await page.look_both("console-rule")
    await page.page.set_viewport_size(DESKTOP)
    await page.page.locator("#rule [name=from_time]").fill("22:00")
    await page.page.get_by_role("button", name="保存").click()
    await expect(page.page.locator("[data-wrong=to_time]")).not_to_be_empty(timeout=SLOW)
    await page.page.locator("#rule [name=from_time]").fill("")
    await page.page.get_by_role("button", name="保存").click()
    await page.page.wait_for_url(f"{address}{RULES}")


async def test_a_rule_is_removed_and_the_log_keeps_what_it_said(site: Site) -> None:
    """The page offers it to an admin; the last one that takes everything stays."""
    admin = (await site.staff("jiangyan")).http
    assert '"/console/tables/rules/retire"' in (await admin.get(f"{RULES}/row", params={"code": FUMES})).text
    looks = (await (await site.staff("chenlu")).http.get(f"{RULES}/row", params={"code": FUMES})).text
    assert '"/console/tables/rules/retire"' not in looks
    body = await form(site, FUMES)
    answer = await admin.post("/console/tables/rules/retire", json={"_key": FUMES, "_seen": body["_seen"]})
    assert (answer.status_code, answer.json()) == (200, {"to": RULES}), answer.text
    assert FUMES not in (await admin.get(RULES, params={"q": "油烟", "off": "true"})).text
    async with site.parts.sessions() as session:
        line = (await session.exec(select(AuditEntry).where(AuditEntry.subject == FUMES))).one()
        rule = await session.get_one(RoutingRule, FUMES)
        takes_all = (await edit.current(session)).sheets["rules.csv"]["R-LAST"]
    assert (line.action, line.before and line.before["unit"], line.after) == ("retire", body["unit"], None)
    assert not rule.active, "old cases name it"
    number = await (await site.resident()).file(SMOKE)
    assert FUMES not in str(await (await site.staff("chenlu")).case(number))
    kept = await admin.post("/console/tables/rules/retire", json={"_key": "R-LAST", "_seen": edit.mark(takes_all)})
    assert (kept.status_code, "兜底" in kept.json()["error"]["message"]) == (422, True), kept.text
