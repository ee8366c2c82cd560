"""吹哨报到: three departments called; one answers, one declines, one is let off: only then the answer goes out."""

import httpx
from sqlmodel import select

from models import Case
from tests.support.people import Staff, photo
from tests.support.site import Site
from tests.support.told import told

CALLED = ["SCJ", "HBJ", "DG-PCS"]


async def test_three_departments_at_one_case(site: Site) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大，占着人行道，半夜还吵")
    worker = await site.staff("limin")
    await worker.step(number, "sign")
    calls = [{"unit": "SCJ", "text": "查证照"}, {"unit": "HBJ", "text": "测油烟"}, {"unit": "DG-PCS"}]
    await worker.step(number, "whistle", units=calls, text="今晚八点到丹桂苑 5 栋")
    have = {unit: await assignee(site, number, unit) for unit in CALLED}
    market, ecology, police = [await site.staff(have[unit]) for unit in CALLED]

    refused = await reply(worker, number)
    assert (refused.status_code, refused.json()["error"]["key"]) == (403, "whistle.awaited")
    assert "还有单位没有反馈" in refused.json()["error"]["message"]

    await market.step(number, "co_sign")
    await market.step(number, "co_answer", text="证照齐全，已责令不得占道", photos=[await market.upload(photo("navy"))])
    await police.step(number, "co_decline", text="夜间没有接到噪音警情，不归我们")
    assert (await reply(worker, number)).status_code == 403, "one is still waited for"
    supervisor = await site.staff("guwenbo")
    step = next(one for one in (await supervisor.case(number))["steps"] if one["name"] == "co_waive")
    assert [one["value"] for one in step["choices"]["unit"]] == ["HBJ"]
    await supervisor.step(number, "co_waive", unit="HBJ", text="检测车在修，先按现场情况办")
    assert await told(site, number, have["HBJ"], "desk.co_waive") == [("desk.co_waive", "检测车在修，先按现场情况办")]
    assert number not in await ecology.tasks()

    page = await worker.case(number)
    assert {task["unit"]: task["status_text"] for task in page["case"]["co_tasks"]} == {
        "SCJ": "已反馈", "HBJ": "不再等", "DG-PCS": "不归本单位",
    }  # fmt: skip
    done = await reply(worker, number)
    assert done.status_code == 200, done.text
    await site.settle()
    said = await resident.texts()
    assert f"{number} 要几家一起办，已经请市场监督管理局、生态环境分局、丹桂派出所来协助。" in said
    assert f"{number} 有进展：市场监督管理局办完了他们那部分，结果会一并答复您。" in said
    assert not any("占道" in text or "检测车" in text or "警情" in text for text in said[:-1])
    shown = [url for line in await resident.look() for url in line.get("photos", [])]
    assert len(shown) == 1, "the lead's own photo; the departments' are the staff's"


async def reply(worker: Staff, number: str) -> httpx.Response:
    evidence = await worker.upload()
    return await worker.try_step(
        number, "reply", text="三家到场，烟机已装，人行道已清。", outcome="solved", photos=[evidence]
    )


async def assignee(site: Site, number: str, unit: str) -> str:
    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
    return str(case.co_tasks[unit]["assignee"])
