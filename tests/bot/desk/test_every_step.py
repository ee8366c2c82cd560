"""Every step of STEPS somebody on the staff may take, from cards, by buttons and words."""

from sqlmodel import col, select

from bot.desk import cards
from cases import exclusion, feedback, steps
from models import Case, DeskChat, Event, Status
from tests.bot.desk.conftest import Bound
from tests.bot.desk.phones import Phone
from tests.support.clock import Clock
from tests.support.danger import file_danger
from tests.support.site import Site

WALKED = set[str]()


async def filed(
    site: Site, label: str = "住房建设", item: str | None = "住房建设/房屋质量", action: str = "route"
) -> Case:
    """A case that needs photos and a leader's review; two clerks and a leader could handle it."""
    site.thinks(label, item, action)
    resident = await site.resident("B0103")
    number = await resident.file("新房客厅天花板漏水，墙皮都掉了")
    await site.settle()
    return await case_of(site, number)


async def case_of(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def last_event(site: Site, number: str) -> Event:
    async with site.parts.sessions() as session:
        newest = select(Event).join(Case, col(Case.id) == Event.case_id).where(Case.number == number)
        event = (await session.exec(newest.order_by(col(Event.seq).desc()).limit(1))).one()
    WALKED.add(event.kind)
    return event


async def resident_says(site: Site, number: str, text: str) -> None:
    async with site.parts.transactions.begin() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        await feedback.relay_back(session, site.parts.senses.book, case, text, [], site.parts.now())
    await site.settle()


async def test_handling(site: Site, bound: Bound, clock: Clock) -> None:
    case = await filed(site)
    number, handler = case.number, case.assignee
    assert handler in ("heguoqing", "wanlong")
    worker, leader = await bound(handler), await bound("shibin")
    await worker.say("/tasks")
    await worker.press(f"1. {number}")
    await worker.press("签收")
    assert (await last_event(site, number)).kind == "sign"

    await worker.press("已联系居民")
    assert worker.toast == "已记下：联系过居民。"
    assert (await last_event(site, number)).kind == "contact"

    await worker.press("联系居民")
    said = await worker.say("您好，明天上午九点上门查看，家里有人吗？")
    assert said[0] == f"{number} 已转给居民。对方的话会发到这里，直接回复那一条就行。"
    assert (await last_event(site, number)).text == "您好，明天上午九点上门查看，家里有人吗？"

    await resident_says(site, number, "有的，我电话13912345678")
    await worker.look()
    line = worker.last("139****5678")
    assert [*line.buttons] == ["回复居民", "打开工单"]
    await worker.say("好，不用电话，就在这里说。", replies_to=line.number)
    assert (await last_event(site, number)).text == "好，不用电话，就在这里说。"
    await worker.press("结束对话")
    assert (await last_event(site, number)).kind == "hang_up"

    await worker.press("申请延期")
    await worker.press("3 天")
    await worker.say("要等防水材料到货")
    asked = await last_event(site, number)
    assert (asked.kind, asked.text, asked.details["days"]) == ("extend", "要等防水材料到货", 3)

    await leader.look()
    await leader.press("打开工单")
    assert "申请延期 3 天：要等防水材料到货" in leader.card(number).text
    await leader.press("不同意延期")
    await leader.say("材料可以先借")
    assert (await last_event(site, number)).kind == "refuse_extension"
    await worker.press("申请延期")
    assert (await worker.say("4"))[-1] == f"{number} 为什么要延期？"
    await worker.say("借不到")
    await leader.press("同意延期")
    assert (await last_event(site, number)).kind == "grant_extension"

    await worker.press("问居民")
    await worker.say("漏水是一直漏还是下雨才漏？")
    assert (await last_event(site, number)).kind == "ask"
    assert worker.card(number).text.startswith(f"【待补充】{number}")


async def test_review_and_reassigning(site: Site, bound: Bound) -> None:
    case = await filed(site)
    number, handler = case.number, case.assignee
    other = {"heguoqing": "wanlong", "wanlong": "heguoqing"}[handler or ""]
    names = {"heguoqing": "何国庆", "wanlong": "万龙"}
    leader, worker = await bound("shibin"), await bound(other)
    await leader.say("/tasks")
    await open_by_number(site, leader, case)
    await leader.press("改派")
    assert await leader.press(names[other]) == [f"{number} 已改派给{names[other]}。", leader.card(number).text]
    assert (await last_event(site, number)).kind == "reassign"

    await worker.look()
    assert worker.card(number).text.startswith(f"【新任务】{number}")
    await worker.press("签收")
    await reply(worker)
    assert (await last_event(site, number)).kind == "reply"
    await leader.look()
    await leader.press("打开工单")
    assert "办理结果（部分解决）：屋面已补漏，墙面下周粉刷。" in leader.card(number).text
    await leader.press("退回重办")
    await leader.say("请写明哪天粉刷")
    assert (await last_event(site, number)).text == "请写明哪天粉刷"
    await worker.look()
    await reply(worker)
    await leader.press("审核通过")
    assert leader.toast == "审核通过，已答复居民。"
    assert (await last_event(site, number)).kind == "approve"
    await worker.press("打开工单")
    assert [*worker.card(number).buttons] == ["申请不计入统计", "导航", "照片 4 张"], "of both replies"
    assert await worker.press("照片 4 张") == [f"{number} · 照片 4 张"] and worker.last().photos == 4


async def test_the_dispatcher_assigns_by_hand(site: Site, bound: Bound) -> None:
    dispatcher = await bound("chenlu")
    case = await filed(site, "其他", None, "hold")
    await dispatcher.look()
    assert dispatcher.card(case.number).text.startswith(f"【待分拨】{case.number} · 待分类")
    await dispatcher.press("派给")
    await dispatcher.press("先改类别")
    await dispatcher.say("住房")
    await dispatcher.press("住房建设")
    await dispatcher.say("漏水")
    await dispatcher.press("房屋质量、漏水")
    assert dispatcher.last("派给哪个单位").text.startswith(f"{case.number}（房屋质量、漏水）")
    await dispatcher.press("下一页 ›")
    await dispatcher.press("‹ 上一页")
    await dispatcher.press("住房和城乡建设局")
    said = await dispatcher.press("万龙")
    assert said[0] == f"{case.number} 已派给万龙（住房和城乡建设局）。"
    now = await case_of(site, case.number)
    assert (now.unit, now.assignee, now.item) == ("ZJJ", "wanlong", "住房建设/房屋质量")
    assert (await last_event(site, case.number)).kind == "assign"


async def test_the_dispatcher_leaves_the_person_to_the_system_or_declines(site: Site, bound: Bound) -> None:
    dispatcher = await bound("chenlu")
    first, second = await filed(site, "其他", None, "hold"), await filed(site, "其他", None, "hold")
    await dispatcher.say("/tasks")
    await dispatcher.press(f"1. {first.number}")
    await dispatcher.press("派给")
    await dispatcher.say("城市管理局")
    await dispatcher.press("城市管理局")
    await dispatcher.press("由系统安排")
    assert (await case_of(site, first.number)).assignee in ("zhangwei", "wufan")
    await dispatcher.press(f"2. {second.number}")
    await dispatcher.press("不予受理")
    await dispatcher.say("这是邻里商业纠纷，可以到法院或社区调解。")
    assert (await last_event(site, second.number)).kind == "reject"


async def test_a_case_that_left_says_so_on_its_card(site: Site, bound: Bound) -> None:
    """Whoever may no longer see a case reads nothing of it."""
    case = await filed(site)
    worker = await bound(case.assignee or "")
    await worker.say("/tasks")
    await worker.press(f"1. {case.number}")
    await worker.press("退单")
    await worker.press("不归我单位")
    await worker.say("这是开发商的保修责任")
    await worker.look()
    left = [screen for screen in worker.screens.values() if screen.text.startswith(case.number + "\n")]
    assert [(screen.text.splitlines()[1], screen.buttons) for screen in left] in (
        [("这件已经不在您这里了。", {})], [(f"这件现在由{await handler(site, case.number)}办理，您不用再管了。", {})],
    )  # fmt: skip


async def handler(site: Site, number: str) -> str:
    book = site.parts.senses.book
    code = (await case_of(site, number)).assignee or ""
    return f"网格员{book.people[code]}" if code in book.workers else book.people.get(code, "")


async def test_danger_stands_first(site: Site, bound: Bound) -> None:
    site.thinks("公用事业", "公用事业/供气")
    number = await (await site.resident("B0103")).file("楼道里一股煤气味，很浓")
    case = await case_of(site, number)
    worker = await bound(case.assignee or "")
    await worker.say("/tasks")
    await worker.press(f"1. {number}")
    assert worker.card(number).text.splitlines()[1] == "⚠️ 居民说到危险，请马上处置"
    assert " · 剩 15 分钟签收" in worker.card(number).text


async def test_returning_asks_why(site: Site, bound: Bound) -> None:
    worker = await bound("limin")
    case = await filed(site, "生态环境", "生态环境/餐饮油烟")
    await worker.look()
    await worker.press("退单")
    assert worker.last().text == f"{case.number} 为什么退单？"
    assert [*worker.last().buttons] == ["不在我网格", "不归我单位", "重复", "信息不够", "其他", "取消"]
    await worker.press("其他")
    assert [*worker.last().buttons] == ["取消"], "with another reason than those words are needed"
    await worker.press("取消")
    assert worker.last().text == "好，不办了，工单没有变。"
    await worker.press("退单")
    await worker.press("不归我单位")
    await worker.press("直接退")
    async with site.parts.sessions() as session:
        returned = (await session.exec(select(Event).where(Event.case_id == case.id, Event.kind == "return"))).one()
    WALKED.add(returned.kind)
    assert returned.details["reason"] == "not_my_unit"


async def test_merging_and_parting(site: Site, bound: Bound) -> None:
    dispatcher = await bound("chenlu")
    first, second = await filed(site, action="hold"), await filed(site, action="hold")
    async with site.parts.sessions() as session:
        for case in (first, second):
            (await session.get_one(Case, case.id)).category = "住房建设"
        await session.commit()
    await dispatcher.say("/tasks")
    await dispatcher.press(f"2. {second.number}")
    await dispatcher.press("并案")
    asked = dispatcher.last()
    assert asked.text == f"{second.number} 并入哪一件？请发工单编号，或从下面选。"
    assert [*asked.buttons] == [f"{first.number} · 丹桂苑 3 栋", "取消"]
    await dispatcher.say("000000-0000")
    assert dispatcher.last().text == "没有查到 000000-0000。"
    await dispatcher.press("并案")
    said = await dispatcher.press(f"{first.number} · 丹桂苑 3 栋")
    assert said[0] == f"{second.number} 已并案，已告诉居民。"
    assert (await last_event(site, second.number)).kind == "merge"
    await dispatcher.press("拆分")
    await dispatcher.say("不是同一户")
    assert (await last_event(site, second.number)).text == "不是同一户"


async def test_units_called_in(site: Site, bound: Bound) -> None:
    worker, supervisor = await bound("limin"), await bound("guwenbo")
    case = await filed(site, "生态环境", "生态环境/餐饮油烟")
    number = case.number
    await worker.look()
    await worker.press("签收")
    await worker.press("吹哨")
    assert "丹桂社区居委会" not in worker.last("请哪些单位报到").buttons, "one's own is there already"
    await worker.press("城市管理局")
    await worker.say("派出所")
    await worker.press("丹桂派出所")
    await worker.say("燃气")
    await worker.press("燃气公司")
    await worker.press("✓ 丹桂派出所")
    assert [*worker.last("请哪些单位报到").buttons][:2] == ["✓ 城市管理局", "✓ 燃气公司"]
    await worker.press("选好了（2 个）")
    assert worker.last().text == f"{number} 请城市管理局、燃气公司做什么？"
    said = await worker.say("今晚八点到丹桂苑 5 栋查灶具")
    assert said[0] == f"{number} 已吹哨，没有按时报到会提醒。"
    assert (await last_event(site, number)).kind == "whistle"

    called = (await case_of(site, number)).co_tasks
    gas = await bound(called["RANQI"]["assignee"])
    await gas.say("/tasks")
    assert f"1. {number} · 餐饮油烟 · 丹桂苑 3 栋 · 剩 2 小时报到" in gas.last("待办 1 件").text
    await gas.press(f"1. {number}")
    assert gas.card(number).text.startswith(f"【请您协办】{number} · 餐饮油烟 · 剩 2 小时报到")
    assert "协办 燃气公司：今晚八点到丹桂苑 5 栋查灶具（待报到，今天 12:00 前）" in gas.card(number).text
    assert [*gas.card(number).buttons][:2] == ["报到", "不归本单位"]
    await gas.press("报到")
    assert (await last_event(site, number)).kind == "co_sign"
    await gas.press("反馈")
    await gas.say("灶具合格，已换软管")
    await gas.send_photo()
    await gas.press("完成")
    assert (await last_event(site, number)).photos
    city = await bound(called["CGJ"]["assignee"])
    await city.say("/tasks")
    await city.press(f"1. {number}")
    await worker.look()
    assert "答复" not in worker.card(number).buttons
    await city.press("不归本单位")
    await city.say("中队在管")
    assert (await last_event(site, number)).kind == "co_decline"
    await worker.look()
    assert "答复" in worker.card(number).buttons
    assert "协办 燃气公司：今晚八点到丹桂苑 5 栋查灶具（已反馈）\n　灶具合格，已换软管" in worker.card(number).text

    await worker.press("吹哨")
    await worker.press("城市管理局")
    await worker.press("选好了（1 个）")
    await worker.say("请再看一次")
    await open_by_number(site, supervisor, case)
    await supervisor.press("不再等反馈")
    await supervisor.press("城市管理局")
    await supervisor.say("由中队办")
    assert (await last_event(site, number)).kind == "co_waive"
    await worker.press("上报")
    assert (await worker.say("要社区出面"))[0] == f"{number} 已上报给王兴。"
    assert (await last_event(site, number)).kind == "raise"


async def test_a_ruling_has_its_reason(site: Site, bound: Bound) -> None:
    dispatcher = await bound("chenlu")
    case = await filed(site, "生态环境", "生态环境/餐饮油烟")
    async with site.parts.transactions.begin() as session:
        row = await session.get_one(Case, case.id)
        row.status, row.assignee = Status.ARBITRATION, None
    await open_by_number(site, dispatcher, case)
    await dispatcher.press("派给")
    await dispatcher.press("城市管理局")
    await dispatcher.press("由系统安排")
    assert dispatcher.last().text == f"{case.number} 请写明裁定理由，各方都会看到。"
    await dispatcher.say("油烟归城管执法")
    assert "裁定由城市管理局办理：油烟归城管执法" in dispatcher.card(case.number).text
    assert (await case_of(site, case.number)).binding


async def test_a_supervision_order(site: Site, bound: Bound) -> None:
    leader, supervisor = await bound("shibin"), await bound("guwenbo")
    case = await filed(site)
    await open_by_number(site, supervisor, case)
    await supervisor.press("督办")
    assert [*supervisor.last().buttons] == ["1 天", "3 天", "5 天", "7 天", "取消"]
    await supervisor.press("3 天")
    await supervisor.say("三天没有动静，请说明原因")
    order = await last_event(site, case.number)
    assert (order.kind, order.details["due"][:10]) == ("order", "2026-11-23"), "Wednesday and three working days"
    await leader.look()
    await leader.press("打开工单")
    await leader.press("答复督办")
    await leader.say("材料今天到货，明天修好")
    assert (await last_event(site, case.number)).text == "材料今天到货，明天修好"
    await supervisor.look()
    await supervisor.press("打开工单")
    await supervisor.press("督办办结")
    assert (await last_event(site, case.number)).kind == "close_order"


async def test_an_alarm_is_taken_or_called_false(site: Site, bound: Bound) -> None:
    """By somebody on duty who was called, without taking the case."""
    supervisor = await bound("guwenbo")
    for step, button, why in (("take_alarm", "接警", ""), ("false_alarm", "误报", "是邻居在烧艾草")):
        number = await file_danger(site)
        await supervisor.look()
        await supervisor.press("打开工单")
        await supervisor.press(button)
        if why:
            await supervisor.say(why)
        event = await last_event(site, number)
        assert (event.kind, event.text, (await case_of(site, number)).ringing) == (step, why, False)


async def test_a_note_for_colleagues(site: Site, bound: Bound) -> None:
    """Whoever has the case reads it in their chat; nothing moves."""
    supervisor, holder = await bound("guwenbo"), await bound("heguoqing")
    case = await filed(site)
    await holder.look()
    await open_by_number(site, supervisor, case)
    await supervisor.press("备注")
    assert (await supervisor.say("居民来电：周六上午在家"))[0] == f"{case.number} 已备注，居民看不到。"
    event = await last_event(site, case.number)
    assert (event.kind, event.status) == ("note", case.status)
    await holder.look()
    assert holder.last("备注").text == f"{case.number}：顾文博备注\n居民来电：周六上午在家"


async def test_whom_it_is_about_is_noted(site: Site, bound: Bound) -> None:
    """A unit, or somebody of it; whose chat showed the case reads nothing of it any more, nor who has it now."""
    dispatcher, worker = await bound("chenlu"), await bound("limin")
    case = await filed(site, "生态环境", "生态环境/餐饮油烟")
    await worker.look()
    await open_by_number(site, dispatcher, case)
    await dispatcher.press("说的是自己人")
    await dispatcher.say("丹桂社区")
    await dispatcher.press("丹桂社区居委会")
    assert {"李敏", "王兴", "整个单位"} <= {*dispatcher.last("说的是这个单位的谁").buttons}
    await dispatcher.press("李敏")
    await dispatcher.say("电话里说的是网格员")
    async with site.parts.sessions() as session:
        noted = (await session.exec(select(Event).where(Event.case_id == case.id, Event.kind == "accuse"))).one()
    WALKED.add(noted.kind)
    assert (await case_of(site, case.number)).assignee not in (None, "limin")
    await worker.look()
    left = [screen for screen in worker.screens.values() if screen.text.startswith(case.number + "\n")]
    assert [(screen.text.splitlines()[1], screen.buttons) for screen in left] == [("这件已经不在您这里了。", {})]


async def test_left_out_of_the_rates(site: Site, bound: Bound) -> None:
    """By chat, from the proposal to both ends of an appeal."""
    worker, supervisor, third = await bound("limin"), await bound("guwenbo"), await bound("zouchao")
    ends = (
        ("不同意", "照常计入", "refuse_exclusion"),
        ("成立", "异议成立", "uphold_appeal"),
        ("维持", "维持不计入", "dismiss_appeal"),
    )
    for why, button, step in ends:
        case = await filed(site, "生态环境", "生态环境/餐饮油烟")
        await put_answered(site, case)
        await open_by_number(site, worker, case)
        await worker.press("申请不计入统计")
        await worker.press("核实的情况与反映不一致")
        assert (await worker.say("现场没有油烟"))[0] == f"{case.number} 的申请已交给督办员。"
        assert (await last_event(site, case.number)).kind == "exclude"
        judge = supervisor
        await supervisor.look()
        await supervisor.press("打开工单")
        assert "申请不计入统计：核实的情况与反映不一致。现场没有油烟" in supervisor.card(case.number).text
        if step != "refuse_exclusion":
            await supervisor.press("同意不计入")
            await supervisor.say("现场照片看过了")
            assert (await last_event(site, case.number)).kind == "grant_exclusion"
            await appealed(site, case.number)
            judge = third
            await judge.look()
            await open_by_number(site, judge, case)
            assert "居民异议：晚上才有烟" in judge.card(case.number).text
        await judge.press(button)
        await judge.say(why)
        event = await last_event(site, case.number)
        assert (event.kind, event.text) == (step, why)


async def put_answered(site: Site, case: Case) -> None:
    """Its answer is told elsewhere."""
    async with site.parts.transactions.begin() as session:
        row = await session.get_one(Case, case.id)
        row.status, row.assignee, row.unit, row.resolved_at = Status.RESOLVED, "limin", "CGJ", site.parts.now()


async def appealed(site: Site, number: str) -> None:
    async with site.parts.transactions.begin() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        await exclusion.appeal(session, site.parts.senses.book, case, "晚上才有烟", [], site.parts.now())
    await site.settle()


async def test_the_walk_left_nothing_out() -> None:
    """After the others of this file."""
    assert not WALKED or set(steps.STEPS) <= WALKED, set(steps.STEPS) - WALKED


async def open_by_number(site: Site, phone: Phone, case: Case) -> None:
    """A leader's list holds what waits for them; any card of their unit opens by a notice of it."""
    async with site.parts.transactions.begin() as session:
        chat = await session.get_one(DeskChat, ("telegram-staff", phone.chat))
        await cards.open_card(session, chat, case.id, f"test:{case.number}", site.parts.now())
    await phone.look()


async def reply(worker: Phone) -> None:
    await worker.press("答复")
    await worker.press("部分解决")
    await worker.say("屋面已补漏，墙面下周粉刷。")
    await worker.send_photo()
    await worker.send_photo(colour="navy")
    await worker.press("完成")
    await worker.press("提交")
