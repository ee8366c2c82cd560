"""吹哨报到: units called to one case, each with a task and a clock of its own; the lead waits for all of them."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from cases import whistle
from models import Case, CoStatus, CoTask, Event
from tests.support.clock import Clock
from tests.support.people import Staff
from tests.support.site import Site
from tests.support.told import told, who_was_told

FUMES = "楼下烧烤店油烟太大"
CALL = {"units": [{"unit": "SCJ"}, {"unit": "HBJ", "text": "测一次油烟"}], "text": "今晚八点联合检查"}


@pytest.fixture(scope="module")
async def site(shared_site: Site) -> Site:
    """Everybody signs in once."""
    here, sign_in = dict[str, Staff](), shared_site.staff

    async def staff(name: str) -> Staff:
        here[name] = here.get(name) or await sign_in(name)
        return here[name]

    shared_site.staff = staff  # type: ignore[method-assign]
    return shared_site


@pytest.fixture
def clock(site: Site) -> Clock:
    """Shared as well: it only goes forward, five hours in all."""
    assert isinstance(site.parts.now, Clock)
    return site.parts.now


@pytest.fixture
async def number(site: Site) -> str:
    """Signed by limin of 丹桂社区; 城管局 leads."""
    number = await (await site.resident("B0103")).file(FUMES)
    await (await site.staff("limin")).step(number, "sign")
    return number


async def co_tasks(site: Site, number: str) -> dict[str, CoTask]:
    async with site.parts.sessions() as session:
        chosen = select(CoTask).join(Case, col(Case.id) == CoTask.case_id).where(Case.number == number)
        return {task.unit: task for task in (await session.exec(chosen)).all()}


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def refused(site: Site, who: str, number: str, step: str, **given: Any) -> tuple[int, str]:
    answer = await (await site.staff(who)).try_step(number, step, **given)
    return answer.status_code, answer.json()["error"]["key"]


async def test_each_unit_gets_a_task_with_two_hours_to_sign(site: Site, number: str, clock: Clock) -> None:
    limin = await site.staff("limin")
    offered = next(step for step in (await limin.case(number))["steps"] if step["name"] == "whistle")
    assert (offered["needs"], {"DG-01"} & {one["value"] for one in offered["choices"]["units"]}) == (
        ["text", "units"], set(),
    )  # fmt: skip
    page = await limin.step(number, "whistle", **CALL)
    tasks = await co_tasks(site, number)
    assert {unit: (task.status, task.asked, task.due_at) for unit, task in tasks.items()} == {
        "SCJ": (CoStatus.CALLED, "今晚八点联合检查", clock() + timedelta(hours=2)),
        "HBJ": (CoStatus.CALLED, "今晚八点联合检查\n测一次油烟", clock() + timedelta(hours=2)),
    }
    assert page["case"]["co_unit_names"][-2:] == ["市场监督管理局", "生态环境分局"] and page["case"]["awaited"] == 2
    assert page["timeline"][-1]["kind_text"] == "李敏吹哨，请市场监督管理局、生态环境分局报到"
    assert await who_was_told(site, number, "desk.whistle") == sorted(task.assignee or "" for task in tasks.values())
    scj = await site.staff(tasks["SCJ"].assignee or "")
    assert number in await scj.tasks() and await scj.may(number) == ["co_sign", "co_decline", "note"]
    listed = (await scj.http.get("/api/staff/tasks")).json()["tasks"]
    shown = next(task for task in listed if task["number"] == number)
    assert (shown["called"], shown["next_due_text"], shown["primary"]) == (True, "报到", "co_sign")


async def test_an_urgent_case_has_its_own_quarter_of_an_hour(site: Site, clock: Clock) -> None:
    case = await the_case(site, await (await site.resident("B0103")).file("楼道里一股煤气味，很浓"))
    assert whistle.sign_by(site.parts.senses.book, case, clock()) == clock() + timedelta(minutes=15)


async def test_signing_gives_the_case_s_own_time(site: Site, number: str, clock: Clock) -> None:
    await (await site.staff("limin")).step(number, "whistle", **CALL)
    clock.forward(hours=1)
    await (await site.staff("huwen")).step(number, "co_sign")  # a colleague may
    task, case = (await co_tasks(site, number))["SCJ"], await the_case(site, number)
    assert (task.status, task.assignee, task.signed_at, task.due_at) == (CoStatus.SIGNED, "huwen", clock(), case.due_at)
    assert await refused(site, "weilixin", number, "co_answer", text="好") == (403, "step.not_yours")
    assert await (await site.staff("shiyue")).may(number) == ["co_answer", "co_decline", "note"], "their leader may"
    assert await told(site, number, "limin", "desk.co_sign") == [("desk.co_sign", "")]


async def test_what_came_of_it_reaches_the_caller_and_its_photos_not_the_resident(site: Site, number: str) -> None:
    await (await site.staff("limin")).step(number, "whistle", **CALL)
    huwen = await site.staff("huwen")
    await huwen.step(number, "co_sign")
    photo = await huwen.upload()
    page = await huwen.step(number, "co_answer", text="证照齐全", photos=[photo])
    task = next(one for one in page["case"]["co_tasks"] if one["unit"] == "SCJ")
    assert (task["status_text"], task["answer"], len(task["photos"]), task["next_due"]) == (
        "已反馈",
        "证照齐全",
        1,
        None,
    )
    assert await told(site, number, "limin", "desk.co_answer") == [("desk.co_answer", "证照齐全")]
    assert (await (await site.staff("limin")).http.get(task["photos"][0])).status_code == 200
    assert [(event["kind"], event["public"]) for event in page["timeline"][-3:]] == [
        ("whistle", False), ("co_sign", False), ("co_answer", False),
    ]  # fmt: skip
    assert await refused(site, "huwen", number, "co_answer", text="再说一遍") == (403, "step.not_yours")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"units": [], "text": "来一趟"}, (422, "step.needs_units")),
        ({"units": [{"unit": "nobody"}], "text": "来一趟"}, (422, "step.needs_units")),
        ({"units": [{"unit": "DG-01"}], "text": "来一趟"}, (422, "whistle.own_unit")),
        ({"units": [{"unit": "SCJ"}], "text": " "}, (422, "step.needs_text")),
    ],
)
async def test_a_whistle_that_makes_no_sense(
    site: Site, number: str, given: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert await refused(site, "limin", number, "whistle", **given) == expected
    assert await co_tasks(site, number) == {}


async def test_a_unit_is_called_again_only_when_it_has_ended(site: Site, number: str) -> None:
    limin = await site.staff("limin")
    await limin.step(number, "whistle", **CALL)
    once_more = {"units": [{"unit": "SCJ"}], "text": "再查一次"}
    assert await refused(site, "limin", number, "whistle", **once_more) == (422, "whistle.already")
    await (await site.staff("huwen")).step(number, "co_decline", text="不是食品问题")
    await limin.step(number, "whistle", **once_more)
    task = (await co_tasks(site, number))["SCJ"]
    assert (task.status, task.asked, task.answer, task.ended_at) == (CoStatus.CALLED, "再查一次", "", None)
    assert await refused(site, "guwenbo", number, "co_waive", unit="ZJJ", text="好") == (422, "whistle.not_called")


async def test_who_is_late_is_told_of_once_even_by_two_sweepers(site: Site, number: str, clock: Clock) -> None:
    await (await site.staff("limin")).step(number, "whistle", **CALL)
    await site.settle()
    await (await site.staff("fubo")).step(number, "co_sign")
    await site.settle()
    clock.forward(hours=2)

    async def swept() -> int:
        async with site.parts.transactions.begin() as session:
            return await whistle.sweep_co_tasks(session, site.parts.senses.book, clock())

    assert sum(await asyncio.gather(swept(), swept())) > 0
    await site.sweep()
    assert await late(site, number) == ["SCJ"]
    assignee = (await co_tasks(site, number))["SCJ"].assignee or ""
    assert await who_was_told(site, number, "desk.co_overdue") == sorted(
        {"limin", assignee, "shiyue", "guwenbo", "zouchao"}
    )
    assert [task.overdue for unit, task in sorted((await co_tasks(site, number)).items())] == [False, True]
    await (await site.staff(assignee)).step(number, "co_sign")
    assert not (await co_tasks(site, number))["SCJ"].overdue, "a new time, a new reminder"


async def late(site: Site, number: str) -> Sequence[str]:
    async with site.parts.sessions() as session:
        chosen = select(Event).join(Case, col(Case.id) == Event.case_id)
        rows = (await session.exec(chosen.where(Case.number == number, Event.kind == whistle.LATE))).all()
    return [unit for row in rows for unit in row.details["called"]]


async def test_a_case_that_is_over_keeps_nobody(site: Site, clock: Clock) -> None:
    resident = await site.resident("B0103")
    number = await resident.file(FUMES)
    limin = await site.staff("limin")
    await limin.step(number, "sign")
    await limin.step(number, "whistle", **CALL)
    assignee = (await co_tasks(site, number))["SCJ"].assignee or ""
    await site.settle()
    await resident.look()
    await resident.press("withdraw")
    await resident.press("confirm_withdraw")
    assert (await the_case(site, number)).status == "withdrawn"
    assert assignee in await who_was_told(site, number, "desk.withdraw")
    assert number not in await (await site.staff(assignee)).tasks()
    clock.forward(hours=2)
    await site.sweep()
    assert {task.status for task in (await co_tasks(site, number)).values()} == {CoStatus.WAIVED}
    assert await late(site, number) == []


async def test_called_units_see_it_as_co_units_do_and_only_their_own_steps(site: Site, number: str) -> None:
    """Before the call it is not there for them; after it they see no more than a clerk of a co-unit."""
    fubo = await site.staff("fubo")
    assert (await fubo.http.get(f"/api/staff/cases/{number}")).status_code == 404
    await (await site.staff("limin")).step(number, "whistle", **CALL)
    assert await fubo.may(number) == ["co_sign", "co_decline", "note"]
    for step, given in (("reply", {"text": "好", "outcome": "solved"}), ("whistle", CALL), ("raise", {"text": "好"})):
        assert (await refused(site, "fubo", number, step, **given))[0] == 403
    assert (await refused(site, "wufan", number, "co_sign"))[0] == 403, "the lead unit was not called"
