"""The review queue: clerks propose for their unit, dispatchers confirm, one key a label; no case moves by it."""

from collections.abc import Callable
from typing import Any

from playwright.async_api import expect
from sqlmodel import col, select

from cases import lessons
from models import AuditEntry, Case, Correction
from tests.support.people import Staff
from tests.support.site import Site
from tests.web.conftest import DESKTOP

PAGE = "/console/review"
OURS = "wufan"  # a clerk of 城市管理局


async def test_a_clerk_proposes_for_their_unit_and_a_dispatcher_makes_it_a_lesson(site: Site) -> None:
    ours, others = await two_cases(site)
    clerk, dispatcher = await site.staff(OURS), await site.staff("chenlu")
    assert ours in (page := await shown(clerk)) and others not in page
    assert "138****5678" in page and "13812345678" not in page
    assert (await say(clerk, others, "公安")).status_code == 404, "not theirs"
    before = await the_case(site, ours)
    assert (await say(clerk, ours, "公安/养犬")).status_code == 200
    assert await learned(site) == [], "proposed is not confirmed"
    assert "没有需要复核的" in await shown(clerk)
    again = await shown(clerk, last=ours)
    assert "标为 公安 · 犬只扰民" in again and f"case={ours}" in again
    assert (await say(clerk, ours, "公安")).status_code == 200, "their own word they may change"

    page = await shown(dispatcher)
    assert ours in page and "1 条等您确认" in page and "同意吴帆的建议" in page
    assert (await say(dispatcher, ours, "公安/养犬")).status_code == 200
    assert await learned(site) == [(ours, "公安", "公安/养犬")]
    assert (await say(clerk, ours, "公安")).status_code == 409, "said for good"
    after = await the_case(site, ours)
    assert after.model_dump() == before.model_dump()
    async with site.parts.sessions() as session:
        words = (await session.exec(select(Correction.actor, Correction.why).order_by(col(Correction.id)))).all()
        noted = (await session.exec(select(AuditEntry.person, AuditEntry.action, AuditEntry.subject))).all()
    assert words == [(OURS, "propose"), (OURS, "propose"), ("chenlu", "review")]
    assert noted == [(OURS, "propose", ours), (OURS, "propose", ours), ("chenlu", "confirm", ours)]


async def test_what_cannot_be_is_refused_and_leaves_nothing(site: Site) -> None:
    ours, _ = await two_cases(site)
    dispatcher = await site.staff("chenlu")
    for number, code, status in (
        (ours, "没有这一类", 422), (ours, "", 400), (ours, "公\x00安", 422), ("261118-9999", "公安", 404),
        ("'; --", "公安", 404),
    ):  # fmt: skip
        assert (await say(dispatcher, number, code)).status_code == status
    for name in ("limin", "wangxing", "guwenbo", "caoying"):
        http = (await site.staff(name)).http
        assert (await http.get(PAGE)).status_code == 403
        assert (await http.post(f"{PAGE}/{ours}", json={"code": "公安"})).status_code == 403
    for query in ({"after": "nobody"}, {"last": "nobody"}):
        assert (await dispatcher.http.get(PAGE, params=query)).status_code == 200
    assert (await dispatcher.http.get(PAGE, params={"case": "nobody"})).status_code == 404
    async with site.parts.sessions() as session:
        assert (await session.exec(select(AuditEntry))).all() == []


async def test_passed_over_it_comes_again_at_the_end(site: Site) -> None:
    numbers = set(await two_cases(site))
    admin = await site.staff("jiangyan")
    page = await shown(admin)
    first = next(number for number in numbers if f"{PAGE}/{number}" in page)
    (other,) = numbers - {first}
    assert f"{PAGE}/{other}" in await shown(admin, after=first)
    assert f"{PAGE}/{first}" in await shown(admin, after=other)


async def test_by_keys_alone_and_with_a_list_that_narrows(
    at_work: tuple[Site, str], window: Callable[..., Any]
) -> None:
    site, address = at_work
    await two_cases(site)
    one = await window(address, "/staff", DESKTOP)
    await one.enter("chenlu")
    await one.go(PAGE)
    page = one.page
    await page.wait_for_selector(".labels")
    await page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: '1', isComposing: true}))")
    await page.keyboard.press("?")
    await expect(page.locator("dialog[open]")).to_have_count(1)
    await one.look("review-keys")
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    await page.keyboard.press("s")
    await page.wait_for_url("**after=**")
    await one.look_both("review")
    await page.keyboard.press("2")
    await page.wait_for_selector(".just")
    assert "已标 1 条，剩 1 条" in await page.inner_text("#tally")
    await page.keyboard.press("u")
    await page.wait_for_url("**case=**")
    await page.keyboard.press("a")
    await page.keyboard.type("养犬")
    assert await page.locator("#all li:visible").count() == 1
    await one.look_both("review-another")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".just:has-text('公安 · 犬只扰民')")
    assert await learned(site) == [(await last_number(site), "公安", "公安/养犬")]


async def two_cases(site: Site) -> tuple[str, str]:
    """One of 城市管理局, one of another unit; neither of them labelled by anybody."""
    site.thinks("城市管理", "城市管理/占道经营", others=("公安", "生态环境"))
    ours = await (await site.resident("B0103")).file("楼下遛狗不牵绳，吓哭孩子，我的电话13812345678")
    site.thinks("公安", others=("城市管理", "生态环境"))
    others = await (await site.resident("B0103")).file("老车站广场舞音响震天")
    async with site.parts.transactions.begin() as session:
        await session.execute(Correction.__table__.delete())  # type: ignore[attr-defined]
        units = {row.number: row for row in (await session.exec(select(Case))).all()}
        units[ours].unit, units[others].unit = "CGJ", "GAJ"
    return ours, others


async def shown(staff: Staff, **asked: str) -> str:
    """The page, once the order is found."""
    for _ in range(20):
        answer = await staff.http.get(PAGE, params=asked)
        assert answer.status_code == 200, answer.text
        if "preparing" not in answer.text:
            return answer.text
    raise AssertionError("no order was found")


async def say(staff: Staff, number: str, code: str) -> Any:
    return await staff.http.post(f"{PAGE}/{number}", json={"code": code})


async def learned(site: Site) -> list[tuple[str, str, str]]:
    async with site.parts.sessions() as session:
        taken = await lessons.confirmed(session)
        numbers = {row.id: row.number for row in (await session.exec(select(Case))).all()}
    return [(numbers[one.case], one.label, one.item) for one in taken]


async def last_number(site: Site) -> str:
    async with site.parts.sessions() as session:
        said = select(Case.number).join(Correction).order_by(col(Correction.id).desc())
        return (await session.exec(said.limit(1))).one()


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()
