"""A resident is forgotten from the console: found without being named, asked for by one, done by another, once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import text
from sqlmodel import select

from app.erased import remembered
from cases import linking, sealed
from models import Case, Photo, Resident
from tests.support.clock import Clock
from tests.support.people import Staff
from tests.support.site import Site
from tests.web.conftest import Window

PHONE, WORDS, REASON = "13912340000", "楼下烧烤店油烟太大", "本人来电要求删除"
ASKS, AGREES, PAGE = "jiangyan", "guwenbo", "/console/erasure"


async def told(site: Site, *, closed: bool = True) -> str:
    """The number of the case of somebody who left a telephone and a photo."""
    resident = await site.resident("B0103")
    await resident.send_photo()
    number = await resident.file(WORDS)
    async with site.parts.transactions.begin() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        sealed.keep(site.parts.keys, await session.get_one(Resident, case.resident), PHONE)
        if closed:
            await session.execute(text("UPDATE cases SET status = 'closed' WHERE number = :n"), {"n": number})
    return number


async def post(staff: Staff, path: str = "", **given: str) -> tuple[int, str]:
    answer = await staff.http.post(PAGE + path, json=given)
    said = answer.json()
    return answer.status_code, said.get("to") or said.get("said") or said["error"]["key"]


async def asked(site: Site, said: str = PHONE) -> Staff:
    staff = await site.staff(ASKS)
    _, to = await post(staff, "/find", said=said)
    assert await post(staff, of=to.partition("of=")[2], reason=REASON) == (200, PAGE)
    return staff


async def gone(site: Site) -> bool:
    async with site.parts.sessions() as session:
        words = await session.scalar(text("SELECT count(*) FROM cases WHERE text <> ''"))
        known = (await session.exec(select(Resident).where(Resident.contact_hash != None))).all()  # noqa: E711
        return not words and not known


async def test_one_asks_another_agrees_and_the_evidence_stays(site: Site, tmp_path: Path) -> None:
    number = await told(site)
    async with site.parts.sessions() as session:
        who, photo = (await session.exec(select(Case.resident))).one(), (await session.exec(select(Photo))).one()
    staff, second, auditor = await asked(site), await site.staff(AGREES), await site.staff("caoying")
    assert await post(staff, "/1") == (403, "erasure.another")
    for one in (staff, second, auditor):
        shown = (await one.http.get(PAGE)).text
        assert number in shown and REASON in shown and PHONE not in shown
        assert (f'data-post="{PAGE}/1"' in shown) == (one is second)
    assert not await gone(site) and site.parts.store.path(photo.sha256).exists()
    assert await post(second, "/1") == (200, "已删除，涉及 1 件工单。")
    assert await gone(site) and not site.parts.store.path(photo.sha256).exists()
    assert await post(second, "/1") == (409, "erasure.gone")
    assert remembered(site.parts.settings.data_dir) == [who]
    shown = (await auditor.http.get(PAGE)).text
    assert number in shown and "已删除" in shown and "江燕" in shown and "顾文博" in shown
    async with site.parts.sessions() as session:
        assert [fault async for _, _, some in linking.verify(session) for fault in some] == []
        lines = await session.execute(
            text("SELECT person, action, reason FROM audit WHERE kind = 'resident' ORDER BY id")
        )
        left = await session.scalar(text("SELECT count(*) FROM erasures WHERE cardinality(residents) > 0"))
    assert ([tuple(line) for line in lines], left) == (
        [(ASKS, "search", ""), (ASKS, "ask_erase", REASON), (AGREES, "erase", REASON)], 0,
    )  # fmt: skip


@pytest.mark.parametrize("how", ["telephone", "number"])
async def test_found_by_what_they_say_and_the_address_does_not_name_them(site: Site, how: str) -> None:
    number = await told(site)
    staff = await site.staff(ASKS)
    _, to = await post(staff, "/find", said={"telephone": "+86 139-1234-0000", "number": number}[how])
    shown = (await staff.http.get(to)).text
    assert number in shown and 'name="reason"' in shown and "0000" not in to.replace(number, "")
    assert PHONE not in shown and WORDS not in shown
    _, nobody = await post(staff, "/find", said="13900000001")
    assert "没有找到" in (await staff.http.get(nobody)).text
    assert await post(staff, of=nobody.partition("of=")[2], reason=REASON) == (404, "erasure.nobody")


async def test_while_somebody_works_on_a_case_nothing_goes(site: Site) -> None:
    number = await told(site, closed=False)
    staff = await site.staff(ASKS)
    shown = (await staff.http.get(f"{PAGE}?of={number}")).text
    assert "还在办理的" in shown and 'name="reason"' not in shown
    assert await post(staff, of=number, reason=REASON) == (422, "erase.open")
    async with site.parts.transactions.begin() as session:
        await session.execute(text("UPDATE cases SET status = 'closed'"))
    await asked(site)
    async with site.parts.transactions.begin() as session:  # taken up again meanwhile
        await session.execute(text("UPDATE cases SET status = 'accepted'"))
    assert await post(await site.staff(AGREES), "/1") == (422, "erase.open")
    assert not await gone(site)


async def test_thought_better_of_or_too_old(site: Site, clock: Clock) -> None:
    number = await told(site)
    staff, second = await asked(site, number), await site.staff(AGREES)
    assert (await post(staff, "/1/decline"))[0] == 200
    assert await post(second, "/1") == (409, "erasure.gone")
    assert "未删除" in (await second.http.get(PAGE)).text
    await asked(site, number)
    clock.forward(days=3)
    second = await site.staff(AGREES)
    assert await post(second, "/2") == (409, "erasure.gone")
    assert "没有等待同意的申请" in (await second.http.get(PAGE)).text
    assert await post(await site.staff(ASKS), of=number, reason="删") == (422, "erasure.reason")
    assert not await gone(site)


async def test_only_an_admin_asks_and_only_rank_agrees(site: Site) -> None:
    number = await told(site)
    await asked(site)
    for name in ("chenlu", "wangxing", "limin", "caoying"):
        staff = await site.staff(name)
        assert (await post(staff, of=number, reason=REASON))[0] == (await post(staff, "/1"))[0] == 403
    assert await post(await site.staff(AGREES), of=number, reason=REASON) == (403, "console.not_yours")
    assert not await gone(site)


@pytest.mark.browser
async def test_in_the_browser(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    number = await told(site)
    seen: Window = await window(address, "/staff")
    await seen.enter(ASKS)
    await seen.go(PAGE)
    await seen.page.get_by_label("电话、工单编号或查询码").fill(PHONE)
    await seen.page.get_by_role("button", name="查找").click()
    await expect(seen.page.get_by_role("link", name=number)).to_be_visible()
    await seen.look_both("erasure-found")
    await seen.page.get_by_label("理由").fill(REASON)
    await seen.page.get_by_role("button", name="申请删除").click()
    await expect(seen.page.get_by_role("button", name="撤回申请")).to_be_visible()
    await seen.look_both("erasure-asked")
    second: Window = await window(address, "/staff")
    await second.enter(AGREES)
    await second.go(PAGE)
    second.page.on("dialog", lambda dialog: dialog.accept())
    await second.look_both("erasure-to-agree")
    await second.page.get_by_role("button", name="同意并删除").click()
    await expect(second.page.get_by_text("已删除", exact=True)).to_be_visible()
    await second.look_both("erasure-done")
    assert await gone(site)
