"""上报 by hand, and 首接负责: who signed last stays accountable until another signs."""

from collections.abc import Sequence

import pytest
from sqlmodel import select

from cases import levels
from models import Case, Person
from tests.support.people import Resident
from tests.support.site import Site
from tests.support.told import told, who_was_told

FUMES = "楼下烧烤店油烟太大"
WHY = {"text": "要街道出面协调"}


@pytest.fixture
async def resident(shared_site: Site) -> Resident:
    return await shared_site.resident("B0103")


@pytest.fixture
async def number(resident: Resident) -> str:
    """With limin of 丹桂社区, led by 城管局."""
    return await resident.file(FUMES)


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def test_from_the_grid_to_the_community_to_the_street(shared_site: Site, number: str) -> None:
    site = shared_site
    await (await site.staff("limin")).step(number, "sign")
    due = (await the_case(site, number)).due_at
    seen = []
    for has, gets in (("limin", "wangxing"), ("wangxing", "hezhiqiang")):
        person = await site.staff(has)
        assert (await person.try_step(number, "raise", text=" ")).json()["error"]["key"] == "step.needs_text"
        page = await person.step(number, "raise", **WHY)
        seen.append((page["timeline"][-1]["kind_text"], page["case"]["accountable_name"], page["case"]["status"]))
        assert await told(site, number, gets, "desk.raise") == [("desk.raise", WHY["text"])]
        assert "sign" not in await person.may(number), "another has to sign"
        await (await site.staff(gets)).step(number, "sign")
    case = await the_case(site, number)
    assert (case.assignee, case.unit, case.due_at, case.accountable) == ("hezhiqiang", "CGJ", due, "hezhiqiang")
    assert seen == [("李敏上报给王兴", "李敏", "dispatched"), ("王兴上报给贺志强", "王兴", "dispatched")]
    assert [key for key, _ in await told(site, number, None)].count("resident.raise") == 2


@pytest.mark.parametrize(
    ("who", "unit", "ups"),
    [
        ("limin", "CGJ", ["wangxing", "hezhiqiang", "dongchunsheng"]),
        ("zhangwei", "CGJ", ["dongchunsheng"]),  # a department never goes down to a street
        ("gonglan", "JJDD", ["fuhao"]),
        ("changhui", "DG-CG", ["suyong", "dongchunsheng"]),
    ],
)
async def test_up_never_down(shared_site: Site, number: str, who: str, unit: str, ups: Sequence[str]) -> None:
    site, case = shared_site, await the_case(shared_site, number)
    case.unit = unit
    found = [who]
    async with site.parts.sessions() as session:
        while len(found) <= len(ups) + 1:
            person = await session.get_one(Person, found[-1])
            found += [levels.next_level(site.parts.senses.book, case, person) or ""]
            if not found[-1]:
                break
    assert found[1:] == [*ups, ""]


async def test_nobody_above_is_said(shared_site: Site, number: str) -> None:
    site = shared_site
    await (await site.staff("dongchunsheng")).step(number, "sign")
    refused = await (await site.staff("dongchunsheng")).try_step(number, "raise", **WHY)
    assert (refused.status_code, refused.json()["error"]["key"]) == (422, "raise.top")
    assert (await the_case(site, number)).status == "accepted"


async def test_who_signed_answers_until_another_signs(shared_site: Site, resident: Resident, number: str) -> None:
    site = shared_site
    limin = await site.staff("limin")
    assert (await limin.case(number))["case"]["accountable_name"] == "", "nobody signed it yet"
    await limin.step(number, "sign")
    await limin.step(number, "return", reason="other", text="归城管")
    await site.settle()
    assert (await the_case(site, number)).assignee != "limin"
    page = await limin.case(number)
    assert page["case"]["accountable_name"] == "李敏"
    assert await limin.may(number) == ["note"], "they see it, and do nothing to it"
    await resident.look()
    await resident.press("urge", "")
    holder = (await the_case(site, number)).assignee or ""
    assert {"limin", holder} <= set(await who_was_told(site, number, "desk.urge"))
    await (await site.staff(holder)).step(number, "sign")
    case = await the_case(site, number)
    assert (case.accountable, case.assignee) == (holder, holder)
    assert (await (await site.staff(holder)).case(number))["case"]["accountable_name"] == ""


async def test_overdue_is_told_to_both(shared_site: Site, number: str) -> None:
    site, clock = shared_site, shared_site.parts.now
    await (await site.staff("limin")).step(number, "sign")
    await (await site.staff("dongchunsheng")).step(number, "reassign", assignee="wufan")
    clock.forward(days=9)  # type: ignore[attr-defined]
    await site.sweep()
    for key in ("desk.sign_overdue", "desk.overdue"):
        assert {"limin", "wufan"} <= set(await who_was_told(site, number, key)), key
