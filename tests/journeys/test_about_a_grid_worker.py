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


async def test_what_no_list_can_tell_is_noted_by_hand(site: Site) -> None:
    """Another follows it; its handler turns out to be whom it is about: gone from their desk, the deadline stays."""
    numbers = [await (await site.resident("B0103")).file("楼下油烟大，来的人只管喝茶抽烟") for _ in range(2)]
    first, second = numbers
    dispatcher, limin = await site.staff("chenlu"), await site.staff("limin")
    await dispatcher.step(second, "merge", master=first)
    await limin.step(first, "sign")
    await limin.step(first, "ask", text="几点最重？")
    before = await _case(site, first)
    assert before.assignee == "limin" and "accuse" not in await limin.may(first)
    for wish, why in (({}, "step.needs_unit"), ({"unit": "CGJ", "assignee": "limin"}, "step.wrong_assignee")):
        refused = await dispatcher.try_step(first, "accuse", text="电话里说的", **wish)
        assert (refused.status_code, refused.json()["error"]["key"]) == (422, why)
    page = await dispatcher.step(first, "accuse", assignee="limin", text="电话里说的是网格员李敏")
    assert [line["kind_text"] for line in page["timeline"]][-3:-1] == [
        "陈璐记下：这件事说的是我们的人或单位", "避开被反映的人和单位，重新派单",
    ]  # fmt: skip
    case = await _case(site, first)
    assert (case.facts["accused"], case.status, case.due_at) == (["DG-01", "limin"], "dispatched", before.due_at)
    assert case.assignee not in (None, "limin", "wangxing") and case.unit != "DG-01" and case.accountable is None
    for name in ("limin", "wangxing"):
        one = await site.staff(name)
        assert await one.tasks("all") == []
        statuses = [(await one.http.get(f"/api/staff/cases/{number}")).status_code for number in numbers]
        assert statuses == [404, 404]
    again = await dispatcher.try_step(first, "accuse", unit="DG-01", text="再记一次")
    assert (again.status_code, again.json()["error"]["key"]) == (422, "accuse.known")
    await site.settle()
    await (await site.staff(case.assignee or "")).step(first, "sign")


async def _case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def _heard(site: Site, number: str) -> set[str]:
    """Everybody on the staff who was told anything of it."""
    chosen = select(Notification.person).join(Case).where(Case.number == number)
    async with site.parts.sessions() as session:
        return {person for person in (await session.exec(chosen)).all() if person}
