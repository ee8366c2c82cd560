"""The town as a whole in the console: checked, looked at, kept, in force at once; and as a file out and in again."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from models import AuditEntry, Town
from tests.support.site import Site
from tests.web.conftest import PHONE, Window, listening


@pytest.fixture(scope="module")
async def admin(shared_site: Site) -> httpx.AsyncClient:
    return (await shared_site.staff("jiangyan")).http


@pytest.fixture(scope="module")
async def address(shared_site: Site) -> AsyncIterator[str]:
    async with listening(shared_site) as address:
        yield address


async def shown(http: httpx.AsyncClient) -> dict[str, str]:
    """The form's fields as they stand."""
    page = (await http.get("/console/settings")).text
    seen = re.findall(r'name="(_seen)" value="([^"]*)"', page)
    return dict(seen + re.findall(r'name="([a-z_.]+)" value="([^"]*)"', page))


async def saved(http: httpx.AsyncClient, **changed: str) -> httpx.Response:
    """Looked at and said yes to."""
    given = await shown(http) | {name.replace("__", "."): value for name, value in changed.items()}
    answer = await http.post("/console/settings", json=given)
    assert answer.status_code == 200, answer.text
    return await http.post(answer.json()["to"], json={})


async def test_what_is_changed_is_shown_first_and_in_force_at_once(shared_site: Site, admin: httpx.AsyncClient) -> None:
    fields = await shown(admin)
    assert (fields["name"], fields["desk"], fields["hours.start"]) == ("澄溪市", "ZLZX 社会治理中心", "08:30")
    answer = await admin.post(
        "/console/settings", json=fields | {"hours.start": "09:00", "emergency.police": "0000-110"}
    )
    preview = (await admin.get(answer.json()["to"])).text
    for words in ("全市设置", "上班", "08:30", "09:00", "报警", "0000-110"):
        assert words in preview, words
    book = shared_site.parts.senses.book
    assert f"{book.town.opens:%H:%M}" == "08:30", "nothing changes before somebody says yes"
    assert (await admin.post(answer.json()["to"], json={})).status_code == 200
    book = shared_site.parts.senses.book
    assert (f"{book.town.opens:%H:%M}", book.town.emergency["police"]) == ("09:00", "0000-110")
    async with shared_site.parts.sessions() as session:
        chosen = select(AuditEntry).where(AuditEntry.kind == "town").order_by(col(AuditEntry.id))
        lines = (await session.exec(chosen)).all()
        version = (await session.exec(select(Town.version))).one()
    assert [(one.person, one.action, one.subject, one.before, one.after) for one in lines] == [
        ("jiangyan", "change", "hours.start", {"value": "08:30"}, {"value": "09:00"}),
        ("jiangyan", "change", "emergency.police", {"value": "110"}, {"value": "0000-110"}),
    ]
    assert version > 0, "by which other programs notice"
    assert "上班" in (await admin.get("/console/audit?kind=town")).text


async def test_a_new_name_is_on_every_page(shared_site: Site, admin: httpx.AsyncClient) -> None:
    assert (await saved(admin, name="新澄溪")).status_code == 200
    assert "新澄溪</title>" in (await shared_site.client().get("/")).text
    assert (await saved(admin, name="澄溪市")).status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("hours.start", "18:00", "上班时间须早于下班时间"),
        ("hours.end", "25:00", "不是时间"),
        ("desk", "NOWHERE", "没有这个编码"),
        ("name", " ", "请填写"),
        ("emergency.fire", "", "请填写"),
        ("name_en", "a\x01b", "控制字符"),
    ],
)
async def test_the_check_of_the_files_speaks_beside_the_field(
    admin: httpx.AsyncClient, name: str, value: str, words: str
) -> None:
    answer = await admin.post("/console/settings", json=await shown(admin) | {name: value})
    assert answer.status_code == 422
    assert words in answer.json()["error"]["fields"][name], answer.text


async def test_nothing_stale_nothing_empty_nobody_else(shared_site: Site, admin: httpx.AsyncClient) -> None:
    fields = await shown(admin)
    assert (await admin.post("/console/settings", json=fields)).json()["error"]["key"] == "console.settings.nothing"
    stale = await admin.post("/console/settings", json=fields | {"_seen": "x", "name": "y"})
    assert stale.status_code == 409
    zone = await admin.post("/console/settings", json=fields | {"timezone": "Europe/Paris"})
    assert zone.json()["error"]["key"] == "console.settings.nothing", "that one is fixed"
    auditor = (await shared_site.staff("caoying")).http
    assert (await auditor.get("/console/settings")).status_code == 403
    assert (await auditor.post("/console/settings", json=fields)).status_code == 403


async def test_out_as_a_file_and_in_again(admin: httpx.AsyncClient) -> None:
    text = (await admin.get("/console/settings/town.toml")).text
    given = {"files": ("town.toml", text, "application/toml")}
    same = (await admin.post("/console/tables/import", files=given)).json()["to"]
    assert "没有要改的" in (await admin.get(same)).text
    changed = {"files": ("town.toml", text.replace('"Chengxi"', '"Chengxi New"'), "application/toml")}
    there = (await admin.post("/console/tables/import", files=changed)).json()["to"]
    assert "Chengxi New" in (await admin.get(there)).text
    assert (await admin.post(there, json={})).status_code == 200
    assert (await shown(admin))["name_en"] == "Chengxi New"
    for broken in ("name = ", 'name = 3\n[hours]\nstart = "08:00"\n'):
        answer = await admin.post("/console/tables/import", files={"files": ("town.toml", broken, "application/toml")})
        assert answer.status_code == 422, broken


@pytest.mark.browser
async def test_the_page_and_the_second_look(shared_site: Site, address: str, window: Callable[..., Any]) -> None:
    seen: Window = await window(address, "/staff", PHONE)
    await seen.enter("wenxuemei")
    await seen.go("/console/settings")
    await seen.look_both("settings")
    page = seen.page
    await page.get_by_label("下班").fill("07:00")
    await page.get_by_role("button", name="看看会改什么").click()
    await page.wait_for_selector("[data-wrong]:has-text('上班时间须早于')")
    seen.faults.clear()  # the browser logs the refusal
    await page.get_by_label("下班").fill("18:00")
    await page.get_by_role("button", name="看看会改什么").click()
    await page.wait_for_url("**/console/tables/import/*")
    await seen.look_both("settings-preview")
    await page.get_by_role("button", name="确认修改").click()
    await page.wait_for_url("**/console/settings")
    assert f"{shared_site.parts.senses.book.town.closes:%H:%M}" == "18:00"
