"""督办单 in the staff's bot: issued, listed, answered and taken without leaving the chat."""

from tests.bot.desk.conftest import Bound
from tests.support.site import Site

ASKED = "三天没有动静，请说明原因"


async def test_an_order_from_chat_to_chat(site: Site, bound: Bound) -> None:
    number = await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    supervisor, leader = await bound("guwenbo"), await bound("dongchunsheng")
    assert await supervisor.say("/orders") == ["现在没有督办单。"]
    await (await site.staff("guwenbo")).step(number, "order", text=ASKED)
    await leader.look()
    order = leader.last("【督办】").text.split(" · ")[1].splitlines()[0]
    assert leader.last("【督办】").text == f"【督办】{number} · {order}\n顾文博：{ASKED}\n明天 17:30 前答复"
    [listed] = await leader.say("督办单")
    assert listed == f"督办单 1 件\n1. {order} · {number} · 城市管理局，明天 17:30 前答复\n{ASKED}"
    assert (await leader.say("/tasks"))[0].startswith("待办 1 件"), "it is theirs to answer"
    await leader.say("/orders")
    await leader.press(f"1. {number}")
    assert f"督办单 {order}（明天 17:30 前答复）：{ASKED}" in leader.last(number).text
    await leader.press("答复督办")
    assert f"{number} 的督办答复已提交。" in await leader.say("明天清洗完")
    assert await leader.say("/tasks") == ["没有待办，都办完了。"]
    await supervisor.look()
    assert "明天清洗完" in supervisor.last("【督办答复】").text
    assert await leader.say("/orders") == ["现在没有督办单。"]
    [listed] = await supervisor.say("/orders")
    assert listed == f"督办单 1 件\n1. {order} · {number} · 城市管理局已答复\n明天清洗完"
    await supervisor.press(f"1. {number}")
    await supervisor.press("督办办结")
    assert await supervisor.say("/orders") == ["现在没有督办单。"]
