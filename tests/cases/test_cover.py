"""Away and back: new cases and open ones go to whoever covers; special grids take what their rules send them."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, delete, select

from cases import cover
from cases.errors import Missing, NotAllowed
from cases.intake import Complaint, file
from models import Absence, Case, Event, Person, Status
from models import Resident as Neighbour
from tests.support.people import Resident
from tests.support.site import Site
from tests.support.told import who_was_told

FUMES = "楼下烧烤店油烟太大"


@pytest.fixture
async def site(shared_site: Site) -> Site:
    """Everybody is here at first."""
    async with shared_site.parts.transactions.begin() as session:
        await session.execute(delete(Absence))
    return shared_site


async def leaves(site: Site, person: str, covered_by: str | None = None, days: int = 3) -> Sequence[str]:
    """Numbers of the cases that were handed over."""
    async with site.parts.transactions.begin() as session:
        who, now = await session.get_one(Person, person), site.parts.now()
        _, handed = await cover.leave(session, site.parts.senses.book, who, now + timedelta(days=days), covered_by, now)
        return [case.number for case in handed]


async def has(site: Site, number: str) -> tuple[str | None, Status, str | None]:
    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        return case.assignee, case.status, case.accountable


async def at(site: Site, building: str) -> Resident:
    return await site.resident(building)


async def filed(site: Site, item: str, place: str) -> str:
    """Past the conversation, for the test's model knows only fumes."""
    async with site.parts.transactions.begin() as session:
        parts, now = site.parts, site.parts.now()
        resident = Neighbour(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=now)
        session.add(resident)
        await session.flush()
        field, grid = item.partition("/")[0], parts.senses.book.places[place].grid
        told = Complaint(text="请派人来看看", category=field, item=item, place=place, grid=grid)
        return (await file(session, parts.senses.book, parts.keys, resident, told, now)).case.number


async def test_new_ones_go_to_the_named_colleague_and_come_back_after(site: Site) -> None:
    await leaves(site, "limin", "xiayonggang")
    number = await (await at(site, "B0103")).file(FUMES)
    assert await has(site, number) == ("xiayonggang", Status.DISPATCHED, None)
    async with site.parts.transactions.begin() as session:
        await cover.back(session, await session.get_one(Person, "limin"), site.parts.now())
    assert (await has(site, await (await at(site, "B0103")).file(FUMES)))[0] == "limin"


async def test_without_a_name_the_leader_has_them_and_a_cover_who_leaves_names_the_next(site: Site) -> None:
    await leaves(site, "limin")
    assert (await has(site, await (await at(site, "B0103")).file(FUMES)))[0] == "wangxing"
    await leaves(site, "limin", "xiayonggang")  # said again: instead
    await leaves(site, "xiayonggang", "kangkeqin")
    assert (await has(site, await (await at(site, "B0103")).file(FUMES)))[0] == "kangkeqin"
    await leaves(site, "kangkeqin")
    assert (await has(site, await (await at(site, "B0103")).file(FUMES)))[0] == "wangxing"


async def test_what_is_open_is_handed_over_as_it_stands(site: Site) -> None:
    resident = await at(site, "B0103")
    unsigned, signed, waiting = [await resident.file(FUMES) for _ in range(3)]
    limin = await site.staff("limin")
    for number in (signed, waiting):
        await limin.step(number, "sign")
    await limin.step(waiting, "ask", text="是哪一家店？")
    due = {number: (await limin.case(number))["case"]["due_at"] for number in (unsigned, signed, waiting)}
    handed = await leaves(site, "limin", "xiayonggang")
    assert {unsigned, signed, waiting} <= set(handed)
    assert await has(site, unsigned) == ("xiayonggang", Status.DISPATCHED, None)
    assert await has(site, signed) == ("xiayonggang", Status.ACCEPTED, "limin")  # until another signs
    assert await has(site, waiting) == ("xiayonggang", Status.WAITING, "limin")
    stands_in = await site.staff("xiayonggang")
    assert {unsigned, signed, waiting} <= set(await stands_in.tasks())
    assert not {unsigned, signed, waiting} & set(await limin.tasks())
    page = await stands_in.case(signed)
    assert page["timeline"][-1]["kind_text"] == "李敏不在岗，由网格员夏永刚代办"
    assert {number: (await stands_in.case(number))["case"]["due_at"] for number in due} == due
    assert await who_was_told(site, signed, "desk.cover") == ["xiayonggang"]
    await stands_in.step(unsigned, "sign")
    await stands_in.step(signed, "contact", text="去过了")


async def test_never_to_whom_it_is_about_nor_to_their_manager(site: Site) -> None:
    """夏永刚 is complained about: 李敏 may have it, 夏永刚 and their leader 王兴 may not, however they cover."""
    await leaves(site, "limin", "xiayonggang")
    resident = await at(site, "B0103")
    for text in ("网格员夏永刚态度恶劣，骂人", "网格员李敏收红包，楼下烧烤店油烟没人管"):
        number = await resident.file(text)
        assert (await has(site, number))[0] not in ("xiayonggang", "limin", "wangxing")


async def test_a_department_gives_it_to_whoever_is_here(site: Site) -> None:
    """Of two clerks the one who is away gets nothing, whatever the load; both away: the leader."""
    async with site.parts.sessions() as session:
        clerks = select(Person.code).where(Person.unit == "CGJ", Person.role == "clerk").order_by(Person.code)
        one, other = (await session.exec(clerks)).all()
    await leaves(site, one)
    for _ in range(2):
        assert (await has(site, await filed(site, "城市管理/公厕", "P01")))[0] == other
    await leaves(site, other)
    assert (await has(site, await filed(site, "城市管理/公厕", "P01")))[0] == "dongchunsheng"


async def test_who_may_leave_and_who_may_cover(site: Site) -> None:
    for covered_by in ("limin", "zhangwei", "qinlan", "nobody"):
        with pytest.raises(Missing, match=r"away\.not_ours"):
            await leaves(site, "limin", covered_by)
    for days in (-1, 0, 400):
        with pytest.raises(Missing, match=r"away\.when"):
            await leaves(site, "limin", days=days)
    with pytest.raises(NotAllowed):
        await leaves(site, "chenlu")
    await leaves(site, "xiayonggang")
    with pytest.raises(Missing, match=r"away\.not_ours"):
        await leaves(site, "limin", "xiayonggang")
    async with site.parts.transactions.begin() as session:
        with pytest.raises(Missing, match=r"away\.is_here"):
            await cover.back(session, await session.get_one(Person, "limin"), site.parts.now())


async def test_a_special_grid_takes_what_its_rule_sends(site: Site) -> None:
    """林场 lies in the rangers' grid: its ranger has it; the ranger's leader holds that grid."""
    number = await filed(site, "自然资源/林业", "G07")
    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        assert (case.rule, case.assignee, case.facts["special"]) == ("R-SP-FOREST", "huangdahai", ["CX-LX-05-HL"])
    await leaves(site, "huangdahai")
    assert (await has(site, number))[0] == "tangling"
    async with site.parts.sessions() as session:
        kinds = (
            await session.exec(select(Event.kind).join(Case).where(Case.number == number).order_by(col(Event.seq)))
        ).all()
    assert kinds == ["submit", "route", "cover"]


async def test_somebody_with_two_grids_has_what_comes_from_both(site: Site) -> None:
    """曾一鸣 has a grid of 新港社区 and the park's special grid: wages in the other grid under it are theirs first."""
    wages = await filed(site, "人力社保/拖欠工资", "F06")
    assert (await has(site, wages))[0] == "zengyiming"
    assert (await has(site, await filed(site, "公安/养犬", "F06")))[0] == "chenlamei"
    assert (await has(site, await filed(site, "公安/养犬", "F03")))[0] == "zengyiming"


async def test_by_the_page(site: Site) -> None:
    limin, covers = await site.staff("limin"), await site.staff("xiayonggang")
    door, day = "/api/staff/away", (site.parts.now() + timedelta(days=2)).date().isoformat()
    shown = (await limin.http.get(door)).json()
    assert (shown["until"], shown["covers"]) == (None, [])
    assert "xiayonggang" in [one["code"] for one in shown["colleagues"]]
    number = await (await at(site, "B0103")).file(FUMES)
    said = (await limin.http.post(door, json={"until": day, "cover": "xiayonggang"})).json()
    assert (said["until"], said["cover"], said["handed"] >= 1) == (day, "夏永刚", True)
    assert (await has(site, number))[0] == "xiayonggang"
    assert (await covers.http.get(door)).json()["covers"] == [{"name": "李敏", "until": day}]
    wrong = {"2020-01-01": ("", 422), day: ("limin", 422), "9999-12-31": ("", 400)}
    for until, (covered_by, status) in wrong.items():
        asked = {"until": until, "cover": covered_by}
        assert (await limin.http.post(door, json=asked)).status_code == status, asked
    assert (await limin.http.request("DELETE", door)).json()["until"] is None
    assert (await limin.http.request("DELETE", door)).status_code == 422
