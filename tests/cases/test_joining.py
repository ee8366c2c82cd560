"""“Me too”: neighbours who told of the same are shown before another complaint is filed, nothing of who they are."""

import pytest
from sqlmodel import col, select

from models import OPEN, Case, Event, Follower
from tests.support.clock import Clock
from tests.support.people import Resident
from tests.support.shared import clock, program, site
from tests.support.site import Site
from tests.support.told import told

FUMES = "楼下烧烤店油烟太大"
__all__ = ["clock", "program", "site"]


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def tell(resident: Resident, text: str) -> str:
    """What they read after pressing submit."""
    await resident.say(text)
    await resident.press("submit")
    return str(resident.said[-1]["text"])


async def test_shown_before_filing_and_joined_with_one_press(site: Site) -> None:
    ann, bob = await site.resident("B0103"), await site.resident("B0103")
    number = await ann.file("我叫王丽，住 2 单元 302 室，电话 13812345678，楼下烧烤店油烟太大")
    asked = await tell(bob, "烧烤店的油烟天天往屋里灌，受不了")
    assert asked == (
        "附近已有人反映类似问题，正在办理：\n"
        "· 丹桂苑 3 栋，餐饮油烟：“…，住 2 单元 * 室，电话 138****5678，楼下烧烤店油烟太大”\n是同一件事吗？"
    )
    assert [b["label"] for b in bob.said[-1]["buttons"]] == ["我也遇到，加我一个", "不是同一件事，单独反映"]
    (done,) = await bob.press("join")
    assert done.startswith(f"加上了，{number} 现有 1 人附议。网格员李敏正在办，")
    case = await the_case(site, number)
    assert (case.joined, case.status) == (1, "dispatched")
    assert await told(site, number, "limin", "desk.join") == [("desk.join", "烧烤店的油烟天天往屋里灌，受不了")]
    async with site.parts.sessions() as session:
        assert (await session.exec(select(Case.number).where(col(Case.status).in_(OPEN)))).all() == [number]
        follower = (
            await session.exec(select(Follower).where(Follower.case_id == case.id, Follower.via == "joined"))
        ).one()
        event = (await session.exec(select(Event).where(Event.case_id == case.id, Event.kind == "join"))).one()
    assert (follower.case_id, event.public) == (case.id, False)
    assert (await (await site.staff("limin")).case(number))["case"]["joined"] == 1
    assert "附议" not in "".join(await ann.texts()), "whoever filed it hears nothing of the others"


async def test_told_of_every_public_step_and_may_file_their_own(site: Site) -> None:
    ann, bob = await site.resident("B0103"), await site.resident("B0103")
    number = await ann.file(FUMES)
    await tell(bob, "烧烤店油烟太大，衣服不敢晾")
    await bob.press("join")
    limin = await site.staff("limin")
    await limin.step(number, "sign")
    await limin.step(number, "ask", text="几点最重？")
    await site.settle()
    assert (await bob.texts())[-1].startswith(f"您附议的 {number} 有进展：李敏已签收")
    assert not {"answer", "urge", "withdraw", "supplement"} & set(bob.buttons)
    await bob.say("进度")
    assert bob.said[-1]["text"].startswith(f"{number}（餐饮油烟，您附议的，共 1 人）：网格员李敏正在办")
    await ann.look()
    await ann.press("answer")
    await ann.say("晚上八点")
    await limin.step(number, "reply", text="已装净化器。", outcome="solved", photos=[await limin.upload()])
    await site.settle()
    line = (await bob.look())[-1]
    assert line["text"].startswith(f"您附议的 {number} 有结果了（已解决）：已装净化器。")
    assert [button["action"] for button in line["buttons"]] == ["file_own"]
    assert (await bob.http.get(line["photos"][0])).status_code == 200
    await bob.press("file_own")
    assert "card" in bob.said[-1]
    await bob.press("submit")
    own = await the_case(site, bob.said[-1]["case"]["number"])
    assert (own.text, own.place) == ("烧烤店油烟太大，衣服不敢晾", "B0103")


async def test_who_joined_sees_no_photo_of_whoever_filed_it(site: Site) -> None:
    ann, bob = await site.resident("B0103"), await site.resident("B0103")
    await ann.say(FUMES)
    await ann.send_photo()
    await ann.press("submit")
    photo = next(line["photos"][0] for line in await ann.look() if line.get("photos"))
    await tell(bob, "烧烤店油烟太大")
    await bob.press("join")
    assert (await ann.http.get(photo)).status_code == 200
    assert (await bob.http.get(photo)).status_code == 404


async def test_on_their_own_after_all(site: Site) -> None:
    ann, bob = await site.resident("B0103"), await site.resident("B0103")
    first = await ann.file(FUMES)
    await tell(bob, FUMES)
    await bob.say("我说的是隔壁那家")  # more words while they are asked: the card again, and no second question
    assert "card" in bob.said[-1]
    await bob.press("submit")
    own = await the_case(site, bob.said[-1]["case"]["number"])
    assert (own.text, (await the_case(site, first)).joined) == (f"{FUMES}\n我说的是隔壁那家", 0)


async def test_over_by_then_it_is_filed(site: Site) -> None:
    site.thinks("其他", action="hold")
    ann, bob = await site.resident("B0103"), await site.resident("B0103")
    site.thinks("生态环境", "生态环境/餐饮油烟")
    first = await ann.file(FUMES)
    await tell(bob, FUMES)
    await ann.press("withdraw")
    await ann.press("confirm_withdraw")
    said = await bob.press("join")
    assert said[0] == f"{first} 刚刚办结了，您的这件已单独提交。"
    assert (await the_case(site, bob.said[-1]["case"]["number"])).status == "dispatched"


async def other_matter(site: Site, clock: Clock, bob: Resident) -> str:
    return "电梯坏了三天没人修，老人下不了楼"


async def far_away(site: Site, clock: Clock, bob: Resident) -> str:
    await bob.open(place=site.code("B0301"))
    return FUMES


async def long_ago(site: Site, clock: Clock, bob: Resident) -> str:
    clock.forward(days=31)
    return FUMES


async def other_field(site: Site, clock: Clock, bob: Resident) -> str:
    site.thinks("城市管理", "城市管理/占道经营")
    return FUMES


@pytest.mark.parametrize("how", [other_matter, far_away, long_ago, other_field], ids=lambda how: how.__name__)
async def test_nothing_is_asked(site: Site, clock: Clock, how: object) -> None:
    await (await site.resident("B0103")).file(FUMES)
    bob = await site.resident("B0103")
    text = await how(site, clock, bob)  # type: ignore[operator]
    await bob.say(text)
    await bob.press("submit")
    assert "case" in bob.said[-1], bob.said[-1]["text"]


async def test_an_accusation_is_shown_to_nobody(site: Site) -> None:
    number = await (await site.resident("B0103")).file(FUMES)
    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        case.facts = {**case.facts, "kind": "report"}
        await session.commit()
    bob = await site.resident("B0103")
    await tell(bob, FUMES)
    assert "case" in bob.said[-1]
