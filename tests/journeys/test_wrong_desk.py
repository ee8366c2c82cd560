"""A task at the wrong desk: returned with a reason, handed on, and after the third time decided by a person."""

from sqlmodel import select

from models import Correction
from tests.support.site import Site


async def test_the_third_return_goes_to_a_person_whose_word_is_final(site: Site) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    refusers = []
    for _ in range(3):
        await site.settle()
        holder = await holder_of(site, number)
        worker = await site.staff(holder)
        assert await worker.tasks() == [number]
        await worker.step(number, "return", reason="other", text="不归我管")
        refusers.append(holder)
    assert len(set(refusers)) == 3

    dispatcher = await site.staff("chenlu")
    page = await dispatcher.case(number)
    assert (page["case"]["status"], page["case"]["returns"]) == ("arbitration", 3)
    assert number in await dispatcher.tasks("triage")
    refused = await dispatcher.try_step(number, "assign", unit="CGJ", text=" ")
    assert refused.json()["error"]["message"] == "裁定要写明理由，各方都会看到。"
    await dispatcher.step(number, "assign", unit="CGJ", text="油烟归城管执法")

    await site.settle()
    holder = await holder_of(site, number)
    worker = await site.staff(holder)
    assert "return" not in await worker.may(number)
    refused = await worker.try_step(number, "return", reason="other")
    assert refused.json()["error"]["message"] == "这件事已经裁定由您单位办理，不能再退。"
    assert "已定由" in (await resident.texts())[-1]


async def test_not_my_unit_passes_to_the_next_unit_and_doubts_the_label(site: Site) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    await site.settle()
    before = (await (await site.staff("limin")).step(number, "return", reason="not_my_unit"))["case"]["unit_name"]
    clerk = await site.staff(await holder_of(site, number))
    await clerk.step(number, "return", reason="not_my_unit", text="这家没有执照，归市场监管")
    dispatcher = await site.staff("chenlu")
    page = await dispatcher.case(number)
    assert page["case"]["unit_name"] != before or page["case"]["status"] == "triage"
    async with site.parts.sessions() as session:
        doubts = (await session.exec(select(Correction))).all()
    assert [(row.was, row.now, row.why) for row in doubts] == [("生态环境/餐饮油烟", None, "return")] * 2


async def test_what_nobody_understands_is_sorted_by_a_person(site: Site) -> None:
    site.thinks("城市管理", action="hold", others=("公安",))
    resident = await site.resident("B0103")
    told = await resident.say("那个事怎么还没弄好")
    assert "先请人看" in told[0]
    filed = await resident.press("submit")
    number = resident.said[-1]["case"]["number"]
    assert "先由分拨台看过" in filed[0]

    await site.settle()
    dispatcher = await site.staff("chenlu")
    assert await dispatcher.tasks("triage") == [number]
    assert await dispatcher.may(number) == ["assign", "reject", "merge", "note", "accuse"]
    unit = next(u.code for u in site.parts.senses.book.units.values() if u.name == "公安局")
    page = await dispatcher.step(number, "assign", unit=unit, category="公安/养犬")
    assert (page["case"]["status"], page["case"]["item"]) == ("dispatched", "犬只扰民、不牵绳")
    await site.settle()
    assert "已定由公安局办理" in (await resident.texts())[-1]
    async with site.parts.sessions() as session:
        gold = (await session.exec(select(Correction))).one()
    assert (gold.was, gold.now, gold.actor, gold.why) == (None, "公安/养犬", "chenlu", "assign")


async def test_the_dispatcher_may_say_no_with_a_reason(site: Site) -> None:
    site.thinks("其他", action="hold")
    resident = await site.resident(None)
    await resident.say("帮我问问银行利息")
    await resident.press("no_place")
    await resident.press("submit")
    number = resident.said[-1]["case"]["number"]
    dispatcher = await site.staff("chenlu")
    refused = await dispatcher.try_step(number, "reject", text="  ")
    assert (refused.status_code, refused.json()["error"]["key"]) == (422, "step.needs_text")
    await dispatcher.step(number, "reject", text="利息由银行解释，可打它的客服电话。")
    await site.settle()
    told = (await resident.look())[-1]
    assert "没有受理。原因：利息由银行解释" in told["text"]
    assert [button["action"] for button in told["buttons"]] == ["reopen"]


async def holder_of(site: Site, number: str) -> str:
    from models import Case

    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
    assert case.assignee, case.status
    return case.assignee
