"""A complaint about a grid worker (C7): past them, their manager and their whole unit, none of whom ever sees it."""

from sqlmodel import select

from models import Case, Notification
from tests.support.site import Site

TEXT = "我们网格员态度很差，楼下烧烤店油烟这么大，每次反映都推诿"


async def test_it_goes_past_the_worker_and_their_leader_who_hear_nothing_of_it(site: Site) -> None:
    resident = await site.resident("B0103")  # 丹桂苑: the grid of 李敏, the community of 王兴
    number = await resident.file(TEXT)
    await site.settle()
    case = await _case(site, number)
    assert case.facts["accused"] == ["DG-01", "limin"]
    assert case.assignee
    handler = site.parts.senses.book.members[case.assignee]
    assert (case.status, handler.unit, handler.role) == ("dispatched", case.unit, "clerk")
    assert case.unit != "DG-01"
    assert await _heard(site, number) == {case.assignee}

    for name in ("limin", "kangkeqin", "wangxing"):  # the accused, a colleague, the leader of both
        one = await site.staff(name)
        assert await one.tasks("all") == []
        assert (await one.http.get(f"/api/staff/cases/{number}")).status_code == 404

    clerk = await site.staff(case.assignee)
    page = await clerk.case(number)
    assert "李敏" in page["case"]["rule"] and "避开" in page["case"]["rule"]
    street = await site.staff("hezhiqiang")  # the street's leader may know
    assert number in await street.tasks("all")


async def test_sent_back_and_decided_by_hand_it_stays_past_them(site: Site, clock: object) -> None:
    resident = await site.resident("B0103")
    number = await resident.file(TEXT)
    await site.settle()
    seen = set[str]()
    for _ in range(3):
        case = await _case(site, number)
        if case.assignee is None:
            break
        seen.add(case.assignee)
        await (await site.staff(case.assignee)).step(number, "return", reason="other", text="不归我管")
        await site.settle()
    members = site.parts.senses.book.members
    assert not seen & {"limin", "wangxing"} and "DG-01" not in {members[one].unit for one in seen}

    dispatcher = await site.staff("chenlu")
    for wish in ({"unit": "DG-01"}, {"unit": "DG-01", "assignee": "limin"}):
        refused = await dispatcher.try_step(number, "assign", text="请核实", **wish)
        assert (refused.status_code, refused.json()["error"]["key"]) == (422, "step.about_them")
    await dispatcher.step(number, "assign", unit="JWJ", text="由纪委核实")
    await site.settle()
    assert (await _case(site, number)).unit == "JWJ"
    assert not {"limin", "wangxing"} & await _heard(site, number)


async def test_what_nobody_signs_goes_up_past_them(site: Site) -> None:
    resident = await site.resident("B0103")
    number = await resident.file(TEXT)
    await site.settle()
    for _ in range(6):
        site.parts.now.forward(days=2)  # type: ignore[attr-defined]
        await site.sweep()
    case = await _case(site, number)
    assert case.level >= 1
    assert not {"limin", "wangxing", "kangkeqin"} & await _heard(site, number)


async def test_the_clerk_who_would_judge_their_own_office_is_left_out_of_the_plan(site: Site) -> None:
    """About a whole unit, the card before filing already names another one."""
    site.thinks("城市管理", "城市管理/公厕")
    resident = await site.resident("B0103")
    told = await resident.say("公厕没人打扫，城市管理局不作为")
    assert "城市管理局" not in told[-1].split("不作为")[-1]
    await resident.press("submit")
    case = await _case(site, resident.said[-1]["case"]["number"])
    assert case.facts["accused"] == ["CGJ"]
    assert case.unit not in ("CGJ", None)
    refused = (await (await site.staff("zhangwei")).http.get(f"/api/staff/cases/{case.number}")).status_code
    assert refused == 404


async def _case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def _heard(site: Site, number: str) -> set[str]:
    """Everybody on the staff who was told anything of it."""
    chosen = select(Notification.person).join(Case).where(Case.number == number)
    async with site.parts.sessions() as session:
        return {person for person in (await session.exec(chosen)).all() if person}
