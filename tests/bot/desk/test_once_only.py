"""The same update again, two people at once, buttons of another day: one effect, and a clear answer."""

import asyncio

import pytest
from sqlmodel import col, select

from bot.desk import cards
from models import Case, DeskChat, DeskMessage, Event
from tests.bot.desk.conftest import Bound
from tests.bot.desk.phones import Phone
from tests.support.clock import Clock
from tests.support.site import Site


async def events(site: Site, number: str) -> list[str]:
    async with site.parts.sessions() as session:
        of_case = select(Event.kind).join(Case, col(Case.id) == Event.case_id).where(Case.number == number)
        return list((await session.exec(of_case.order_by(col(Event.seq)))).all())


async def task(site: Site, worker: Phone) -> str:
    number = await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    await worker.look()
    return number


async def test_an_update_that_comes_three_times_at_once(site: Site, bound: Bound) -> None:
    worker = await bound("limin")
    number = await task(site, worker)
    press = {"key": "again", "choice": worker.token("签收"), "query": "q"}
    toasts = await worker.arrive_at_once(press, press, press)
    assert sorted(toasts) == ["", "", f"已签收，{number} 由您办理。"]
    assert await events(site, number) == ["submit", "route", "sign"]


async def test_a_button_pressed_three_times_at_once(site: Site, bound: Bound) -> None:
    worker = await bound("limin")
    number = await task(site, worker)
    token = worker.token("签收")
    presses = [{"key": f"tap{n}", "choice": token, "query": "q"} for n in range(3)]
    toasts = await worker.arrive_at_once(*presses)
    again = "这一步您今天 10:00 已经办过了，最新情况如下。"
    assert sorted(toasts) == [f"已签收，{number} 由您办理。", again, again]
    assert await events(site, number) == ["submit", "route", "sign"]


async def test_words_that_come_three_times(site: Site, bound: Bound) -> None:
    worker = await bound("limin")
    number = await task(site, worker)
    await worker.press("签收")
    await worker.press("问居民")
    said = {"key": "words", "text": "店招牌叫什么？"}
    await worker.arrive_at_once(said, said, said)
    assert await events(site, number) == ["submit", "route", "sign", "ask"]
    async with site.parts.sessions() as session:
        rows = (await session.exec(select(DeskMessage).where(DeskMessage.unique_key == "in:words"))).all()
    assert [row.text for row in rows] == ["店招牌叫什么？"]


async def test_of_two_who_accept_one_wins(site: Site, bound: Bound, clock: Clock) -> None:
    """Both are told by their cards; who was slower also by a word."""
    site.thinks("住房建设", "住房建设/房屋质量")
    first, second = await bound("heguoqing"), await bound("wanlong")
    number = await (await site.resident("B0103")).file("客厅天花板漏水")
    async with site.parts.sessions() as session:
        assignee = (await session.exec(select(Case.assignee).where(Case.number == number))).one()
    await first.look()
    faster, slower = (first, second) if assignee == "heguoqing" else (second, first)
    name = {"heguoqing": "何国庆", "wanlong": "万龙"}[assignee or ""]
    await slower.say("/tasks")
    await open_card(site, slower, number)
    old = slower.token("签收")
    clock.forward(minutes=32)
    await faster.press("签收")
    assert slower.card(number).text.splitlines()[3] == f"{name}在办，今天 10:32 签收", "its card says by whom"
    assert "签收" not in slower.card(number).buttons
    said = await slower.arrive(choice=old, query="q")
    assert said[0] == f"这一步已由{name}在今天 10:32 办过了，最新情况如下。" == slower.toast
    assert said[1].startswith(f"【办理中】{number}")
    assert await events(site, number) == ["submit", "route", "sign"]


async def test_two_accept_at_the_same_moment(site: Site, bound: Bound) -> None:
    site.thinks("住房建设", "住房建设/房屋质量")
    first, second = await bound("heguoqing"), await bound("wanlong")
    number = await (await site.resident("B0103")).file("客厅天花板漏水")
    await first.look()
    for phone in (first, second):
        await open_card(site, phone, number)
    presses = [(phone, {"key": f"k{n}", "choice": phone.token("签收")}) for n, phone in enumerate((first, second))]
    await asyncio.gather(*(phone.post.door.receive(phone.arrival(**what)) for phone, what in presses))
    await first.look()
    assert await events(site, number) == ["submit", "route", "sign"]
    assert first.card(number).text.splitlines()[:4] == second.card(number).text.splitlines()[:4]


async def test_an_old_card_changes_nothing(site: Site, bound: Bound) -> None:
    """The case moved in another way than the button would: said before anybody writes."""
    worker = await bound("limin")
    number = await task(site, worker)
    await worker.press("签收")
    old = worker.token("退单")
    await (await site.staff("limin")).step(number, "contact")
    said = await worker.arrive(choice=old, query="q")
    assert f"{number} 刚刚有了变化，这一步没有做。最新情况如下。" in said
    assert await events(site, number) == ["submit", "route", "sign", "contact"]
    assert worker.last().text.startswith(f"【办理中】{number}")


async def test_what_was_written_is_kept_when_the_case_moves_meanwhile(site: Site, bound: Bound) -> None:
    worker = await bound("limin")
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    await worker.look()
    await worker.press("签收")
    await worker.press("问居民")
    await resident.press("supplement")
    await resident.say("每天晚上十点以后最重")
    said = await worker.say("店招牌叫什么？")
    assert f"您写的时候，{number} 有了新情况，见上。写好的还在，要照样提交吗？" in said
    assert f"{number}\n店招牌叫什么？\n要提交吗？" in said
    assert "ask" not in await events(site, number)
    await worker.press("提交")
    assert (await events(site, number))[-1] == "ask"


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "枫" * 64, "a" * 4000])
async def test_a_made_up_button(bound: Bound, token: str) -> None:
    said = await (await bound("limin")).arrive(choice=token, query="q", text="")
    assert said in (
        ["这个按钮已经过期了，什么都没有变。/tasks 看待办。"],
        ["现在没有等您写的内容。点工单上的按钮办理，或用 /tasks 看待办。"],
    )


async def test_a_question_that_is_over(site: Site, bound: Bound) -> None:
    worker = await bound("limin")
    number = await task(site, worker)
    await worker.press("退单")
    reason, cancel = worker.token("重复"), worker.token("取消")
    await worker.press("取消")
    assert await worker.arrive(choice=reason, query="q") == ["这个按钮已经过期了，什么都没有变。/tasks 看待办。"]
    assert await worker.arrive(choice=cancel, query="q") == ["这个按钮已经过期了，什么都没有变。/tasks 看待办。"]
    assert await events(site, number) == ["submit", "route"]


async def test_a_choice_made_twice_is_made_once(site: Site, bound: Bound) -> None:
    worker = await bound("limin")
    number = await task(site, worker)
    await worker.press("退单")
    reason = worker.token("不在我网格")
    await worker.press("不在我网格")
    assert await worker.arrive(choice=reason, query="q") == []
    assert worker.toast == "这一步已经办过了。"
    assert await events(site, number) == ["submit", "route"]


async def test_yesterdays_question_hears_nothing_today(site: Site, bound: Bound, clock: Clock) -> None:
    worker = await bound("limin")
    number = await task(site, worker)
    await worker.press("签收")
    await worker.press("问居民")
    clock.forward(hours=13)
    assert (await worker.say("今天先去别处"))[-1].startswith("现在没有等您写的内容。")
    assert "ask" not in await events(site, number)


async def test_a_card_that_moved_before_it_was_sent_is_sent_once(site: Site, bound: Bound) -> None:
    """The line itself says how things stand; its edit is not sent as well."""
    worker = await bound("limin")
    number = await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    await site.settle()
    await (await site.staff("limin")).step(number, "sign")
    await site.settle()
    said = await worker.look()
    assert [text.splitlines()[0] for text in said] == [f"【办理中】{number} · 餐饮油烟 · 剩 2 天 7 小时联系居民"]


async def open_card(site: Site, phone: Phone, number: str) -> None:
    async with site.parts.transactions.begin() as session:
        chat = await session.get_one(DeskChat, ("telegram-staff", phone.chat))
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        await cards.open_card(session, chat, case.id, f"test:{number}", site.parts.now())
    await phone.look()
