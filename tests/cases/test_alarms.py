"""Alarms about danger: who hears them, how often, how high, and what ends them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from app.work import sweep_some
from cases import alarms
from models import Alarm, Case, Event, Notification
from tests.support.clock import Clock
from tests.support.danger import file_danger
from tests.support.site import Site
from tests.support.told import told, who_was_told

TOWN = ZoneInfo("Asia/Shanghai")
AT_ONCE = ["guwenbo", "limin", "shensong", "wanyang"]  # supervisor, grid, and who is on at the gas company and the desk
HAS_IT = "liangxinmin"


def at(written: str) -> datetime:
    """`19 03:00` in the town, in November 2026; the 19th is a Thursday."""
    return datetime.fromisoformat(f"2026-11-{written}").replace(tzinfo=TOWN).astimezone(UTC)


async def the(site: Site, number: str) -> tuple[Case, Alarm]:
    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        return case, await session.get_one(Alarm, case.id)


async def rings(site: Site, number: str) -> list[tuple[datetime, str | None]]:
    """When it rang again, and who was added then."""
    case, _ = await the(site, number)
    async with site.parts.sessions() as session:
        chosen = select(Event).where(Event.case_id == case.id, Event.kind == "ring").order_by(Event.seq)  # type: ignore[arg-type]
        return [(event.at, event.details["to"]) for event in (await session.exec(chosen)).all()]


def test_how_often_it_rings() -> None:
    """By hand: every five minutes from 03:05 to 05:00, every half hour to 03:00 of the next day."""
    raised = now = at("19 03:00")
    rung = list[datetime]()
    while (due := alarms.next_ring(raised, now)) is not None:
        rung.append(due)
        now = due
    assert rung[:24] == [raised + timedelta(minutes=5 * n) for n in range(1, 25)]
    assert rung[24:] == [at("19 05:00") + timedelta(minutes=30 * n) for n in range(1, 45)]
    assert rung[-1] == at("20 03:00")
    assert alarms.next_ring(raised, at("21 00:00")) is None, "however late a sweep comes"


async def test_one_level_higher_each_time_and_silence_when_signed(site: Site, clock: Clock) -> None:
    clock.set(at("19 03:00"))
    number = await file_danger(site)
    case, alarm = await the(site, number)
    assert (case.ringing, alarm.kind, alarm.rung, alarm.next_at) == (True, "gas", 1, at("19 03:05"))
    assert await who_was_told(site, number, "desk.danger") == AT_ONCE
    clock.set(at("19 03:04"))
    assert await site.sweep() == 0
    added = list[str | None]()
    for minute in (5, 10, 15):
        clock.set(at(f"19 03:{minute:02}"))
        await site.sweep()
        assert await site.sweep() == 0, "once"
        added.append((await rings(site, number))[-1][1])
    first = await who_was_told(site, number, "desk.ring")
    assert added[0] == "shensong", "who leads the gas company is on duty too, and is told once each time"
    assert len(set(added)) == 3 and first.count("shensong") == 3
    assert [first.count(str(one)) for one in added] == [3, 2, 1]
    assert first.count(HAS_IT) == first.count("wanyang") == 3
    await (await site.staff(HAS_IT)).step(number, "sign")
    case, alarm = await the(site, number)
    assert (case.ringing, alarm.taken_by, alarm.taken_at, alarm.next_at) == (False, HAS_IT, at("19 03:15"), None)
    assert "wanyang" in await who_was_told(site, number, "desk.sign"), "who was called may lie down again"
    clock.set(at("19 06:00"))
    await site.sweep()
    assert len(await rings(site, number)) == 3


async def test_two_sweepers_ring_once(site: Site, clock: Clock) -> None:
    clock.set(at("19 03:00"))
    numbers = [await file_danger(site) for _ in range(5)]
    await site.settle()
    clock.set(at("19 03:05"))
    book, transactions = site.parts.senses.book, site.parts.transactions
    taken = await asyncio.gather(*(sweep_some(transactions, book, clock()) for _ in range(4)))
    assert sum(taken) == 5
    assert [len(await rings(site, number)) for number in numbers] == [1] * 5


async def test_somebody_on_the_way_takes_it_and_the_case_stays_where_it_is(site: Site, clock: Clock) -> None:
    clock.set(at("19 03:00"))
    number = await file_danger(site)
    shown = await (await site.staff("limin")).case(number)
    assert (shown["steps"][0]["name"], shown["steps"][0]["primary"], shown["case"]["ringing"]) == (
        "take_alarm", True, True,
    )  # fmt: skip
    clock.set(at("19 03:05"))
    await site.sweep()
    taken = await (await site.staff("limin")).try_step(number, "take_alarm", version=shown["case"]["version"])
    assert taken.status_code == 200, "that it rang meanwhile is no reason to ask again"
    case, alarm = await the(site, number)
    assert (case.status, case.assignee, alarm.taken_by) == ("dispatched", HAS_IT, "limin")
    assert [key for key, _ in await told(site, number, "wanyang")][-1] == "desk.take_alarm"
    late = await (await site.staff("guwenbo")).try_step(number, "take_alarm")
    assert (late.status_code, late.json()["error"]["key"]) == (403, "alarm.over")
    clock.set(at("19 03:10"))
    assert await site.sweep() == 0


async def test_a_false_alarm_needs_a_reason_and_the_case_goes_on(site: Site, clock: Clock) -> None:
    clock.set(at("19 03:00"))
    number = await file_danger(site)
    limin = await site.staff("limin")
    assert (await limin.try_step(number, "false_alarm", text=" ")).status_code == 422
    page = await limin.step(number, "false_alarm", text="到场看过，是邻居炒辣椒")
    case, alarm = await the(site, number)
    assert (case.danger, case.ringing, case.status, case.clock) == (None, False, "dispatched", "urgent")
    assert (alarm.cancelled_by, alarm.why) == ("limin", "到场看过，是邻居炒辣椒")
    last = page["timeline"][-1]
    assert (last["kind_text"], last["text"], last["public"]) == (
        "李敏核实为误报", "到场看过，是邻居炒辣椒", False,
    )  # fmt: skip
    assert ("desk.false_alarm", "到场看过，是邻居炒辣椒") in await told(site, number, HAS_IT)
    again = await limin.try_step(number, "false_alarm", text="再说一次")
    assert (again.status_code, again.json()["error"]["key"]) == (403, "alarm.none")
    clock.set(at("19 03:15"))
    await site.sweep()
    assert await rings(site, number) == []
    await (await site.staff(HAS_IT)).step(number, "sign")


@pytest.mark.parametrize("who", ["fubo", "caoying"])
async def test_nobody_else_calls_it_off(site: Site, who: str) -> None:
    """An office that was not called; an auditor."""
    number = await file_danger(site)
    answer = await (await site.staff(who)).try_step(number, "false_alarm", text="没事", version=2)
    assert answer.status_code in (403, 404)
    assert (await the(site, number))[0].ringing


async def test_sent_on_unsigned_it_rings_anew_at_the_next_desk(site: Site, clock: Clock) -> None:
    clock.set(at("19 03:00"))
    number = await file_danger(site)
    has_it = await site.staff(HAS_IT)
    await has_it.step(number, "sign")
    clock.set(at("19 03:20"))
    await has_it.step(number, "return", reason="not_my_unit", text="没有通燃气，是电的焦味")
    case, alarm = await the(site, number)
    assert (case.ringing, alarm.taken_by, alarm.rung, alarm.next_at) == (True, None, 1, at("19 03:25"))


async def test_a_day_later_it_is_overdue_like_any_other_and_rings_no_more(site: Site, clock: Clock) -> None:
    clock.set(at("19 03:00"))
    number = await file_danger(site)
    for hours in (23, 24, 25, 30):
        clock.set(at("19 03:00") + timedelta(hours=hours))
        await site.sweep()
    case, alarm = await the(site, number)
    assert [at_ for at_, _ in await rings(site, number)] == [at("20 02:00"), at("20 03:00")]
    assert (case.ringing, case.overdue, alarm.next_at) == (True, True, None)


async def test_who_told_it_cannot_call_it_off_but_is_heard(site: Site, clock: Clock) -> None:
    """Their word is a note to everybody who was called; taken back it can be once somebody of the staff has looked."""
    clock.set(at("19 03:00"))
    resident = await site.resident("B0103")
    number = await resident.file("楼道里一股煤气味")
    assert (await the(site, number))[0].ringing
    assert await resident.say("没事了") == [f"没事就好。已告诉办理 {number} 的人：是误报。"]
    case, _ = await the(site, number)
    assert (case.ringing, case.danger) == (True, "gas")
    assert set(AT_ONCE) <= set(await who_was_told(site, number, "desk.supplement"))
    await resident.say("进度")
    await resident.press("withdraw")
    assert "暂时不能撤回" in (await resident.press("confirm_withdraw"))[0]
    await (await site.staff("limin")).step(number, "false_alarm", text="到场看过，是邻居炒辣椒")
    await resident.say("进度")
    await resident.press("withdraw")
    await resident.press("confirm_withdraw")
    case, alarm = await the(site, number)
    assert (case.status, case.ringing, alarm.cancelled_by) == ("withdrawn", False, "limin")


async def test_the_place_said_later_calls_those_who_are_near(site: Site, clock: Clock) -> None:
    """Nobody knows where: the desk and its units. Then the grid, with a sound, and it rings from the beginning."""
    clock.set(at("19 03:00"))
    resident = await site.resident(None)
    number = await resident.file("着火了，烟很大")
    case, _ = await the(site, number)
    assert case.grid is None and "limin" not in await who_was_told(site, number, "desk.danger")
    clock.set(at("19 03:12"))
    await site.sweep()
    assert (await resident.say("丹桂苑 3 栋三楼"))[0].startswith("记下了，在丹桂苑 3 栋")
    case, alarm = await the(site, number)
    assert (case.grid, case.place, case.cell is not None, case.ringing) == ("CX-DG-01-03", "B0103", True, True)
    assert (alarm.rung, alarm.next_at) == (1, at("19 03:17"))
    assert ("desk.danger", "") in await told(site, number, "limin")
    await resident.say("就在丹桂苑 3 栋")
    assert (await the(site, number))[1].next_at == at("19 03:17"), "said once more it is no news"


async def test_words_of_danger_in_what_is_added_ring_too(site: Site, clock: Clock) -> None:
    """About a case that was nothing urgent: it stays where it is, and people are called to it."""
    clock.set(at("19 03:00"))
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    await resident.say("进度")
    await resident.press("supplement")
    answers = await resident.say("现在着火了")
    assert any("马上过问" in line for line in answers)
    case, alarm = await the(site, number)
    assert (case.danger, case.ringing, case.status, alarm.next_at) == ("fire", True, "dispatched", at("19 03:05"))
    assert {"guwenbo", "wanyang"} <= set(await who_was_told(site, number, "desk.danger"))


async def test_without_danger_there_is_no_alarm(site: Site, clock: Clock) -> None:
    await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    async with site.parts.sessions() as session:
        assert (await session.exec(select(Alarm))).all() == []
        keys: list[Any] = list((await session.exec(select(Notification.text_key))).all())
    assert "desk.danger" not in keys
