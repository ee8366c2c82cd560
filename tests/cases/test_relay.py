"""The line between handler and resident: masked, counted, closed by either side or by itself; nobody is known."""

import pytest
from sqlmodel import select

from cases.errors import Stale, TooOften
from models import Case, Event, Status
from tests.support.clock import Clock
from tests.support.site import Site
from tests.support.talk import hang_up, say_back
from tests.support.told import told

FUMES = "楼下烧烤店油烟太大"


@pytest.fixture
async def number(site: Site) -> str:
    """A case limin has signed."""
    number = await (await site.resident("B0103")).file(FUMES)
    await (await site.staff("limin")).step(number, "sign")
    return number


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def lines(site: Site, number: str) -> list[tuple[str, str]]:
    case = await the_case(site, number)
    async with site.parts.sessions() as session:
        events = (await session.exec(select(Event).where(Event.case_id == case.id).order_by(Event.seq))).all()  # type: ignore[arg-type]
    return [(event.kind, event.text) for event in events if event.kind in ("relay", "relay_back", "hang_up")]


async def test_both_are_heard_and_nobody_is_known(site: Site, clock: Clock) -> None:
    resident = await site.resident("B0103")
    number = await resident.file(FUMES)
    limin = await site.staff("limin")
    await limin.step(number, "sign")
    page = await limin.step(number, "relay", text="今晚八点来看，找我打 13912345678")
    assert page["case"]["relay"] is True
    case = await the_case(site, number)
    assert (case.relay, case.contacted_at) == ("limin", clock())
    await say_back(site, number, "我叫王芳，电话１３８１２３４５６７８")
    await site.settle()
    assert f"{number}，网格员李敏对您说：今晚八点来看，找我打 139****5678" in await resident.texts()
    assert await lines(site, number) == [
        ("relay", "今晚八点来看，找我打 139****5678"),
        ("relay_back", "我叫王芳，电话138****5678"),
    ]
    assert (await told(site, number, "limin"))[-1] == ("desk.relay_back", "我叫王芳，电话138****5678")
    shown = (await limin.case(number))["timeline"][-1]
    assert (shown["kind_text"], shown["who"]) == ("居民说", "居民")


async def test_what_the_other_says_meanwhile_stops_nobody(site: Site, number: str) -> None:
    limin = await site.staff("limin")
    version = (await limin.step(number, "relay", text="在家吗？"))["case"]["version"]
    await say_back(site, number, "在")
    assert (await limin.try_step(number, "relay", text="好，就来", version=version)).status_code == 200
    stale = await limin.try_step(number, "ask", text="几楼？", version=version)
    assert stale.status_code == 409


async def test_twenty_lines_in_ten_minutes_of_each_side(site: Site, number: str, clock: Clock) -> None:
    limin = await site.staff("limin")
    for n in range(20):
        await limin.step(number, "relay", text=f"第 {n} 句")
    refused = await limin.try_step(number, "relay", text="再一句")
    assert (refused.status_code, refused.json()["error"]["key"]) == (429, "relay.too_often")
    for n in range(20):
        await say_back(site, number, f"第 {n} 句")
    with pytest.raises(TooOften):
        await say_back(site, number, "再一句")
    clock.forward(minutes=10)
    await limin.step(number, "relay", text="现在好了")
    await say_back(site, number, "嗯")


async def test_either_side_closes_it(site: Site, number: str) -> None:
    limin = await site.staff("limin")
    assert "hang_up" not in await limin.may(number)
    with pytest.raises(Stale):
        await say_back(site, number, "喂")
    await limin.step(number, "relay", text="在家吗？")
    await limin.step(number, "hang_up")
    assert (await the_case(site, number)).relay is None
    with pytest.raises(Stale):
        await hang_up(site, number)
    await limin.step(number, "relay", text="还有一句")
    await hang_up(site, number)
    assert (await told(site, number, "limin"))[-1] == ("desk.hang_up", "")
    assert await told(site, number, None, "resident.hang_up") == [("resident.hang_up", "")]  # only of what limin closed
    assert [kind for kind, _ in await lines(site, number)] == ["relay", "hang_up", "relay", "hang_up"]
    refused = await limin.try_step(number, "hang_up")
    assert (refused.status_code, refused.json()["error"]["key"]) == (403, "relay.closed")


@pytest.mark.parametrize("ending", ["reply", "return", "withdraw", "reassign"])
async def test_it_ends_when_the_case_leaves_their_hands(site: Site, ending: str) -> None:
    resident = await site.resident("B0103")
    number = await resident.file(FUMES)
    limin = await site.staff("limin")
    await limin.step(number, "sign")
    await limin.step(number, "relay", text="在家吗？")
    if ending == "reply":
        await limin.step(number, "reply", text="已清洗。", outcome="solved", photos=[await limin.upload()])
    elif ending == "return":
        await limin.step(number, "return", reason="not_my_unit")
    elif ending == "reassign":
        await (await site.staff("wangxing")).step(number, "reassign", assignee="kangkeqin")
    else:
        await resident.say("进度")
        await resident.press("withdraw")
        await resident.press("confirm_withdraw")
    assert (await the_case(site, number)).relay is None


async def test_it_stays_open_while_a_leader_reads_the_reply(site: Site, number: str) -> None:
    async with site.parts.transactions.begin() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        case.clock = "complex"
    limin = await site.staff("limin")
    await limin.step(number, "relay", text="在家吗？")
    await limin.step(number, "reply", text="已清洗。", outcome="solved", photos=[await limin.upload()])
    case = await the_case(site, number)
    assert (case.status, case.relay) == (Status.REPLIED, "limin")
    await say_back(site, number, "在")
    await (await site.staff("dongchunsheng")).step(number, "approve")
    assert (await the_case(site, number)).relay is None


async def test_only_whoever_has_it_may_write(site: Site, number: str) -> None:
    leader = await site.staff("dongchunsheng")
    refused = await leader.try_step(number, "relay", text="您好")
    assert (refused.status_code, refused.json()["error"]["key"]) == (403, "step.not_yours")
    assert await lines(site, number) == []


async def test_a_photo_goes_along(site: Site, number: str) -> None:
    limin = await site.staff("limin")
    photo = await limin.upload()
    page = await limin.step(number, "relay", text="是这一家吗？", photos=[photo])
    assert [url.rpartition("/")[2] for url in page["timeline"][-1]["photos"]] == [photo]
