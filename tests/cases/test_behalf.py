"""Filing for others: a clerk at the window, a worker or volunteer who saw it; who hears of it, who sees it."""

from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from models import Case, Resident
from tests.support.people import Staff
from tests.support.site import Site
from tests.support.told import told, who_was_told

FUMES = {"text": "楼下烧烤店油烟太大", "place": "丹桂苑3栋"}


@pytest.fixture(scope="module")
async def site(shared_site: Site) -> Site:
    return shared_site


async def filed(person: Staff, **given: Any) -> dict[str, Any]:
    answer = await person.http.post("/api/staff/filings", json={"key": str(uuid4()), **FUMES, **given})
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def test_a_visitor_leaves_with_number_and_code(site: Site) -> None:
    clerk = await site.staff("zhangwei")
    photo, key = await clerk.upload(), str(uuid4())
    receipt = await filed(clerk, key=key, how="registered", phone="138 1234 5678", photos=[photo])
    assert (receipt["due"], receipt["who"]) == ("11 月 23 日 17:30 前答复", "由网格员李敏办理")
    again = await filed(clerk, key=key, how="registered", phone="138 1234 5678", photos=[photo])
    assert again == receipt, "asked again after no answer"
    case = await the_case(site, receipt["number"])
    assert (case.place, case.assignee, case.filed_by, case.joined) == ("B0103", "limin", "zhangwei", 0)
    page = await (await site.staff("limin")).case(receipt["number"])
    assert page["case"]["contact"] == "138****5678" and len(page["case"]["photos"]) == 1
    assert [event["kind_text"] for event in page["timeline"]][-1] == "张伟为居民登记"
    assert receipt["number"] in await clerk.tasks("filed")
    await site.settle()
    anybody = await site.resident(None)
    await anybody.say(f"查询码 {receipt['code']}")
    assert anybody.said[-1]["text"].startswith(f"{receipt['number']}（餐饮油烟）")


async def test_who_files_hears_how_it_ended_and_the_staff_that_nobody_else_did(site: Site) -> None:
    clerk, limin = await site.staff("fubo"), await site.staff("limin")
    number = (await filed(clerk, how="registered"))["number"]
    assert await clerk.may(number) == ["note"]
    await limin.step(number, "sign")
    await site.settle()
    assert (await limin.case(number))["case"]["untold"] is True, "no channel reaches a visitor"
    await limin.step(number, "reply", text="已装净化器。", outcome="solved", photos=[await limin.upload()])
    assert await told(site, number, "fubo") == [("desk.approve", "已装净化器。")]
    assert (await clerk.case(number))["case"]["status"] == "resolved"


async def test_a_volunteer_reports_and_sees_only_that(site: Site) -> None:
    volunteer, other = await site.staff("qinlan"), (await filed(await site.staff("zhangwei"), how="registered"))
    number = (await filed(volunteer, how="reported"))["number"]
    assert await who_was_told(site, number, "desk.reported") == ["wangxing"], "the group leader"
    assert (await volunteer.tasks("filed"), await volunteer.tasks("mine")) == ([number], [])
    assert await volunteer.may(number) == []
    assert (await volunteer.http.get(f"/api/staff/cases/{other['number']}")).status_code == 404
    site.thinks("公用事业", "公用事业/供气")
    gas = await filed(volunteer, how="reported", text="楼道里一股煤气味，很浓")
    site.thinks("生态环境", "生态环境/餐饮油烟")
    assert await who_was_told(site, gas["number"], "desk.reported") == ["hezhiqiang", "wangxing"], (
        "and the station head"
    )
    async with site.parts.sessions() as session:
        theirs = select(Case.resident).where(Case.filed_by == "qinlan")
        assert len(set((await session.exec(theirs)).all())) == 1
        own = select(Resident.address).where(Resident.id.in_(theirs))  # type: ignore[attr-defined]
        assert (await session.exec(own)).all() == ["staff:qinlan"]
    await site.settle()
    assert (await the_case(site, number)).untold_at is None


@pytest.mark.parametrize(
    ("person", "given", "expected"),
    [
        ("zhangwei", {"text": " \n"}, (422, "step.needs_text")),
        ("zhangwei", {"phone": "12"}, (422, "filing.phone")),
        ("zhangwei", {"photos": [str(uuid4())]}, (422, "photo.not_found")),
        ("zhangwei", {"how": "else"}, (400, "request.malformed")),
        ("caoying", {}, (403, "console.not_yours")),
    ],
)
async def test_refusals(site: Site, person: str, given: dict[str, Any], expected: tuple[int, str]) -> None:
    http = (await site.staff(person)).http
    body = {"key": str(uuid4()), "how": "registered", **FUMES, **given}
    answer = await http.post("/api/staff/filings", json=body)
    assert (answer.status_code, answer.json()["error"]["key"]) == expected


async def test_the_form_has_an_address(site: Site) -> None:
    answer = await site.client().get("/staff/new")
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff#new")
