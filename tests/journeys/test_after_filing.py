"""What a resident does once it is filed: ask, urge, add, take back; in another browser, script or language."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from models import Case
from tests.support.clock import Clock
from tests.support.people import Resident
from tests.support.site import Site, running


@pytest.fixture(autouse=True)
async def told_apart(shared_site: Site) -> None:
    await shared_site.apart()


FUMES = "楼下烧烤店油烟太大"
MOVED_ON = "{} 刚刚有了变化，这一步没有做。最新情况如下。"


def actions(line: dict[str, Any]) -> list[str]:
    return [button["action"] for button in line["buttons"]]


def card(resident: Resident) -> dict[str, str]:
    return {line["name"]: line["value"] for line in resident.said[-1]["card"]["lines"]}


async def press_line(resident: Resident, name: str) -> list[str]:
    """What stands in a line of the card is pressed to change it."""
    line = next(line for line in resident.said[-1]["card"]["lines"] if line["name"] == name)
    return await resident._post({"choice": line["token"]})


async def status(site: Site, number: str) -> str:
    async with site.parts.sessions() as session:
        return str((await session.exec(select(Case.status).where(Case.number == number))).one())


@pytest.mark.parametrize("words", ["进度", "/my", "我的反映", "办得怎么样了", "進度。"])
async def test_asked_by_words_it_says_where_everything_stands(shared_site: Site, words: str) -> None:
    resident = await shared_site.resident("B0103")
    assert await resident.say(words) == ["您还没有报过事情。有什么事，用一句话告诉我就行。"]
    first, second = await resident.file(FUMES), await resident.file(FUMES + "，另一家")
    told = "（餐饮油烟）：已交给网格员李敏，等签收，11 月 23 日 17:30 前答复。"
    assert await resident.say(words) == [first + told, second + told]
    assert [(line["case"]["number"], actions(line)) for line in resident.said[1:]] == [
        (number, ["supplement", "urge", "withdraw", "receipt"]) for number in (first, second)
    ]


async def test_urged_once_a_day_and_three_times_in_all(town_url: str, tmp_path: Path, clock: Clock) -> None:
    async with running(town_url, tmp_path, clock) as site:
        resident = await site.resident("B0103")
        number = await resident.file(FUMES)

        async def urge() -> str:
            await resident.say("进度")
            return (await resident.press("urge"))[0]

        assert await urge() == f"已催办 {number}，网格员李敏和他的负责人都收到了。期限是 11 月 23 日 17:30。"
        assert await urge() == f"{number} 今天已催过，明天可以再催。"
        clock.forward(hours=23, minutes=59)
        assert await urge() == f"{number} 今天已催过，明天可以再催。"
        for _ in range(2):
            clock.forward(days=1)
            assert (await urge()).startswith(f"已催办 {number}")
        clock.forward(days=1)
        assert await urge() == f"{number} 已催过 3 次，不能再催了。办理的人和负责人都看得到。"
        page = await (await site.staff("limin")).case(number)
        assert [event["kind"] for event in page["timeline"]] == ["submit", "route", "urge", "urge", "urge"]
        assert page["case"]["urges"] == 3


async def test_taken_back_only_after_asking_once(shared_site: Site) -> None:
    resident = await shared_site.resident("B0103")
    number = await resident.file(FUMES)
    assert await resident.press("withdraw") == [f"确定撤回 {number} 吗？撤回后不再办理。"]
    assert await resident.press("never_mind") == ["好的，先不动它。"]
    assert await status(shared_site, number) == "dispatched"
    await resident.say("进度")
    await resident.press("withdraw")
    assert await resident.press("confirm_withdraw") == [f"{number} 已撤回。需要的话可以再报。"]
    assert (await status(shared_site, number), actions(resident.said[-1])) == ("withdrawn", [])
    assert await resident.say("进度") == [f"{number}（餐饮油烟）：您已撤回。"]
    worker = await shared_site.staff("limin")
    assert number not in await worker.tasks() and await worker.may(number) == []


async def test_more_words_and_a_photo_are_added_never_overwriting(shared_site: Site) -> None:
    resident, worker = await shared_site.resident("B0103"), await shared_site.staff("limin")
    number = await resident.file(FUMES)
    assert await resident.press("supplement") == [f"要给 {number} 补充什么？说一句或发照片都行。"]
    assert await resident.say("昨晚开到一点") == [f"已补充到 {number}，办理的人看得到。"]
    await resident.press("supplement")
    assert await resident.send_photo() == [f"已补充到 {number}，办理的人看得到。"]
    page = await worker.case(number)
    added = [(e["text"], len(e["photos"])) for e in page["timeline"] if e["kind"] == "supplement"]
    assert (page["case"]["text"], added) == (FUMES, [("昨晚开到一点", 0), ("", 1)])
    assert (await worker.http.get(page["case"]["photos"][0])).status_code == 200


async def test_a_number_is_shown_starred_and_hidden_from_one_who_would_rather_not(shared_site: Site) -> None:
    resident, worker = await shared_site.resident("B0103"), await shared_site.staff("limin")
    await resident.say(FUMES)
    assert card(resident)["contact"] == "在这里联系您，不留电话"
    await press_line(resident, "contact")
    assert (await resident.say("不告诉你"))[0].startswith("这个号码好像不对。")
    assert (await resident.say("138 1234 5678"))[0] == "记下了：138****5678。"
    assert card(resident)["contact"] == "留了电话，只显示打星号的号码"
    await resident.press("submit")
    named = resident.said[-1]["case"]["number"]

    await resident.say(FUMES)
    await resident.press("anonymous")
    assert card(resident)["contact"] == "匿名"
    await resident.press("submit")
    hidden = resident.said[-1]["case"]["number"]
    shown = {number: (await worker.case(number))["case"] for number in (named, hidden)}
    assert [(shown[n]["anonymous"], shown[n]["contact"]) for n in (named, hidden)] == [
        (False, "138****5678"),
        (True, None),
    ]
    assert "138 1234 5678" not in str(await resident.look())


async def test_the_code_opens_that_case_in_another_browser_and_nothing_else(shared_site: Site) -> None:
    resident, other = await shared_site.resident("B0103"), await shared_site.resident(None)
    await resident.say(FUMES)
    await resident.send_photo()
    filed = (await resident.press("submit"))[0]
    number, (code,) = resident.said[-1]["case"]["number"], re.findall(r"\d{4} \d{4} \d{4} \d{4}", filed)
    second = await resident.file(FUMES + "，另一家")

    opened = await other.say(f"查询码 {code}")
    assert opened == [f"{number}（餐饮油烟）：已交给网格员李敏，等签收，11 月 23 日 17:30 前答复。"]
    assert other.said[0]["text"] == f"•••• {code[-4:]}"
    shown = (await other.http.get("/api/chat/messages")).json()
    assert [case["number"] for case in shown["cases"]] == [number] and second not in str(shown)
    assert "烧烤店" not in str(shown)

    photo = next(line["photos"][0] for line in await resident.look() if line.get("photos"))
    assert (await other.http.get(photo)).status_code == 200
    await other.press("supplement")
    assert await other.say("我也受不了") == [f"已补充到 {number}，办理的人看得到。"]
    await other.press("withdraw")
    assert await other.press("confirm_withdraw") == [f"{number} 已撤回。需要的话可以再报。"]
    assert [await status(shared_site, n) for n in (number, second)] == ["withdrawn", "dispatched"]


@pytest.mark.promise("R15")
async def test_an_old_button_after_the_case_moved_on_changes_nothing_and_says_what_is_true(shared_site: Site) -> None:
    resident, worker = await shared_site.resident("B0103"), await shared_site.staff("limin")
    number = await resident.file(FUMES)
    filed = dict(resident.buttons)
    await worker.step(number, "sign")
    await worker.step(number, "reply", text="已清洗。", outcome="solved", photos=[await worker.upload()])
    before = await worker.case(number)
    resident.buttons = filed
    standing = f"{number}（餐饮油烟）：已答复：已清洗。\n请您评一下。"
    assert await resident.press("withdraw") == [MOVED_ON.format(number), standing]
    assert actions(resident.said[-1]) == ["rate", "reopen"]
    resident.buttons = filed
    assert await resident.press("urge") == ["这个按钮已经用过了，没有重复办理。", standing]
    assert await worker.case(number) == before


async def test_reopened_twice_at_once_it_is_reopened_once(shared_site: Site) -> None:
    resident, worker = await shared_site.resident("B0103"), await shared_site.staff("limin")
    number = await resident.file(FUMES)
    await worker.step(number, "sign")
    await worker.step(number, "reply", text="已清洗。", outcome="solved", photos=[await worker.upload()])
    for _ in range(2):
        await resident.say("进度")
    await resident.press("reopen")
    assert (await resident.say("又来了"))[0].startswith(f"明白，{number} 已重新交办")
    first = resident.buttons["reopen"][0]
    answer = await resident._post({"choice": first[2]})
    assert answer[0] == MOVED_ON.format(number) and "14 天" not in str(answer)
    assert [e["kind"] for e in (await worker.case(number))["timeline"]].count("reopen") == 1


async def test_two_complaints_beside_each_other(shared_site: Site) -> None:
    """One is filed and taken back while the other is still a draft: its card stays as it is."""
    resident = await shared_site.resident("B0103")
    first = await resident.file(FUMES)
    await resident.say("楼上天天漏水")
    await resident.say("进度")
    await resident.press("withdraw")
    await resident.press("never_mind")
    await resident.look()
    await resident.press("submit")
    second = resident.said[-1]["case"]["number"]
    assert second != first
    await resident.say("进度")
    await resident.press("withdraw", "撤回")
    await resident.press("confirm_withdraw")
    assert sorted([await status(shared_site, n) for n in (first, second)]) == ["dispatched", "withdrawn"]
    assert {case["number"] for case in (await resident.http.get("/api/chat/messages")).json()["cases"]} < {
        first,
        second,
    }


async def test_another_complaint_is_begun_only_when_the_draft_is_settled(shared_site: Site) -> None:
    resident = await shared_site.resident("B0103")
    await resident.say(FUMES)
    assert await resident.say("/new") == ["还有一件没提交。要提交它，还是不要了、报新的？"]
    assert await resident.press("submit", "提交") and "已提交" in resident.said[-1]["text"]
    await resident.say(FUMES)
    await resident.say("新的反映")
    assert await resident.press("drop") == ["请说说是什么事，一句话就行。"]
    assert await resident.say("/cancel") == ["现在没有要提交的。已经报上去的，发“进度”可以看。"]


async def test_filed_or_dropped_by_words_the_card_can_no_longer_be_pressed(shared_site: Site) -> None:
    resident = await shared_site.resident("B0103")
    for words in ("提交", "取消"):
        await resident.say(FUMES)
        await resident.say(words)
        for action in ("submit", "category", "anonymous"):
            token = resident.buttons[action][-1][2]
            assert await resident._post({"choice": token}) == ["这个按钮已经用过了，没有重复办理。"]
        live = {action for line in await resident.look() for action in actions(line)}
        assert live == {"supplement", "urge", "withdraw", "receipt", "new"}


async def test_a_draft_of_last_week_is_forgotten_and_its_card_too(town_url: str, tmp_path: Path, clock: Clock) -> None:
    async with running(town_url, tmp_path, clock) as site:
        resident = await site.resident("B0103")
        await resident.say(FUMES)
        clock.forward(days=8)
        assert await resident.press("submit") == ["这个按钮已经用过了，没有重复办理。"]
        await resident.say("楼上漏水")
        await resident.press("submit")
        assert resident.said[-1]["case"]["status"] == "dispatched"


async def test_plain_words_to_a_worker_s_question_are_asked_about(shared_site: Site) -> None:
    resident, worker = await shared_site.resident("B0103"), await shared_site.staff("limin")
    number = await resident.file(FUMES)
    await worker.step(number, "sign")
    await worker.step(number, "ask", text="几点最大？")
    await shared_site.settle()
    assert await resident.say("晚上十点") == ["您这句话是回复办理人员的，还是另一件事？"]
    assert [b["label"] for b in resident.said[-1]["buttons"]] == [f"回复 {number}（餐饮油烟）", "是另一件事"]
    await resident.send_photo()
    told = await resident.press("answer")
    assert told == [f"已转给网格员李敏，{number} 接着办，11 月 23 日 17:30 前答复。"]
    answer = (await worker.case(number))["timeline"][-1]
    assert (answer["kind"], answer["text"], len(answer["photos"])) == ("answer", "晚上十点", 1)

    await worker.step(number, "ask", text="哪一家？")
    await resident.say("楼上天天漏水")
    await resident.press("new_pending")
    await resident.press("submit")
    assert resident.said[-1]["case"]["number"] != number
    assert await status(shared_site, number) == "waiting"


async def test_no_answer_in_time_and_the_button_says_so_before_anybody_writes(
    town_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with running(town_url, tmp_path, clock) as site:
        resident, worker = await site.resident("B0103"), await site.staff("limin")
        number = await resident.file(FUMES)
        await worker.step(number, "sign")
        await worker.step(number, "ask", text="几点最大？")
        await site.settle()
        await resident.look()
        clock.forward(days=4)
        await site.sweep()
        told = await resident.press("answer")
        assert told[0] == MOVED_ON.format(number) and "正在办" in told[1]
        assert "supplement" in actions(resident.said[-1])


async def test_somebody_who_writes_traditional_is_understood_and_answered_so(shared_site: Site) -> None:
    resident = await shared_site.resident(None, locale="zh-Hant")
    await resident.say("丹桂苑 3 棟樓下燒烤店油煙太大")
    assert card(resident)["where"] == "丹桂苑 3 栋" and "餐飲油煙" in card(resident)["what"]
    filed = await resident.say("確認")
    number = resident.said[-1]["case"]["number"]
    assert filed[0].startswith(f"已提交，編號 {number}。") and resident.said[-1]["case"]["status_text"] == "待簽收"
    assert (await resident.say("進度"))[0].startswith(f"{number}（餐飲油煙）：已交給")
    assert (await resident.say("樓道著火了"))[0].startswith("**請立刻離開火場")
    assert (await resident.say("算了"))[0].startswith("已轉給值班人員")


async def test_english_from_the_first_word_to_the_answer(shared_site: Site) -> None:
    resident, worker = await shared_site.resident("B0103"), await shared_site.staff("limin")
    assert await resident.say("English") == ["OK, English from now on."]
    await resident.say("Smoke from the barbecue downstairs")
    assert card(resident) == {
        "what": "Cooking fumes from restaurants → City Management Bureau",
        "where": "丹桂苑 3 栋",
        "due": "You’ll have an answer by 23 Nov, 17:30",
        "contact": "Here in this chat, no phone",
    }
    filed = (await resident.press("submit"))[0]
    number = resident.said[-1]["case"]["number"]
    assert filed.startswith(f"Sent. Your number is {number}.")
    await worker.step(number, "sign")
    await worker.step(number, "reply", text="Cleaned.", outcome="solved", photos=[await worker.upload()])
    await shared_site.settle()
    for line in await resident.look():
        if line["from"] == "us":
            plain = line["text"].replace("李敏", "").replace("丹桂苑 3 栋", "")
            assert not re.search(r"[\u4e00-\u9fff]", plain), line["text"]
    assert actions((await resident.look())[-1]) == ["rate", "rate", "reopen"]


async def test_a_draft_survives_a_restart_of_the_program(town_url: str, tmp_path: Path, clock: Clock) -> None:
    async with running(town_url, tmp_path, clock) as site:
        before = await site.resident("B0103")
        await before.say(FUMES)
        await before.send_photo()
        cookies, buttons = before.http.cookies, before.buttons
    async with running(town_url, tmp_path, clock) as site:
        after = Resident(site.client())
        after.http.cookies, after.buttons = cookies, buttons
        lines = await after.look()
        assert [line["from"] for line in lines] == ["us", "resident", "us", "resident", "us"]
        assert (await after.http.get(lines[3]["photos"][0])).status_code == 200
        await after.press("submit")
        number = after.said[-1]["case"]["number"]
        page = await (await site.staff("limin")).case(number)
        assert (page["case"]["text"], len(page["case"]["photos"])) == (FUMES, 1)
