"""A task from its card to its end, by buttons and words."""

from collections.abc import Awaitable, Callable

from tests.bot.desk.phones import Phone
from tests.support.site import Site

Bound = Callable[[str], Awaitable[Phone]]


async def test_a_task_from_card_to_answer(site: Site, bound: Bound) -> None:
    worker = await bound("limin")
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店天天到半夜，油烟直往家里灌，电话13812345678")
    await worker.look()
    assert worker.card(number).text == (
        f"【新任务】{number} · 餐饮油烟 · 剩 2 小时签收\n"
        "丹桂苑 3 栋 · 投诉\n"
        "“楼下烧烤店天天到半夜，油烟直往家里灌，电话138****5678”\n"
        "派给网格员李敏，还没签收\n"
        "11 月 23 日 17:30 前答复居民"
    )
    assert [*worker.card(number).buttons] == ["签收", "备注", "退单", "导航"]
    await worker.press("签收")
    assert worker.toast == f"已签收，{number} 由您办理。"
    assert worker.card(number).text.startswith(f"【办理中】{number} · 餐饮油烟 · 剩 2 天 7 小时联系居民\n")
    assert await worker.press("答复") == [f"{number} 办得怎么样？"]
    await worker.press("已解决")
    assert await worker.say("已到店检查，责令清洗油烟机。") == ["请发现场照片，发完点“完成”。"]
    assert await worker.send_photo() == ["照片 1 张。可以接着发，发完点“完成”。"]
    assert await worker.send_photo(colour="navy") == ["照片 2 张。可以接着发，发完点“完成”。"]
    asked = await worker.press("完成")
    assert asked == [f"{number} 这样答复，对不对？\n已解决：已到店检查，责令清洗油烟机。\n照片 2 张"]
    await worker.press("提交")
    assert worker.card(number).text.startswith(f"【待回访】{number} · 餐饮油烟\n")
    told = (await resident.look())[-1]
    assert "已到店检查，责令清洗油烟机。" in told["text"] and len(told["photos"]) == 2
