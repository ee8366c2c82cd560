"""A case is left out of the rates (剔除): proposed, granted, told to the resident, who appeals and is right."""

from datetime import date, timedelta

from sqlmodel import select

from cases import rates
from cases.rates import Rates
from models import Case, Exclusion, ExclusionReason
from tests.support.clock import Clock
from tests.support.people import Resident
from tests.support.site import Site
from tests.support.told import told, who_was_told

WHY = "上个月同一家店已经答复过"
WEEK = (date(2026, 11, 16), date(2026, 11, 22))


async def answered(site: Site, clock: Clock) -> tuple[Resident, str]:
    """Signed, answered and rated: solved, but not satisfied."""
    resident, limin = await site.resident("B0103"), await site.staff("limin")
    number = await resident.file("楼下烧烤店油烟太大")
    await limin.step(number, "sign")
    clock.forward(minutes=30)
    await limin.step(number, "reply", text="已清洗烟道。", outcome="solved", photos=[await limin.upload()])
    await site.settle()
    await resident.look()
    for answer in ("contacted", "solved", "satisfied"):
        await resident.press("rate", {"contacted": "联系过", "solved": "解决了", "satisfied": "不满意"}[answer])
    return resident, number


async def told_now(site: Site, as_of: bool = True) -> Rates:
    async with site.parts.sessions() as session:
        until = site.parts.now() + timedelta(seconds=1) if as_of else None
        return await rates.total(session, start=WEEK[0], end=WEEK[1], as_of=until)


async def test_left_out_appealed_and_counted_again(site: Site, clock: Clock) -> None:
    resident, number = await answered(site, clock)
    assert (await told_now(site)).satisfied == rates.Share(0, 1)
    limin, guwenbo = await site.staff("limin"), await site.staff("guwenbo")

    clock.forward(hours=2)
    await limin.step(number, "exclude", ground="repeated", text=WHY)
    assert await who_was_told(site, number, "desk.exclude") == ["guwenbo", "zouchao"]
    assert "exclude" not in await limin.may(number), "once"
    assert (await told_now(site)).satisfied.whole == 1, "nothing changes before somebody has decided"
    page = await guwenbo.step(number, "grant_exclusion", text="上次答复就是这家店，整改也在进行。")
    assert page["case"]["exclusion"] == {
        "state": "granted", "who": "李敏", "ground": "同一件事已经答复，又重复反映", "text": WHY, "appeal": "",
    }  # fmt: skip
    assert await who_was_told(site, number, "desk.grant_exclusion") == ["limin"]
    now = await told_now(site)
    assert (now.satisfied, now.finished, now.filed, now.excluded) == (rates.Share(0, 0), rates.Share(0, 0), 0, 1)

    await site.settle()
    line = (await resident.look())[-1]
    assert line["text"] == (
        f"{number} 给您的答复照样有效，您的权利一样不少。只是统计各单位办得怎么样时，这一件不算进去，"
        "因为同一件事已经答复，又重复反映：上次答复就是这家店，整改也在进行。\n"
        "您如果不同意，12 月 3 日 12:30 前点“提出异议”，会由没有参与过这件事的人重新决定。"
    )
    assert line["buttons"][0]["label"] == "提出异议"
    assert await resident.press("appeal") == [f"{number} 您为什么不同意？说说理由，也可以附照片。"]
    assert await resident.say("上次是隔壁那家，这是新开的") == [
        f"您对 {number} 的异议收到了，会由没有参与过这件事的人重新决定，有结果就告诉您。"
    ]
    assert await who_was_told(site, number, "desk.appeal") == ["jiangyan", "wenxuemei", "zouchao"]

    assert not {"uphold_appeal", "dismiss_appeal"} & {*await guwenbo.may(number)}, "they decided before"
    assert not {"uphold_appeal", "dismiss_appeal"} & {*await limin.may(number)}
    clock.forward(hours=20)
    await (await site.staff("zouchao")).step(number, "uphold_appeal", text="确实是两家店。")
    await site.settle()
    assert (await resident.look())[-1]["text"] == (
        f"您对 {number} 提的异议成立，这一件重新计入统计：确实是两家店。\n谢谢您认真说明。"
    )
    assert await told(site, number, "limin", "desk.uphold_appeal") == [("desk.uphold_appeal", "确实是两家店。")]
    assert ((await told_now(site)).satisfied, (await told_now(site)).excluded) == (rates.Share(0, 1), 0)


async def test_refused_it_counts_and_late_or_from_others_it_is_not_taken(site: Site, clock: Clock) -> None:
    resident, number = await answered(site, clock)
    limin, guwenbo = await site.staff("limin"), await site.staff("guwenbo")
    assert (await limin.try_step(number, "exclude", text=WHY)).json()["error"]["key"] == "step.needs_ground"
    assert (await limin.try_step(number, "exclude", ground="repeated")).json()["error"]["key"] == "step.needs_text"
    other = await (await site.staff("chenlu")).try_step(number, "exclude", ground="untrue", text=WHY)
    assert (other.status_code, other.json()["error"]["key"]) == (403, "step.not_yours")
    assert "grant_exclusion" not in await guwenbo.may(number), "nothing is asked for"
    await limin.step(number, "exclude", ground="untrue", text=WHY)
    await guwenbo.step(number, "refuse_exclusion", text="是真的")
    assert await told(site, number, None, "resident.refuse_exclusion") == []
    again = await limin.try_step(number, "exclude", ground="untrue", text=WHY)
    assert (again.status_code, again.json()["error"]["key"]) == (403, "exclusion.not_now")
    assert (await told_now(site)).excluded == 0

    await resident.say("进度")
    await resident.press("reopen")
    await resident.say("又冒烟了")
    leader = await site.staff("dongchunsheng")
    await leader.step(number, "sign")
    await leader.step(number, "reply", text="已停业整改。", outcome="solved", photos=[await leader.upload()])
    clock.forward(days=15)
    leader = await site.staff("dongchunsheng")
    late = await leader.try_step(number, "exclude", ground="untrue", text=WHY)
    assert (late.status_code, late.json()["error"]["key"]) == (403, "exclusion.not_now")


async def test_an_appeal_is_taken_for_fifteen_days_and_once(site: Site, clock: Clock) -> None:
    resident, number = await answered(site, clock)
    limin, guwenbo = await site.staff("limin"), await site.staff("guwenbo")
    await limin.step(number, "exclude", ground="unreasonable", text=WHY)
    await guwenbo.step(number, "grant_exclusion", text="没有依据")
    await site.settle()
    await resident.look()
    clock.forward(days=15, minutes=1)
    over = f"{number} 现在没有可以提异议的决定：可能已经提过，或者过了 15 天。"
    assert (await resident.press("appeal"))[0] == over
    clock.forward(days=-1)
    await resident.say("进度")
    await resident.press("appeal")
    assert "异议收到了" in (await resident.say("我不服"))[0]
    await resident.say("进度")
    assert "appeal" not in [button["action"] for button in resident.said[-1]["buttons"]]
    await (await site.staff("jiangyan")).step(number, "dismiss_appeal", text="要求超出了政策")
    async with site.parts.sessions() as session:
        row = (await session.exec(select(Exclusion).join(Case).where(Case.number == number))).one()
    assert (row.reason, row.granted, row.appeal, row.upheld) == (ExclusionReason.UNREASONABLE, True, "我不服", False)
    assert (row.proposed_by, row.decided_by, row.appeal_decided_by) == ("limin", "guwenbo", "jiangyan")
    assert (await told_now(site)).excluded == 1
    assert (await told_now(site, as_of=False)).excluded == 1, "decided within the week"
