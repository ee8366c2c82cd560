"""Who may give which command, and what one reads then."""

import pytest
from sqlmodel import col, select

from bot.desk.talk import ADMINS, COMMANDS, STAFF
from bot.texts import say
from cases import sealed
from models import Case, Person, Photo, Resident, Role
from tests.bot.desk.conftest import Bound
from tests.bot.desk.phones import Phone
from tests.support.site import Site

PEOPLE = {
    Role.WORKER: "limin", Role.CLERK: "wanlong", Role.LEADER: "shibin", Role.DISPATCHER: "chenlu",
    Role.SUPERVISOR: "guwenbo", Role.ADMIN: "jiangyan", Role.AUDITOR: "caoying",
    Role.VOLUNTEER: "qinlan",
}  # fmt: skip
REFUSED = "您的岗位不能用这个命令。"
NOTHING = "没有待办，都办完了。"
NOT_HERE = "这里不能训练和更换模型。"
ANSWERS = {  # first line for somebody who may
    "start": "可以这样用：", "help": "可以这样用：", "tasks": "待办", "duty": "值班|排班", "lang": "用哪种语言？",
    "cancel": "现在没有在办的步骤。", "stop": "已解除绑定", "train": NOT_HERE, "models": NOT_HERE,
    "promote": "要换用哪一版？", "rollback": NOT_HERE, "new": "请这样写：/new",
    "orders": "现在没有督办单。", "clearing": "清零", "away": "您在岗。", "back": "您本来就在岗。",
    "rates": "三率和办理情况",
}  # fmt: skip


def test_the_table_is_whole() -> None:
    assert set(ANSWERS) == set(COMMANDS) and set(PEOPLE) == STAFF
    assert {name for name, command in COMMANDS.items() if command.who == ADMINS} == {
        "train", "models", "promote", "rollback",
    }  # fmt: skip


@pytest.mark.parametrize("role", sorted(STAFF))
async def test_every_command_by_every_role(bound: Bound, role: Role) -> None:
    somebody = await bound(PEOPLE[role])
    for name, command in sorted(COMMANDS.items(), key=lambda pair: pair[0] == "stop"):
        said = (await somebody.say(f"/{name}"))[0]
        wanted = ANSWERS[name] if role in command.who else REFUSED
        assert any(part in said for part in wanted.split("|")), (role, name, said)


@pytest.mark.parametrize(("text", "answer"), [
    ("/tasks@fengqiao_staff_bot", NOTHING), ("待办", NOTHING), ("待辦。", NOTHING), ("/TASKS", NOTHING),
    ("/nonsense x", "没有 /nonsense 这个命令，/help 看用法。"),
    ("待办事项很多", "现在没有等您写的内容。点工单上的按钮办理，或用 /tasks 看待办。"),
])  # fmt: skip
async def test_words_that_are_commands_are_matched_whole(bound: Bound, text: str, answer: str) -> None:
    assert await (await bound("limin")).say(text) == [answer]


async def test_with_another_role_the_chat_is_bound_anew(site: Site, bound: Bound) -> None:
    """It ends as sessions do; until it is bound again it is a stranger's."""
    admin = await bound("jiangyan")
    assert await admin.say("/models") == [NOT_HERE]
    async with site.parts.transactions.begin() as session:
        (await session.get_one(Person, "jiangyan")).role = Role.CLERK
    assert await admin.say("/models") == [say("task.stranger", "zh-Hans")]


async def test_the_language_is_ones_own(site: Site, bound: Bound) -> None:
    worker = await bound("limin")
    await worker.say("/lang")
    await worker.press("English")
    number = await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    await worker.look()
    assert worker.last().text == (
        f"New task · {number} · Cooking fumes from restaurants · 2 h left to accept\n"
        "丹桂苑 3 栋 · Complaint\n“楼下烧烤店油烟太大”\nWith grid worker 李敏, not accepted yet\nReply by 23 Nov, 17:30"
    )
    buttons = [*worker.last().buttons]
    assert buttons[0] == "Accept" and {"Note", "Return"} <= set(buttons)


async def test_what_cannot_be_read(bound: Bound) -> None:
    worker = await bound("limin")
    said = [
        await worker.arrive(voice="v", seconds=3),
        await worker.arrive(unreadable="video"),
        await worker.arrive(edits="n1", text="改一下"),
        await worker.arrive(photo="gone"),
        await worker.arrive(photo="big", size=26 * 1024 * 1024 - 1),
    ]
    assert said == [
        ["这里只看得懂文字和照片。"], ["这里只看得懂文字和照片。"], ["改过的消息这里不算数，请重新发一条。"],
        ["照片没有取到，请再发一次。"], ["图片太大（26 MB），请压缩到 20 MB 以内，或先提交文字。"],
    ]  # fmt: skip


async def test_tasks_are_turned_over_in_place(site: Site, bound: Bound) -> None:
    """Five on a page, the nearest deadline first; each opens as a card."""
    worker = await bound("limin")
    numbers = [await (await site.resident("B0103")).file(f"楼下烧烤店油烟太大，第 {n} 次说") for n in range(7)]
    await worker.look()
    await worker.say("/tasks")
    page = worker.last("待办 7 件，第 1/2 页")
    assert page.text.splitlines()[1] == f"1. {numbers[0]} · 餐饮油烟 · 丹桂苑 3 栋 · 剩 2 小时签收"
    assert [*page.buttons] == [f"{n}. {numbers[n - 1]}" for n in range(1, 6)] + ["下一页 ›"]
    await worker.press("下一页 ›")
    turned = worker.last("待办 7 件，第 2/2 页")
    assert turned.number == page.number, "the same message"
    assert [*turned.buttons] == [f"6. {numbers[5]}", f"7. {numbers[6]}", "‹ 上一页"]
    opened = await worker.press(f"7. {numbers[6]}")
    assert opened[-1].startswith(f"【新任务】{numbers[6]}")
    assert worker.last("第 2/2 页").number == page.number


async def test_photos_first_and_an_album_with_words(site: Site, bound: Bound) -> None:
    """However they come: one line counts them."""
    worker = await bound("limin")
    await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    await worker.look()
    await worker.press("签收")
    await worker.press("答复")
    await worker.press("已解决")
    assert await worker.send_photo() == ["照片收到 1 张。再写几句。"]
    counted = worker.last("照片收到").number
    assert await worker.send_photo(colour="navy") == ["照片收到 2 张。再写几句。"]
    assert worker.last("照片收到").number == counted
    assert await worker.say("已清洗油烟机") == ["照片 2 张。可以接着发，发完点“完成”。"]
    asked = worker.last("可以接着发").number
    assert await worker.send_photo(colour="gold") == ["照片 3 张。可以接着发，发完点“完成”。"]
    assert worker.last("照片 3 张").number == asked
    await worker.press("完成")
    await worker.press("改")
    await worker.press("部分解决")
    said = await worker.send_photo("已清洗，下周换新", "black", album="a")
    assert said == ["照片 4 张。可以接着发，发完点“完成”。"]
    await worker.press("完成")
    assert worker.last("这样答复").text.endswith("部分解决：已清洗，下周换新\n照片 4 张")


async def test_no_evidence_no_reply(site: Site, bound: Bound) -> None:
    """Where the clock policy wants a photo, 完成 waits for one."""
    worker = await bound("limin")
    await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    await worker.look()
    await worker.press("签收")
    await worker.press("答复")
    await worker.press("已解决")
    await worker.say("已清洗油烟机")
    assert await worker.press("完成") == [] and worker.toast == "请附上现场照片。"


async def test_a_place_opens_on_a_map(site: Site, bound: Bound) -> None:
    worker = await bound("limin")
    number = await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    await worker.look()
    said = (await worker.press("导航"))[0]
    assert said.startswith(f"{number} · 丹桂苑 3 栋\n")
    assert said.splitlines()[-1].startswith("https://uri.amap.com/marker?position=") and "coordinate=wgs84" in said


async def say_nothing_of(site: Site, phone: Phone, *secrets: str) -> None:
    shown = "\n".join(screen.text for screen in phone.screens.values())
    assert not [secret for secret in secrets if secret in shown]


async def test_a_card_never_names_the_resident(site: Site, bound: Bound) -> None:
    worker = await bound("limin")
    number = await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    async with site.parts.transactions.begin() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        sealed.keep(site.parts.keys, await session.get_one(Resident, case.resident), "13800001234")
    await worker.look()
    await worker.press("签收")
    await worker.press("已联系居民")
    await say_nothing_of(site, worker, "1380", "1234", str(case.resident))


async def test_nothing_pushed_to_a_chat_names_the_resident(site: Site, bound: Bound) -> None:
    """New, added to, answered, urged: each is told in the chat, and none of it with what names somebody."""
    worker = await bound("limin")
    resident = await site.resident("B0103")
    said = "我叫欧阳玄霜，住2单元1917室，电话13876540923，身份证420624198711230917，楼下烧烤店油烟太大"
    number = await resident.file(said)
    await worker.look()
    await resident.say(f"{number} 补充：车鄂A9K917，微信号xs_ouyang0917")
    await site.settle()
    await worker.look()
    assert any(number in screen.text for screen in worker.screens.values())
    await say_nothing_of(site, worker, "玄霜", "1917", "13876540923", "420624198711230917", "9K917", "xs_ouyang0917")


async def test_new_files_from_the_chat(site: Site, bound: Bound) -> None:
    clerk = await bound("zhangwei")
    assert await clerk.say("/new") == ["请这样写：/new 什么事、在哪里"]
    await clerk.say("/new 丹桂苑3栋楼下烧烤店油烟太大")
    assert clerk.last().text == "“丹桂苑3栋楼下烧烤店油烟太大”\n是替居民登记，还是您自己看到的？"
    said = await clerk.press("为居民登记")
    assert said[0].startswith("已提交，编号 ") and "由网格员李敏办理" in said[0] and "查询码 " in said[0]
    await clerk.send_photo("/new 丹桂苑3栋楼下垃圾没人收", album="a")
    await clerk.send_photo("", "navy", album="a")
    await clerk.say("已经三天了")
    asked = "“丹桂苑3栋楼下垃圾没人收\n已经三天了”，照片 2 张，还可以接着发。\n是替居民登记，还是您自己看到的？"
    assert clerk.last().text == asked, "one question, as it stands now"
    await clerk.press("为居民登记")
    async with site.parts.sessions() as session:
        newest = (await session.exec(select(Case).order_by(col(Case.number).desc()).limit(1))).one()
        shown = (await session.exec(select(Photo).where(Photo.case_id == newest.id))).all()
    assert (newest.text, newest.filed_by, len(shown)) == ("丹桂苑3栋楼下垃圾没人收\n已经三天了", "zhangwei", 2)
    auditor = await bound("caoying")
    assert await auditor.say("/new 油烟") == ["您的岗位不能用这个命令。"]
