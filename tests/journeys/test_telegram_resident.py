"""A resident on Telegram: tells it, sees it confirmed, hears of every step, rates it."""

from tests.support.telegram import Telegram


async def test_a_complaint_from_telegram(telegram: Telegram) -> None:
    guilan = telegram.resident()
    guilan.start(telegram.site.code("B0103"))
    await guilan.hears("您好，我是小枫。您在")
    guilan.say("楼下烧烤店油烟太大，天天到半夜")
    card = await guilan.hears("我这样记，您看对不对")
    assert guilan.buttons(card) == ["提交", "改类别", "改地点", "加照片", "匿名", "取消"]
    await guilan.press("提交")
    filed = await guilan.hears("查询码")
    await telegram.settle()
    number = str(filed.body["text"]).partition("编号 ")[2][:11]
    limin = await telegram.site.staff("limin")
    assert number in await limin.tasks()
    await limin.step(number, "sign")
    await guilan.hears("签收")
