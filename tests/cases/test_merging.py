"""Several told the same: one case is handled, the others follow it, end as it ends, and lose nothing on the way."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

from sqlmodel import col, select

from cases import joining
from models import Case, ClockAct, Event, Follower, Status, Timer
from tests.support.clock import Clock
from tests.support.people import Staff
from tests.support.shared import clock, program, site
from tests.support.site import Site
from tests.support.told import told, who_was_told

FUMES = "楼下烧烤店油烟太大"
__all__ = ["clock", "program", "site"]


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def timers(site: Site, number: str) -> dict[ClockAct, tuple[datetime, bool, bool]]:
    case = await the_case(site, number)
    async with site.parts.sessions() as session:
        rows = (await session.exec(select(Timer).where(Timer.case_id == case.id, Timer.round == case.round))).all()
    return {row.act: (row.due_at, row.paused, row.done_at is not None) for row in rows}


async def three(site: Site, clock: Clock) -> list[str]:
    """Of three residents, ten minutes between them."""
    numbers = []
    for _ in range(3):
        numbers.append(await (await site.resident("B0103")).file(FUMES))
        clock.forward(minutes=10)
    return numbers


async def refused(person: Staff, number: str, step: str, **given: object) -> tuple[int, str]:
    answer = await person.try_step(number, step, **given)
    return answer.status_code, answer.json()["error"]["key"]


async def invariants(site: Site) -> None:
    """Merged exactly while it follows another, which follows none; on the same desk; its clock stands still."""
    async with site.parts.sessions() as session:
        cases = {case.id: case for case in (await session.exec(select(Case))).all()}
        running = select(Timer).where(col(Timer.done_at).is_(None), ~col(Timer.paused))
        ticking = {timer.case_id for timer in (await session.exec(running)).all()}
        events = (await session.exec(select(Event).order_by(col(Event.case_id), col(Event.seq)))).all()
    for case in cases.values():
        assert (case.status is Status.MERGED) == (case.master is not None), case.number
        assert [event.seq for event in events if event.case_id == case.id] == [*range(1, case.version + 1)]
        if case.master:
            master = cases[case.master]
            assert master.master is None, "a chain"
            assert (case.unit, case.assignee) == (master.unit, master.assignee)
            assert case.id not in ticking


async def test_told_and_led_by_one(site: Site, clock: Clock) -> None:
    first, second, third = await three(site, clock)
    dispatcher, limin = await site.staff("chenlu"), await site.staff("limin")
    await dispatcher.step(second, "merge", master=first)
    assert await refused(dispatcher, third, "merge", master=second) == (422, "merge.chain")
    await dispatcher.step(third, "merge", master=first)
    await invariants(site)
    assert (await told(site, second, None))[-1][0] == "resident.merge"
    assert (await told(site, second, "limin"))[-1][0] == "desk.merge"
    assert [key for key, _ in await told(site, first, "limin")][-2:] == ["desk.merged_in"] * 2
    assert sorted(await limin.tasks()) == [first]
    page = await limin.case(first)
    assert page["case"]["merged"] == [second, third]
    assert page["timeline"][-1]["kind_text"] == f"陈璐把 {third} 并入本件"
    assert (await limin.case(second))["case"]["master"] == first
    assert await limin.may(second) == []

    await limin.step(first, "sign")
    await limin.step(first, "contact")
    assert [key for key, _ in await told(site, second, None)][-2:] == ["resident.sign", "merged.contact"]
    await limin.step(first, "ask", text="您家几楼？")
    assert (await told(site, second, None))[-1][0] == "merged.contact", "a question is for whom it is asked"
    await invariants(site)


async def test_nobody_gains_time_by_merging(site: Site, clock: Clock) -> None:
    first, second, _ = await three(site, clock)
    before = await the_case(site, second)
    ran = await timers(site, second)
    dispatcher = await site.staff("chenlu")
    await dispatcher.step(second, "merge", master=first)
    clock.forward(days=1)
    dispatcher = await site.staff("chenlu")
    await dispatcher.step(second, "unmerge", text="不是同一家店")
    case = await the_case(site, second)
    assert (case.status, case.assignee, case.due_at) == ("triage", None, before.due_at)
    again = await timers(site, second)
    signing = ClockAct.SIGN_OVERDUE
    assert {act: at for act, at in again.items() if act is not signing} == {
        act: at for act, at in ran.items() if act is not signing
    }
    assert case.sign_due_at == again[signing][0] > clock()
    assert (await told(site, second, None))[-1][0] == "resident.unmerge"
    assert (await told(site, first, "limin"))[-1] == ("desk.merged_out", "不是同一家店")
    await dispatcher.step(second, "assign", unit="CGJ")
    await invariants(site)


async def test_asked_while_it_is_merged_the_wait_is_made_good(site: Site, clock: Clock) -> None:
    first, second, _ = await three(site, clock)
    limin, dispatcher = await site.staff("limin"), await site.staff("chenlu")
    await limin.step(second, "sign")
    due = (await the_case(site, second)).due_at
    await limin.step(second, "ask", text="几点最重？")
    clock.forward(hours=2)
    await dispatcher.step(second, "merge", master=first)
    case, calendar = await the_case(site, second), site.parts.senses.book.calendar
    assert due and (case.paused_at, case.due_at) == (None, calendar.add(due, timedelta(hours=2)))
    await invariants(site)


async def test_a_master_with_followers_takes_them_along(site: Site, clock: Clock) -> None:
    first, second, third = await three(site, clock)
    dispatcher = await site.staff("chenlu")
    await dispatcher.step(third, "merge", master=second)
    await dispatcher.step(second, "merge", master=first)
    assert (await dispatcher.case(first))["case"]["merged"] == [second, third]
    page = await dispatcher.case(third)
    assert (page["timeline"][-1]["kind_text"], page["timeline"][-1]["public"]) == (f"改随 {first} 一并办理", False)
    await invariants(site)


async def test_answered_each_judges_for_themselves(site: Site, clock: Clock) -> None:
    ann, bob = await site.resident("B0103"), await site.resident("B0103", locale="en")
    first, second = await ann.file(FUMES), await bob.file(FUMES)
    dispatcher, limin = await site.staff("chenlu"), await site.staff("limin")
    await dispatcher.step(second, "merge", master=first)
    await limin.step(first, "sign")
    await limin.step(first, "reply", text="已装净化器。", outcome="solved", photos=[await limin.upload()])
    await site.settle()
    cases = [await the_case(site, number) for number in (first, second)]
    assert [(case.status, case.outcome, case.result) for case in cases] == [("resolved", "solved", "已装净化器。")] * 2
    lines = await bob.look()
    assert lines[-1]["text"].startswith(f"The answer to {second} is here")
    assert first not in "".join(line["text"] for line in lines)
    photo = await bob.http.get(lines[-1]["photos"][0])
    assert photo.status_code == 200
    await bob.press("reopen")
    await bob.say("Still smoke every night")
    await ann.look()
    await ann.press("rate", "联系过")
    await ann.press("rate", "解决了")
    await ann.press("rate", "满意")
    assert [(await the_case(site, n)).status for n in (first, second)] == ["closed", "dispatched"]
    assert (await the_case(site, second)).assignee == "wangxing", "who stands above the one who answered"
    await invariants(site)


async def test_declined_each_may_object(site: Site, clock: Clock) -> None:
    site.thinks("其他", action="hold")
    first, second, _ = await three(site, clock)
    dispatcher = await site.staff("chenlu")
    await dispatcher.step(second, "merge", master=first)
    await dispatcher.step(first, "reject", text="属于商业纠纷，请到法院。")
    case = await the_case(site, second)
    assert (case.status, case.result, case.outcome) == ("rejected", "属于商业纠纷，请到法院。", "not_ours")
    assert (await told(site, second, None))[-1] == ("resident.reject_along", "属于商业纠纷，请到法院。")
    await invariants(site)


async def test_withdrawn_the_oldest_goes_on_in_its_place(site: Site, clock: Clock) -> None:
    ann = await site.resident("B0103")
    first = await ann.file(FUMES)
    clock.forward(hours=1)
    second, third, other = await three(site, clock)
    dispatcher, limin = await site.staff("chenlu"), await site.staff("limin")
    for number in (third, second):
        await dispatcher.step(number, "merge", master=first)
    await limin.step(first, "sign")
    master, ran = await the_case(site, first), await timers(site, first)
    await ann.say("进度")
    await ann.press("withdraw")
    await ann.press("confirm_withdraw")
    heir = await the_case(site, second)
    kept = ("status", "unit", "assignee", "clock", "due_at", "sign_due_at", "signed_at", "contact_due_at")
    assert {name: getattr(heir, name) for name in kept} == {name: getattr(master, name) for name in kept}
    goes_on = {act: at for act, at in ran.items() if not at[2]}
    assert {act: at for act, at in (await timers(site, second)).items() if not at[2]} == goes_on
    assert (await the_case(site, third)).master == heir.id
    assert sorted(await limin.tasks()) == [second, other]
    assert (await told(site, second, "limin"))[-1][0] == "desk.lead_signed"
    await invariants(site)
    await limin.step(second, "reply", text="已整改。", outcome="solved", photos=[await limin.upload()])
    assert (await the_case(site, third)).status == "resolved"
    await invariants(site)


async def test_calls_and_levels_are_told_along_and_joining_outlives_a_withdrawal(site: Site, clock: Clock) -> None:
    """Merged and joined residents hear who was called and who has it now; then who filed it first takes it back."""
    ann, carl = await site.resident("B0103"), await site.resident("B0103")
    first = await ann.file(FUMES)
    await carl.say("烧烤店油烟太大，衣服不敢晾")
    await carl.press("submit")
    await carl.press("join")
    second = (await three(site, clock))[0]
    await (await site.staff("chenlu")).step(second, "merge", master=first)
    limin = await site.staff("limin")
    await limin.step(first, "sign")
    await limin.step(first, "whistle", text="一起看看排烟", units=[{"unit": "SCJ"}])
    assert (await told(site, second, None))[-1][0] == "resident.whistle"
    await limin.step(first, "raise", text="管道要街道出面")
    assert (await told(site, second, None))[-1][0] == "resident.raise"
    await site.settle()
    lines = await carl.texts()
    assert all(line.startswith(f"您附议的 {first} ") for line in lines[-2:])
    assert "协助" in lines[-2] and "已上报到上一级" in lines[-1]

    await ann.say("进度")
    await ann.press("withdraw")
    await ann.press("confirm_withdraw")
    await site.settle()
    heir = await the_case(site, second)
    assert (heir.joined, heir.master, (await the_case(site, first)).joined) == (1, None, 0)
    assert (await carl.texts())[-1].startswith(f"提出 {first} 的居民撤回了，同一件事由 {second} 接着办")
    await invariants(site)
    async with site.parts.sessions() as session:
        joined = (
            await session.exec(select(Follower).where(Follower.case_id == heir.id, Follower.via == "joined"))
        ).one()
        assert (await joining.told(session, heir, joined.resident))["text"] == "烧烤店油烟太大，衣服不敢晾"


async def test_one_that_follows_may_be_withdrawn_urged_and_added_to(site: Site, clock: Clock) -> None:
    ann, bob = await site.resident("B0103"), await site.resident("B0103")
    first, second = await ann.file(FUMES), await bob.file(FUMES)
    await (await site.staff("chenlu")).step(second, "merge", master=first)
    await site.settle()
    await bob.say("进度")
    assert bob.said[-1]["text"].startswith(f"{second}（餐饮油烟）：与反映同一问题的另一件一并办理，由网格员李敏负责")
    await bob.press("supplement")
    await bob.say("昨晚更呛")
    await bob.press("urge")
    assert [key for key, _ in await told(site, second, "limin")][-2:] == ["desk.supplement", "desk.urge"]
    await bob.press("withdraw")
    await bob.press("confirm_withdraw")
    assert [(await the_case(site, n)).status for n in (first, second)] == ["dispatched", "withdrawn"]
    await invariants(site)


async def test_crosswise_at_once_one_of_them_wins(site: Site, clock: Clock) -> None:
    """A into B while B goes into A: one is done, the other learns that it came late."""
    both = [await site.staff("chenlu"), await site.staff("dongchunsheng")]
    for _ in range(3):
        first, second, _ = await three(site, clock)
        seen = {n: (await the_case(site, n)).version for n in (first, second)}
        pairs = [(both[0], first, second), (both[1], second, first)]
        answers = await asyncio.gather(
            *(
                who.http.post(
                    f"/api/staff/cases/{one}/steps",
                    json={"key": str(uuid4()), "step": "merge", "version": seen[one], "master": other},
                )
                for who, one, other in pairs
            )
        )
        assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 422])
        statuses = {(await the_case(site, n)).status for n in (first, second)}
        assert statuses == {Status.MERGED, Status.DISPATCHED}
    await invariants(site)


async def test_refusals(site: Site, clock: Clock) -> None:
    first, second, third = await three(site, clock)
    dispatcher, leader = await site.staff("chenlu"), await site.staff("dongchunsheng")
    assert await refused(dispatcher, first, "merge", master=first) == (422, "merge.itself")
    assert await refused(dispatcher, first, "merge", master="000000-0000") == (404, "case.not_found")
    assert await refused(dispatcher, first, "merge") == (422, "step.needs_master")
    assert await refused(await site.staff("wangxing"), first, "merge", master=second) == (403, "step.not_yours")
    assert await refused(await site.staff("limin"), first, "merge", master=second) == (403, "step.not_yours")
    site.thinks("公用事业", "公用事业/供气")
    gas = await (await site.resident("B0103")).file("楼道里一股煤气味，很浓")
    assert await refused(dispatcher, gas, "merge", master=first) == (422, "merge.danger")
    await leader.step(second, "merge", master=third)
    assert await who_was_told(site, second, "desk.merge") == ["limin"]
    await leader.step(second, "unmerge", text="看错了")
    limin = await site.staff("limin")
    await limin.step(third, "sign")
    await limin.step(third, "reply", text="已整改。", outcome="solved", photos=[await limin.upload()])
    assert await refused(dispatcher, first, "merge", master=third) == (422, "merge.over")
    await invariants(site)
