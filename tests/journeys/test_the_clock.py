"""What time does: a reminder, the overdue mark, one level up, and the ends that come by themselves."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import and_, col, select

from app.work import sweep_some
from models import Case, Event, Notification, Timer
from tests.support.clock import Clock
from tests.support.people import Resident
from tests.support.promises import size
from tests.support.site import Site

JUMPS = (-24.0, -1.0, 0.0, 0.0, 0.5, 3.0, 72.0, 240.0)  # hours
TELLING, TOLD = size(4, 12), size(2, 5)  # people at once, and what each has to tell


async def test_a_case_that_nobody_touches(site: Site, clock: Clock) -> None:
    """Filed Wednesday 10:00: sign by 12:00, answer by Monday 17:30."""
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    case = await the_case(site, number)
    assert (case.sign_due_at, case.due_at) == (at(18, 4), at(23, 9, 30))

    clock.set(at(18, 3, 59))
    assert await site.sweep() == 0
    clock.set(at(18, 4))
    assert await site.sweep() == 1
    assert await site.sweep() == 0
    clock.set(at(30, 9))
    assert await site.sweep() == 4  # remind, contact overdue, overdue, escalate

    assert await kinds(site, number) == [
        "submit", "route", "sign_overdue", "contact_overdue", "remind", "overdue", "escalate",
    ]  # fmt: skip
    case = await the_case(site, number)
    assert (case.overdue, case.level, case.status) == (True, 2, "dispatched")
    told = await notices(site)
    above = [key for person, key in told if person not in (None, "limin")]
    assert above.count("desk.sign_overdue") == 1 and above.count("desk.escalate") == 1
    assert "已超过答复期限，很抱歉" in (await resident.texts())[-1]


async def test_an_unsorted_case_has_a_clock_too(site: Site, clock: Clock) -> None:
    site.thinks("其他", action="hold")
    resident = await site.resident("B0103")
    await resident.file("那个事")
    clock.set(at(30, 9))
    await site.sweep()
    assert ("chenlu", "desk.remind") in await notices(site)


async def test_waiting_for_the_resident_stops_the_clock(site: Site, clock: Clock) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    worker = await site.staff("limin")
    await worker.step(number, "sign")
    await worker.step(number, "ask", text="几点？")
    clock.set(at(19, 2))  # a working day later
    await resident.look()
    await site.settle()
    await resident.look()
    await resident.press("answer")
    await resident.say("半夜")
    assert (await the_case(site, number)).due_at == at(24, 9, 30)


async def test_no_answer_within_three_days_and_the_work_goes_on(site: Site, clock: Clock) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    worker = await site.staff("limin")
    await worker.step(number, "sign")
    await worker.step(number, "ask", text="几点？")
    clock.set(at(20, 9))
    assert await site.sweep() == 0
    clock.set(at(21, 3))
    assert await site.sweep() == 1
    assert (await the_case(site, number)).status == "accepted"
    assert "没有等到您的回复" in (await resident.texts())[-1]


async def test_an_answered_case_is_closed_after_a_week_and_may_come_back_for_two_more(site: Site, clock: Clock) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    worker = await site.staff("limin")
    await worker.step(number, "sign")
    await worker.step(number, "reply", text="已清洗。", outcome="solved", photos=[await worker.upload()])
    clock.forward(days=7)
    assert await site.sweep() == 1
    assert (await the_case(site, number)).status == "closed"
    clock.forward(days=15)
    await resident.look()
    assert "已超过 14 天" in (await resident.press("reopen"))[0]


@pytest.mark.promise("R8")
async def test_a_clock_set_back_does_nothing_twice(site: Site, clock: Clock) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    clock.forward(days=3)
    await site.sweep()
    before = await kinds(site, number)
    clock.forward(days=-1)
    assert await site.sweep() == 0
    clock.forward(days=1)
    assert await site.sweep() == 0
    assert await kinds(site, number) == before


@pytest.mark.promise("R8")
async def test_a_clock_that_jumps_to_and_fro_under_load(
    site: Site, clock: Clock, record_property: Callable[..., None]
) -> None:
    """Whatever time it is said to be while people tell, officials sign and two workers sweep: each act of the clock is
    done once and never before its time, and none is forgotten."""
    chance, jumps, told, done = random.Random(20261123), list[float](), asyncio.Event(), asyncio.Event()

    async def jump() -> None:
        while not told.is_set() or len(jumps) < 4 * len(JUMPS):
            for hours in chance.sample(JUMPS, len(JUMPS)):
                jumps.append(hours)
                clock.set(at(18, 2) + timedelta(hours=hours))
                await asyncio.sleep(chance.uniform(0.02, 0.1))
        done.set()

    async def sweep() -> None:
        while not done.is_set():
            await sweep_some(site.parts.transactions, site.parts.senses.book, clock())
            await asyncio.sleep(0.005)

    async def tell(n: int) -> None:
        resident = await site.resident()
        for number in [await file(resident, f"楼下烧烤店油烟太大，第 {n}-{m} 次") for m in range(TOLD)]:
            if chance.random() < 0.5:
                await sign(site, number)

    async with asyncio.TaskGroup() as tasks:
        for going in (jump(), sweep(), sweep()):
            tasks.create_task(going)
        await asyncio.gather(*map(tell, range(TELLING)))
        told.set()
    before = await acts(site)
    assert await too_early_or_twice(site) == []
    assert {kind for _, kind in before} >= {"sign_overdue", "escalate"}, "the clock was ahead at times"
    clock.set(at(18, 2))
    assert await site.sweep() == 0
    clock.forward(days=30)
    await site.sweep()
    after = await acts(site)
    wanted = {(n, kind) for n in {n for n, _ in after} for kind in ("contact_overdue", "remind", "overdue", "escalate")}
    assert (await too_early_or_twice(site), wanted - after) == ([], set())
    assert len({n for n, _ in after}) >= TELLING * TOLD
    record_property("tried", f"{len(jumps)} jumps between −1 and +10 days, {TELLING * TOLD} cases, two workers")
    record_property("reached", f"{len(after)} acts of the clock, 0 too early, 0 twice, 0 forgotten")


async def file(resident: Resident, words: str) -> str:
    """A draft rests after a while, and the clock may jump past it: then it is told once more."""
    for _ in range(20):
        await resident.say(words)
        for action in ("submit", "separate"):
            if action in [button["action"] for line in resident.said for button in line["buttons"]]:
                await resident.press(action)
        if "case" in resident.said[-1]:
            return str(resident.said[-1]["case"]["number"])
    raise AssertionError(f"cannot be told: {resident.said}")


async def sign(site: Site, number: str) -> None:
    """A session ends when the clock jumps past its end, and the clock may get to the case first: then once more."""
    for _ in range(20):
        limin = await site.staff("limin")
        shown = await limin.http.get(f"/api/staff/cases/{number}")
        if shown.status_code == 200:
            answer = await limin.try_step(number, "sign", version=shown.json()["case"]["version"])
            if answer.status_code == 200:
                return
            shown = answer
        assert shown.status_code in (401, 409), shown.text
    raise AssertionError(f"{number} cannot be signed")


async def acts(site: Site) -> set[tuple[UUID, str]]:
    """What the clock did to each case."""
    return {(event.case_id, event.kind) for event, _, _ in await done_by_the_clock(site)}


async def too_early_or_twice(site: Site) -> list[tuple[str, datetime]]:
    """Each once and not before its time; only escalation comes again, a level up and a day later."""
    wrong, last = list[tuple[str, datetime]](), dict[tuple[UUID, str], datetime]()
    for event, timer, case in await done_by_the_clock(site):
        which = (event.case_id, event.kind)
        again = event.kind == "escalate" and which in last and event.at >= last[which] + timedelta(days=1)
        time = case.due_at if event.kind == "escalate" else timer.due_at
        if event.at < time or (which in last and not again):
            wrong.append((event.kind, event.at))
        last[which] = event.at
    return wrong


async def done_by_the_clock(site: Site) -> list[tuple[Event, Timer, Case]]:
    its = and_(col(Timer.case_id) == Event.case_id, col(Timer.act) == Event.kind, col(Timer.round) == 1)
    chosen = select(Event, Timer, Case).join(Timer, its).join(Case, col(Case.id) == Event.case_id)
    async with site.parts.sessions() as session:
        return list((await session.exec(chosen.order_by(col(Event.case_id), col(Event.seq)))).all())


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def kinds(site: Site, number: str) -> list[str]:
    case = await the_case(site, number)
    async with site.parts.sessions() as session:
        return list((await session.exec(select(Event.kind).where(Event.case_id == case.id).order_by(Event.seq))).all())  # type: ignore[arg-type]


async def notices(site: Site) -> list[tuple[str | None, str]]:
    async with site.parts.sessions() as session:
        rows = (await session.exec(select(Notification))).all()
    return [(row.person, row.text_key) for row in rows]


async def test_whoever_stands_above_reads_of_it(site: Site, clock: Clock) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    clock.forward(hours=3)
    await site.sweep()
    above = next(person for person, key in await notices(site) if key == "desk.sign_overdue" and person != "limin")
    leader = await site.staff(str(above))
    told = (await leader.http.get("/api/staff/notices")).json()
    assert told["unread"] == 1
    assert [(n["number"], n["read"], n["text"].split(" ")[0]) for n in told["notices"]] == [
        (number, False, f"【超时未签收】{number}")
    ]
    read = await leader.http.post("/api/staff/notices/read", json={"id": told["notices"][0]["id"]})
    assert read.status_code == 204
    assert (await leader.http.get("/api/staff/notices")).json()["unread"] == 0
