"""A leader gives a case to another of their unit, who signs anew; the old handler and the new one are told."""

from typing import Any

import pytest
from sqlmodel import select

from cases import feedback
from models import Case
from tests.support.clock import Clock
from tests.support.site import Site
from tests.support.told import told

FUMES = "楼下烧烤店油烟太大"


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


@pytest.fixture
async def number(site: Site) -> str:
    """With limin of 丹桂社区, led by 城管局."""
    return await (await site.resident("B0103")).file(FUMES)


async def test_the_lead_units_leader_takes_it_to_their_own(site: Site, number: str, clock: Clock) -> None:
    await (await site.staff("limin")).step(number, "sign")
    before = await the_case(site, number)
    clock.forward(hours=1)
    leader = await site.staff("dongchunsheng")
    offered = next(step for step in (await leader.case(number))["steps"] if step["name"] == "reassign")
    assert [one["label"] for one in offered["choices"]["assignee"]] == ["董春生", "吴帆", "张伟"]
    assert offered["optional"] == ["text"]
    await leader.step(number, "reassign", assignee="wufan", text="要带仪器去")
    case = await the_case(site, number)
    assert (case.status, case.assignee, case.unit, case.signed_at) == ("dispatched", "wufan", "CGJ", None)
    assert (case.due_at, case.sign_due_at and case.sign_due_at > clock()) == (before.due_at, True)
    assert await told(site, number, "wufan") == [("desk.reassign", "要带仪器去")]
    assert (await told(site, number, "limin"))[-1] == ("desk.reassigned", "要带仪器去")
    assert (await leader.case(number))["timeline"][-1]["kind_text"] == "董春生改派给吴帆"
    await (await site.staff("wufan")).step(number, "sign")


async def test_a_grid_leader_among_their_grid_workers(site: Site, number: str) -> None:
    leader = await site.staff("wangxing")
    await leader.step(number, "reassign", assignee="kangkeqin")
    assert (await the_case(site, number)).assignee == "kangkeqin"
    await (await site.staff("dongchunsheng")).step(number, "reassign", assignee="wufan")
    assert "reassign" not in await leader.may(number), "it is with the department now"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "step.needs_assignee"),
        ({"assignee": "limin"}, "reassign.not_ours"),
        ({"assignee": "nobody"}, "reassign.not_ours"),
        ({"assignee": "fubo"}, "reassign.not_ours"),
    ],
)
async def test_nobody_else(site: Site, number: str, given: dict[str, Any], expected: str) -> None:
    refused = await (await site.staff("dongchunsheng")).try_step(number, "reassign", **given)
    assert (refused.status_code, refused.json()["error"]["key"]) == (422, expected)


async def test_not_to_whoever_has_it(site: Site, number: str) -> None:
    leader = await site.staff("dongchunsheng")
    await leader.step(number, "reassign", assignee="wufan")
    refused = await leader.try_step(number, "reassign", assignee="wufan")
    assert (refused.status_code, refused.json()["error"]["key"]) == (422, "reassign.same")


async def test_a_resident_out_of_reach_shows_until_they_are_heard_from(site: Site, clock: Clock) -> None:
    resident = await site.resident("B0103")
    number = await resident.file(FUMES)
    for _ in range(2):
        async with site.parts.transactions.begin() as session:
            case = (await session.exec(select(Case).where(Case.number == number))).one()
            await feedback.untold(session, site.parts.senses.book, case, "blocked", clock())
    limin = await site.staff("limin")
    page = await limin.case(number)
    assert page["case"]["untold"] is True
    assert [(event["kind_text"], event["public"]) for event in page["timeline"] if event["kind"] == "untold"] == [
        ("居民收不到消息", False)
    ]
    assert await told(site, number, "limin", "desk.untold") == [("desk.untold", "")]
    await resident.say("进度")
    await resident.press("urge")
    assert (await limin.case(number))["case"]["untold"] is False
