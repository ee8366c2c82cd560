"""Nobody wants it: two units send it back, a third refuses too, and the supervisor's word is final, with its reason."""

from sqlmodel import select

from models import Case
from tests.support.site import Site
from tests.support.told import told

WHY = "经营场所在居民楼下，按油烟管理职责分工由城管部门牵头"


async def test_two_bounces_and_a_ruling(site: Site) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    first = await site.staff("limin")
    await first.step(number, "sign")
    await first.step(number, "return", reason="other", text="要执法权")
    second = await site.staff(await holder(site, number))
    await second.step(number, "return", reason="not_my_unit", text="归环保")
    assert (await first.case(number))["case"]["accountable_name"] == "李敏", (
        "bounced about, it is still hers to answer for"
    )
    await (await site.staff(await holder(site, number) or "chenlu")).step(
        number, "return", reason="other", text="归城管"
    )

    supervisor = await site.staff("guwenbo")
    step = next(one for one in (await supervisor.case(number))["steps"] if one["name"] == "assign")
    assert step["needs"] == ["text", "unit"]
    refused = await supervisor.try_step(number, "assign", unit="CGJ")
    assert refused.json()["error"]["key"] == "step.needs_ruling"
    page = await supervisor.step(number, "assign", unit="CGJ", text=WHY)
    assert (page["timeline"][-1]["text"], page["case"]["decision"]) == (WHY, WHY)
    assert page["timeline"][-1]["kind_text"].startswith("顾文博裁定由城市管理局办理")

    loser = await holder(site, number)
    worker = await site.staff(loser)
    assert await told(site, number, loser, "desk.decided") == [("desk.decided", WHY)]
    assert await told(site, number, "limin", "desk.decided_elsewhere") == [("desk.decided_elsewhere", WHY)]
    assert (await worker.case(number))["case"]["decision"] == WHY
    await worker.step(number, "sign")
    refused = await worker.try_step(number, "return", reason="other", text="还是不归我")
    assert refused.json()["error"]["key"] == "return.binding"
    assert (await first.http.get("/api/staff/tasks")).json()["tasks"] == []
    await site.settle()
    said = await resident.texts()
    assert any("已定由城市管理局办理" in text for text in said) and not any(WHY in text for text in said)


async def holder(site: Site, number: str) -> str:
    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
    return case.assignee or ""
