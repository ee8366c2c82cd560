"""More time: asked for before the deadline, decided by somebody else; the whole clock moves by days of its calendar."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from models import Case, ClockAct, Timer
from tests.support.clock import Clock
from tests.support.site import Site
from tests.support.told import told, who_was_told

TOWN = ZoneInfo("Asia/Shanghai")
ASKED: dict[str, Any] = {"days": 2, "text": "要等检测报告"}


def at(written: str) -> datetime:
    """`09-28 10:00` in the town, in 2026."""
    return datetime.fromisoformat(f"2026-{written}").replace(tzinfo=TOWN).astimezone(UTC)


async def signed(site: Site) -> str:
    """Filed now, with limin, led by 城管局; the policy counts working days."""
    number = await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    await (await site.staff("limin")).step(number, "sign")
    return number


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def put(site: Site, number: str, **changes: object) -> None:
    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        for name, value in changes.items():
            setattr(case, name, value)
        await session.commit()


async def times(site: Site, number: str) -> dict[ClockAct, tuple[datetime, bool, bool]]:
    """What the clock will do, when, whether it stands still, whether it is done."""
    case = await the_case(site, number)
    async with site.parts.sessions() as session:
        rows = (await session.exec(select(Timer).where(Timer.case_id == case.id))).all()
    return {row.act: (row.due_at, row.paused, row.done_at is not None) for row in rows}


async def test_the_clock_moves_over_the_holidays(site: Site, clock: Clock) -> None:
    """Monday before the National Day: due after three working days, 8 October; two more end on the Saturday made up."""
    clock.set(at("09-28 10:00"))
    number = await signed(site)
    assert (await the_case(site, number)).due_at == at("10-08 17:30")
    before = await times(site, number)
    page = await (await site.staff("limin")).step(number, "extend", **ASKED)
    assert page["case"]["extension"] == {
        "days": 2, "until": "2026-10-10T09:30:00Z", "who": "李敏", "text": "要等检测报告",
    }  # fmt: skip
    assert (await the_case(site, number)).due_at == at("10-08 17:30"), "nothing moves before it is granted"
    assert await told(site, number, "dongchunsheng") == [("desk.extend", "要等检测报告")]

    leader = await site.staff("dongchunsheng")
    assert number in await leader.tasks("review")
    await leader.step(number, "grant_extension")
    case = await the_case(site, number)
    assert (case.due_at, case.extension, case.extensions) == (at("10-10 17:30"), None, 1)
    after = await times(site, number)
    assert after[ClockAct.OVERDUE][0] == at("10-10 17:30")
    for act in (ClockAct.REMIND, ClockAct.ESCALATE):
        calendar = site.parts.senses.book.calendar
        moved = calendar.between(before[act][0], after[act][0])
        assert moved == calendar.between(at("10-08 17:30"), at("10-10 17:30")), act
    assert after[ClockAct.SIGN_OVERDUE] == before[ClockAct.SIGN_OVERDUE]
    assert number not in await leader.tasks("review")
    assert [key for key, _ in await told(site, number, "limin")][-1] == "desk.grant_extension"
    await site.settle()

    clock.set(at("10-10 17:29"))
    await site.sweep()
    assert not (await the_case(site, number)).overdue
    clock.set(at("10-10 17:30"))
    await site.sweep()
    assert (await the_case(site, number)).overdue


async def test_the_resident_reads_the_new_day(site: Site) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    limin = await site.staff("limin")
    await limin.step(number, "sign")
    await limin.step(number, "extend", days=5, text="要等检测报告")
    await (await site.staff("dongchunsheng")).step(number, "grant_extension")
    await site.settle()
    said = (await resident.texts())[-1]
    assert said == f"{number} 还要多一点时间才能办好，改为 11 月 30 日 17:30 前给您答复，请您谅解。"
    assert "检测报告" not in "".join(await resident.texts()), "the reason is for the leader"


async def test_granted_after_the_deadline_it_is_not_late_any_more(site: Site, clock: Clock) -> None:
    number = await signed(site)
    clock.set(at("11-23 17:00"))
    await (await site.staff("limin")).step(number, "extend", **ASKED)
    clock.set(at("11-24 09:00"))
    await site.sweep()
    assert (await the_case(site, number)).overdue
    await (await site.staff("dongchunsheng")).step(number, "grant_extension")
    case = await the_case(site, number)
    assert (case.due_at, case.overdue) == (at("11-25 17:30"), False)
    assert (await times(site, number))[ClockAct.OVERDUE] == (at("11-25 17:30"), False, False)
    clock.set(at("11-25 17:30"))
    await site.sweep()
    assert (await the_case(site, number)).overdue, "told a second time, for it is late again"


async def test_while_the_resident_is_asked_the_clock_stands_at_its_new_place(site: Site, clock: Clock) -> None:
    number = await signed(site)
    limin = await site.staff("limin")
    await limin.step(number, "extend", **ASKED)
    await limin.step(number, "ask", text="店名叫什么？")
    await (await site.staff("dongchunsheng")).step(number, "grant_extension")
    assert (await times(site, number))[ClockAct.OVERDUE] == (at("11-25 17:30"), True, False)
    clock.set(at("11-21 12:00"))  # nobody answers for three days
    await site.sweep()
    due, paused, _ = (await times(site, number))[ClockAct.OVERDUE]
    assert (due, paused) == ((await the_case(site, number)).due_at, False)
    assert due > at("11-25 17:30")


@pytest.mark.parametrize("days", [None, 0, -1, 16])
async def test_one_to_fifteen_days(site: Site, days: int | None) -> None:
    number = await signed(site)
    refused = await (await site.staff("limin")).try_step(number, "extend", days=days, text="要等检测报告")
    assert (refused.status_code, refused.json()["error"]["key"]) == (422, "extend.days")


async def test_refusals(site: Site, clock: Clock) -> None:
    number = await signed(site)
    limin, leader = await site.staff("limin"), await site.staff("dongchunsheng")

    async def refused(person: Any, step: str, **given: Any) -> tuple[int, str]:
        answer = await person.try_step(number, step, **given)
        return answer.status_code, answer.json()["error"]["key"]

    assert await refused(leader, "extend", **ASKED) == (403, "step.not_yours")
    assert await refused(leader, "grant_extension") == (403, "step.not_yours")  # nothing to grant
    await limin.step(number, "extend", **ASKED)
    assert await refused(limin, "extend", **ASKED) == (403, "extend.asked")
    other = await site.staff("wangxing")  # leads limin's community, which does not lead the case
    assert await refused(other, "grant_extension") == (403, "step.not_yours")
    supervisor = await site.staff("guwenbo")
    assert await refused(supervisor, "grant_extension") == (403, "step.not_yours")
    assert await refused(leader, "refuse_extension", text=" ") == (422, "step.needs_text")
    await leader.step(number, "refuse_extension", text="先拿初步意见答复")
    assert (await the_case(site, number)).due_at == at("11-23 17:30")
    assert (await told(site, number, "limin"))[-1] == ("desk.refuse_extension", "先拿初步意见答复")
    await limin.step(number, "extend", **ASKED)  # refused is not granted: once more may be asked
    await leader.step(number, "grant_extension")
    assert await refused(limin, "extend", **ASKED) == (403, "extend.once")
    await put(site, number, extensions=0)
    clock.set(at("11-25 17:30"))
    assert await refused(await site.staff("limin"), "extend", **ASKED) == (403, "extend.too_late")


async def test_where_the_only_leader_has_it_a_supervisor_decides(site: Site) -> None:
    number = await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    await put(site, number, assignee="dongchunsheng")
    leader = await site.staff("dongchunsheng")
    await leader.step(number, "sign")
    await leader.step(number, "extend", **ASKED)
    assert await who_was_told(site, number, "desk.extend") == ["guwenbo", "zouchao"]
    assert "grant_extension" not in await leader.may(number)
    await (await site.staff("guwenbo")).step(number, "grant_extension")
    assert (await the_case(site, number)).extensions == 1


@pytest.mark.parametrize("ending", ["reply", "return", "reassign"])
async def test_what_is_no_longer_wanted_is_not_decided(site: Site, ending: str) -> None:
    number = await signed(site)
    limin = await site.staff("limin")
    await limin.step(number, "extend", **ASKED)
    if ending == "reply":
        await limin.step(number, "reply", text="已清洗。", outcome="solved", photos=[await limin.upload()])
    elif ending == "return":
        await limin.step(number, "return", reason="not_my_unit")
    else:
        await (await site.staff("dongchunsheng")).step(number, "reassign", assignee="wufan")
    assert (await the_case(site, number)).extension is None


async def test_a_new_round_may_ask_anew(site: Site) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    limin = await site.staff("limin")
    await limin.step(number, "sign")
    await limin.step(number, "extend", **ASKED)
    await (await site.staff("dongchunsheng")).step(number, "grant_extension")
    await limin.step(number, "reply", text="已清洗。", outcome="solved", photos=[await limin.upload()])
    await site.settle()
    await resident.look()
    await resident.press("reopen")
    await resident.say("昨晚又开到一点")
    case = await the_case(site, number)
    assert (case.round, case.extensions) == (2, 0)
