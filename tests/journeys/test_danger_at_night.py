"""Words of danger at three in the morning: who is rung, one level more each five minutes, silence when one comes."""

from datetime import UTC, datetime

from sqlmodel import col, select

from models import Case, DeskMessage
from tests.support.clock import Clock
from tests.support.telegram import Phone, Telegram, words
from tests.support.told import who_was_told

GAS = "楼道里一股煤气味"
NIGHT = datetime(2026, 11, 18, 19, 0, tzinfo=UTC)  # Thursday, 03:00 in the town


async def danger(telegram: Telegram, phone: Phone) -> str:
    """One sentence, filed by itself; the numbers to call come first of all."""
    phone.start(telegram.site.code("B0103"))
    await phone.hears("您在丹桂苑 3 栋")
    phone.say(GAS)
    number = words(await phone.hears("已先替您上报")).partition("编号 ")[2][:11]
    said = [text for text in phone.texts if "119" in text or number in text]
    assert "119" in said[0] and number in said[1]
    return number


async def loud(telegram: Telegram, person: str, *keys: str) -> list[bool]:
    """Whether each of these lines made a sound at their telephone."""
    async with telegram.site.parts.sessions() as session:
        chosen = select(DeskMessage).where(DeskMessage.person == person, col(DeskMessage.text_key).in_(keys))
        return [not row.quiet for row in (await session.exec(chosen.order_by(col(DeskMessage.id)))).all()]


async def lead_of(telegram: Telegram, number: str) -> tuple[str, str]:
    """The unit, and who has it."""
    async with telegram.site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        return str(case.unit), str(case.assignee)


async def test_danger_at_three_in_the_morning(telegram: Telegram, clock: Clock) -> None:
    clock.set(NIGHT)
    site = telegram.site
    site.thinks("公用事业", "公用事业/供气")
    on_duty, street = await telegram.worker("shensong", "沈松"), await telegram.worker("hezhiqiang", "贺志强")
    desk = await site.staff("wanyang")  # on duty at the desk, with the page open instead of a bot
    number = await danger(telegram, telegram.resident())
    unit, has_it = await lead_of(telegram, number)
    assert unit == "RANQI"
    await on_duty.hears(f"【危险】{number}")
    await telegram.settle()
    notices = (await desk.http.get("/api/staff/notices")).json()["notices"]
    assert notices[0]["text"].startswith(f"【危险】{number}")
    assert {"limin", "shensong", "guwenbo"} <= set(await who_was_told(site, number, "desk.danger")), (
        "the grid's worker, the unit's duty, a supervisor"
    )
    assert street.texts[1:] == [], "nobody wakes the street's leader at once"

    clock.forward(minutes=5)
    await site.sweep()
    await on_duty.hears(f"【危险 · 还没有人接警】{number}")
    for _ in range(3):
        clock.forward(minutes=5)
        await site.sweep()
    await street.hears(f"【危险 · 还没有人接警】{number}")
    assert all(await loud(telegram, "shensong", "desk.danger", "desk.ring")), "at night it makes a sound"

    await (await site.staff(has_it)).step(number, "sign")
    await telegram.settle()
    await street.hears("已签收，其他人不用再赶去")
    assert await loud(telegram, "hezhiqiang", "desk.sign") == [False]
    before = len(on_duty.lines), len(street.lines)
    clock.forward(minutes=10)
    await site.sweep()
    await telegram.settle()
    assert (len(on_duty.lines), len(street.lines)) == before, "silence"


async def test_nobody_knows_where_until_they_say_it(telegram: Telegram, clock: Clock) -> None:
    """One sentence without a place rings the desk; the place, ten minutes later, rings whoever lives there."""
    clock.set(NIGHT)
    site, near, phone = telegram.site, await telegram.worker("limin"), telegram.resident()
    phone.start()
    await phone.hears("您好")
    phone.say("着火了，快来人")
    number = words(await phone.hears("已先替您上报")).partition("编号 ")[2][:11]
    await phone.hears("是在什么地方")
    await telegram.settle()
    assert await who_was_told(site, number, "desk.danger") and near.texts[1:] == []
    clock.forward(minutes=10)
    await site.sweep()
    phone.say("丹桂苑 3 栋三楼")
    await phone.hears("记下了，在丹桂苑 3 栋")
    await near.hears(number)
    assert all(await loud(telegram, "limin", "desk.danger", "desk.relocate"))
    phone.say("没事了")
    await near.hears("本人说明：是误报")
    clock.forward(minutes=5)
    await site.sweep()
    await near.hears(f"【危险 · 还没有人接警】{number}")  # until somebody of the staff has looked
    assert len(await cases_of(telegram)) == 1


async def cases_of(telegram: Telegram) -> list[str]:
    async with telegram.site.parts.sessions() as session:
        return list((await session.exec(select(Case.number))).all())


async def test_a_false_alarm(telegram: Telegram, clock: Clock) -> None:
    """By the staff's bot, from the line that rang; the case goes on."""
    clock.set(NIGHT)
    site = telegram.site
    site.thinks("公用事业", "公用事业/供气")
    on_duty = await telegram.worker("limin")
    number = await danger(telegram, telegram.resident())
    await on_duty.press("打开工单", await on_duty.hears(f"【危险】{number}"))
    await on_duty.press("误报")
    await on_duty.hears("怎么核实的")
    on_duty.say("到楼道看过，是邻居煮糊了锅")
    await on_duty.hears(f"{number} 已记为误报")
    clock.forward(minutes=10)
    await site.sweep()
    await telegram.settle()
    assert not [text for text in on_duty.texts if "还没有人接警" in text]
    page = await (await site.staff("wanyang")).case(number)
    assert (page["case"]["danger"], page["case"]["status"]) == (False, "dispatched")
    assert page["timeline"][-1]["text"] == "到楼道看过，是邻居煮糊了锅"
