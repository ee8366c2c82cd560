"""The story the product exists for: told once, handled by the right person, answered, rated, reopened, closed."""

from tests.support.people import photo
from tests.support.site import Site


async def test_from_the_first_word_to_the_archive(site: Site) -> None:
    resident = await site.resident("B0103")
    assert await resident.texts() == [
        "您好，我是小枫。您在丹桂苑 3 栋。有什么事，用一句话告诉我就行，我帮您转给该管的人，办到哪一步都会告诉您。"
    ]

    await resident.say("楼下烧烤店天天到半夜，油烟直往家里灌，打过电话没人管")
    card = {line["label"]: line["value"] for line in resident.said[-1]["card"]["lines"]}
    assert card == {
        "事项": "餐饮油烟 → 城市管理局",
        "地点": "丹桂苑 3 栋",
        "期限": "11 月 23 日 17:30 前给您答复",
        "联系": "在这里联系您，不留电话",
    }
    await resident.send_photo()
    assert {"label": "照片", "value": "1 张"}.items() <= resident.said[-1]["card"]["lines"][3].items()
    filed = await resident.press("submit")
    number = resident.said[-1]["case"]["number"]
    assert filed[0].startswith(f"已提交，编号 {number}。") and "查询码" in filed[0]

    await site.settle()
    worker = await site.staff("limin")
    assert await worker.tasks() == [number]
    assert await worker.may(number) == ["sign", "note", "return"]
    page = await worker.step(number, "sign")
    assert (page["case"]["status"], len(page["case"]["photos"])) == ("accepted", 1)

    await worker.step(number, "ask", text="店招牌叫什么？")
    await site.settle()
    assert "店招牌叫什么？" in (await resident.texts())[-1]
    await resident.press("answer")
    await resident.say("老张烧烤")
    await site.settle()
    page = await worker.case(number)
    assert (page["case"]["status"], page["timeline"][-1]["text"]) == ("accepted", "老张烧烤")

    refused = await worker.try_step(number, "reply", text="已责令清洗", outcome="solved")
    assert (refused.status_code, refused.json()["error"]["message"]) == (422, "请附上现场照片。")
    evidence = await worker.upload(photo("seagreen"))
    await worker.step(
        number, "reply", text="已责令店家清洗油烟净化器，晚十点后不再出摊。", outcome="solved", photos=[evidence]
    )
    await site.settle()
    answer = (await resident.look())[-1]
    assert "答复来了（已解决）" in answer["text"] and len(answer["photos"]) == 1
    assert (await resident.http.get(answer["photos"][0])).headers["content-type"] == "image/jpeg"

    await resident.press("rate", "联系过")
    await resident.press("rate", "没解决")
    thanks = await resident.press("rate", "不满意")
    assert thanks == [f"记下了。{number} 没解决，可以马上重新交办。"]
    await resident.press("reopen")
    again = await resident.say("昨晚又开到一点")
    assert "已重新交办" in again[0]

    await site.settle()
    leader = page_assignee = (await worker.case(number))["case"]["assignee_name"]
    assert page_assignee and leader != "李敏"
    second = await site.staff(await code_of(site, leader))
    assert number in await second.tasks()
    await second.step(number, "sign")
    evidence = await second.upload()
    await second.step(number, "reply", text="已立案查处，店家停业整改。", outcome="solved", photos=[evidence])
    await site.settle()
    await resident.look()
    for answer in ("联系过", "解决了", "满意"):
        await resident.press("rate", answer)
    page = await second.case(number)
    assert (page["case"]["status"], page["timeline"][-1]["text"]) == ("closed", "联系过 · 解决了 · 满意")
    kinds = [event["kind"] for event in (await second.case(number))["timeline"]]
    assert kinds == [
        "submit", "route", "sign", "ask", "answer", "reply", "approve", "rate",
        "reopen", "route", "sign", "reply", "approve", "rate",
    ]  # fmt: skip


async def code_of(site: Site, name: str) -> str:
    return next(code for code, known in site.parts.senses.book.people.items() if known == name)


async def test_no_button_is_offered_that_the_case_has_outlived(site: Site) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    assert {a for line in await resident.look() for a in (b["action"] for b in line["buttons"])} == {
        "supplement", "urge", "withdraw", "receipt", "new",
    }  # fmt: skip
    await resident.press("withdraw")
    await resident.press("confirm_withdraw")
    assert {a for line in await resident.look() for a in (b["action"] for b in line["buttons"])} <= {"new"}, number
