"""What time does: a reminder, the overdue mark, one level up, and the ends that come by themselves."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from models import Case, Event, Notification
from tests.support.clock import Clock
from tests.support.site import Site


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
