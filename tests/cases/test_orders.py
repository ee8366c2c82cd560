"""督办单: who may issue one, who must answer, what happens when nobody does; a resident reads one line of it."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from app.work import sweep_some
from models import Case, Order
from tests.support.clock import Clock
from tests.support.site import Site
from tests.support.told import told, who_was_told

TOWN = ZoneInfo("Asia/Shanghai")
ASKED = "三天没有动静，请说明原因和完成时间"
ANSWER = "设备明天到，后天清洗完"


def at(written: str) -> datetime:
    """`19 17:30` in the town, in November 2026; the 18th, when the clock stands, is a Wednesday."""
    return datetime.fromisoformat(f"2026-11-{written}").replace(tzinfo=TOWN).astimezone(UTC)


async def filed(site: Site) -> str:
    """With limin, led by 城管局, whose leader is dongchunsheng."""
    return await (await site.resident("B0103")).file("楼下烧烤店油烟太大")


async def orders_of(site: Site, number: str) -> list[Order]:
    async with site.parts.sessions() as session:
        chosen = select(Order).join(Case, col(Case.id) == Order.case_id).where(Case.number == number)
        return list((await session.exec(chosen.order_by(col(Order.id)))).all())


async def refused(person: Any, number: str, step: str, **given: Any) -> tuple[int, str]:
    answer = await person.try_step(number, step, **given)
    return answer.status_code, answer.json()["error"]["key"]


async def test_asked_answered_taken(site: Site, clock: Clock) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    supervisor, leader = await site.staff("guwenbo"), await site.staff("dongchunsheng")
    page = await supervisor.step(number, "order", text=ASKED)
    [order] = await orders_of(site, number)
    assert order.number.startswith("督2611-") and len(order.number) == 10
    assert (order.unit, order.person, order.due_at) == ("CGJ", None, at("19 17:30"))
    assert page["case"]["order"] == {
        "number": order.number, "who": "顾文博", "due": "2026-11-19T09:30:00Z", "text": ASKED, "answer": "",
        "overdue": False,
    }  # fmt: skip
    assert page["timeline"][-1]["kind_text"] == f"顾文博下达督办单 {order.number}，明天 17:30 前答复"
    assert ("desk.order", ASKED) in await told(site, number, "dongchunsheng")
    assert await told(site, number, "limin", "desk.order") == []
    await site.settle()
    lines = await resident.texts()
    assert [line for line in lines if "督办" in line] == [f"{number} 上级部门已督办，要求承办单位限期答复。"]
    assert not [line for line in lines if ASKED in line]

    assert await refused(supervisor, number, "close_order") == (403, "order.unanswered")
    assert await refused(supervisor, number, "order", text="再问") == (403, "order.waits")
    assert await refused(leader, number, "answer_order", text=" ") == (422, "step.needs_text")
    page = await leader.step(number, "answer_order", text=ANSWER)
    assert page["case"]["order"]["answer"] == ANSWER
    assert await told(site, number, "guwenbo", "desk.answer_order") == [("desk.answer_order", ANSWER)]
    assert await refused(leader, number, "answer_order", text="又答") == (403, "order.not_yours")
    page = await supervisor.step(number, "close_order")
    assert page["case"]["order"] is None
    [order] = await orders_of(site, number)
    assert (order.answer, order.answered_by, order.closed_at) == (ANSWER, "dongchunsheng", clock())
    inside = [event["kind"] for event in page["timeline"] if not event["public"]]
    assert inside[-3:] == ["order", "answer_order", "close_order"]
    await site.settle()
    assert not [line for line in await resident.texts() if ANSWER in line]


async def test_one_person_is_asked_by_a_day_and_asked_again(site: Site) -> None:
    number = await filed(site)
    supervisor, wufan = await site.staff("guwenbo"), await site.staff("wufan")
    await supervisor.step(number, "order", text=ASKED, assignee="wufan", days=3)
    assert (await orders_of(site, number))[0].due_at == at("23 17:30")  # Thursday, Friday, Monday
    assert await who_was_told(site, number, "desk.order") == ["wufan"]
    await wufan.step(number, "answer_order", text="再等等")
    again = await supervisor.step(number, "order", text="等到哪一天？")
    first, second = await orders_of(site, number)
    assert first.closed_at is not None and second.closed_at is None and second.person is None
    assert first.number != second.number == again["case"]["order"]["number"]


async def test_whoever_handles_it_may_answer_for_the_unit(site: Site) -> None:
    number = await filed(site)
    limin = await site.staff("limin")
    await limin.step(number, "sign")
    assert "answer_order" not in await limin.may(number)
    await (await site.staff("guwenbo")).step(number, "order", text=ASKED)
    await limin.step(number, "answer_order", text=ANSWER)
    assert (await orders_of(site, number))[0].answered_by == "limin"


@pytest.mark.parametrize(
    ("given", "key"),
    [({"days": 0}, "order.days"), ({"days": 16}, "order.days"), ({"assignee": "shensong"}, "step.wrong_assignee")],
)
async def test_what_cannot_be_asked(site: Site, given: dict[str, Any], key: str) -> None:
    number = await filed(site)
    assert await refused(await site.staff("guwenbo"), number, "order", text=ASKED, **given) == (422, key)
    assert await orders_of(site, number) == []


async def test_nobody_but_a_supervisor_issues_one(site: Site) -> None:
    number = await filed(site)
    for name in ("dongchunsheng", "chenlu", "limin", "jiangyan"):
        assert await refused(await site.staff(name), number, "order", text=ASKED) == (403, "step.not_yours")


async def test_not_answered_in_time_goes_up_once(site: Site, clock: Clock) -> None:
    """Also of a case that was answered to the resident meanwhile: the order wants its own answer."""
    number = await filed(site)
    limin, supervisor = await site.staff("limin"), await site.staff("guwenbo")
    await supervisor.step(number, "order", text=ASKED)
    await limin.step(number, "sign")
    await limin.step(number, "reply", text="已清洗。", outcome="solved", photos=[await limin.upload()])
    await site.settle()
    clock.set(at("19 17:29"))
    await site.sweep()
    assert await who_was_told(site, number, "desk.order_overdue") == []
    clock.set(at("19 17:30"))
    transactions, book = site.parts.transactions, site.parts.senses.book
    assert sum(await asyncio.gather(*(sweep_some(transactions, book, clock()) for _ in range(3)))) == 1
    assert await site.sweep() == 0
    known = await who_was_told(site, number, "desk.order_overdue")
    assert known == ["dongchunsheng", "guwenbo"], "who has to answer, who asked; who stands above a bureau too"
    supervisor = await site.staff("guwenbo")
    page = await supervisor.case(number)
    assert page["timeline"][-1]["kind"] == "order_overdue" and page["case"]["order"]["overdue"]
    await (await site.staff("dongchunsheng")).step(number, "answer_order", text=ANSWER)
    await supervisor.step(number, "close_order")
    clock.set(at("22 10:00"))
    await site.sweep()
    assert len(await who_was_told(site, number, "desk.order_overdue")) == len(known)


async def test_overdue_and_asked_anew(site: Site, clock: Clock) -> None:
    number = await filed(site)
    supervisor = await site.staff("guwenbo")
    await supervisor.step(number, "order", text=ASKED)
    clock.set(at("20 09:00"))
    await site.sweep()
    supervisor = await site.staff("guwenbo")
    await supervisor.step(number, "order", text="改由分管领导答复")
    first, second = await orders_of(site, number)
    assert first.answered_at is None and first.closed_at == clock() and not second.overdue
    clock.set(at("30 09:00"))
    await site.sweep()
    assert (await orders_of(site, number))[1].overdue


async def test_numbers_are_never_the_same(site: Site, clock: Clock) -> None:
    numbers = [await filed(site) for _ in range(3)]
    supervisors = [await site.staff(name) for name in ("guwenbo", "zouchao", "guwenbo")]
    await asyncio.gather(*(who.step(n, "order", text=ASKED) for who, n in zip(supervisors, numbers, strict=True)))
    assert len({(await orders_of(site, number))[0].number for number in numbers}) == 3
