"""Residents and staff, each on Telegram or on the page: the story is the same, and a line between them stays one."""

import pytest

from tests.support.telegram import Phone, Telegram, until, words

SMOKE = "楼下烧烤店油烟太大，天天到半夜"
ANSWER = "已责令店家清洗油烟净化器"


async def file(telegram: Telegram, phone: Phone) -> str:
    phone.start(telegram.site.code("B0103"))
    await phone.hears("您在丹桂苑 3 栋")
    phone.say(SMOKE)
    await phone.press("提交")
    return words(await phone.hears("查询码")).partition("编号 ")[2][:11]


async def sign_and_reply(limin: Phone, number: str) -> None:
    """As a card lets them: sign, reply, how it went, in words, with a photo, submit."""
    await limin.hears(number)
    await limin.press("签收")
    await limin.hears("办理中")
    await limin.press("答复")
    await limin.press("已解决")
    await limin.hears("怎么办的")
    limin.say(ANSWER)
    await limin.hears("请发现场照片")
    limin.send_photos(2)
    await limin.press("完成")
    await limin.press("提交")
    await limin.hears(f"{number} 的办理结果已提交")


async def test_both_on_telegram(telegram: Telegram) -> None:
    limin, guilan = await telegram.worker("limin"), telegram.resident()
    number = await file(telegram, guilan)
    await sign_and_reply(limin, number)
    await guilan.hears("签收")
    answer = await guilan.hears(ANSWER)
    assert len([line for line in guilan.lines if "photo" in line.body]) == 2
    await guilan.press("联系过", answer)
    await guilan.press("解决了")
    await guilan.press("满意")
    await telegram.settle()
    page = await (await telegram.site.staff("limin")).case(number)
    assert (page["case"]["status"], page["timeline"][-1]["kind"]) == ("closed", "rate")


async def test_the_resident_on_the_page_the_worker_on_telegram(telegram: Telegram) -> None:
    limin, resident = await telegram.worker("limin"), await telegram.site.resident("B0103")
    number = await resident.file(SMOKE)
    await sign_and_reply(limin, number)
    await telegram.settle()
    answer = (await resident.look())[-1]
    assert ANSWER in answer["text"] and len(answer["photos"]) == 2


async def test_the_resident_on_telegram_the_worker_on_the_page(telegram: Telegram) -> None:
    guilan, limin = telegram.resident(), await telegram.site.staff("limin")
    number = await file(telegram, guilan)
    await telegram.settle()
    await limin.step(number, "sign")
    await limin.step(number, "ask", text="店招牌叫什么？")
    await guilan.hears("店招牌叫什么？")
    await guilan.press("回复")
    guilan.say("老张烧烤")
    await guilan.hears("已转给")
    assert (await limin.case(number))["timeline"][-1]["text"] == "老张烧烤"
    await limin.step(number, "reply", text=ANSWER, outcome="solved", photos=[await limin.upload()])
    await guilan.hears(ANSWER)


async def test_a_line_between_them_through_both_bots(telegram: Telegram) -> None:
    limin, guilan = await telegram.worker("limin"), telegram.resident()
    number = await file(telegram, guilan)
    await limin.hears(number)
    await limin.press("签收")
    await limin.hears("办理中")
    await limin.press("联系居民")
    await limin.hears("想对居民说什么")
    limin.say("我到楼下了，您在家吗？")
    told = await guilan.hears("我到楼下了，您在家吗？")
    assert "网格员" in words(told)
    guilan.say("在家，我的电话是 13812345678")
    asked = await guilan.hears("您这句话")  # is it meant for them, or something new?
    await guilan.press(guilan.buttons(asked)[0])
    heard = await limin.hears("在家")
    assert "13812345678" not in words(heard) and "桂兰" not in "".join(limin.texts)
    limin.say("好的，马上到", reply_to=heard.id)
    await guilan.hears("好的，马上到")


async def test_a_worker_who_blocked_the_bot_still_has_the_page_and_comes_back(telegram: Telegram) -> None:
    limin, guilan = await telegram.worker("limin"), telegram.resident()
    telegram.staff.blocked.add(limin.user.id)  # and no update tells of it
    before = len(telegram.world.calls)
    number = await file(telegram, guilan)
    await telegram.settle()
    tried = [call for call in telegram.world.calls[before:] if call["chat"] == limin.user.id]
    assert [call["ok"] for call in tried] == [False]
    page = await telegram.site.staff("limin")
    assert number in await page.tasks()
    limin.start()
    limin.say("/tasks")
    await limin.hears(number)


@pytest.mark.promise("R10")
async def test_one_task_two_chats_one_winner(telegram: Telegram) -> None:
    """R10: the other one is told within a second."""
    first, second = await telegram.worker("limin"), await telegram.worker("limin", "李敏的第二部")
    number = await file(telegram, telegram.resident())
    cards = [await phone.hears(number) for phone in (first, second)]
    pressed = [phone.press_now("签收", card) for phone, card in zip((first, second), cards, strict=True)]
    await until(lambda: all(query.answer is not None for query in pressed), "both are answered")
    said = sorted(str(query.answer.get("text")) for query in pressed)
    assert "已签收" in said[0] and "办过" in said[1], said
    for phone in (first, second):
        await phone.hears("办理中")
    timeline = (await (await telegram.site.staff("limin")).case(number))["timeline"]
    assert [event["kind"] for event in timeline].count("sign") == 1
