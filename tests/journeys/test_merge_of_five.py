"""Five neighbours tell of one thing in three languages, a sixth joins: one case, one answer, five judgements."""

from sqlmodel import select

from models import Case
from tests.support.clock import Clock
from tests.support.site import Site
from tests.support.told import told

TEXTS = [
    "楼下烧烤店油烟太大",
    "烧烤店的烟熏得睡不着",
    "樓下燒烤店油煙好大",
    "又是烧烤店，油烟往家里灌",
    "烧烤油烟没人管吗",
]


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def test_five_become_one_and_one_answer_reaches_all(site: Site, clock: Clock) -> None:
    locales = ["zh-Hans", "zh-Hans", "zh-Hant", "en", "zh-Hans"]
    people = [await site.resident("B0103", locale) for locale in locales]
    numbers = []
    for resident, text in zip(people, TEXTS, strict=True):
        numbers.append(await resident.file(text))
        clock.forward(minutes=5)
    joined = await site.resident("B0103")
    await joined.say("烧烤店油烟太大，阳台不能待")
    await joined.press("submit")
    await joined.press("join", "加入第 1 件")
    followed = next(case.number for case in [await the_case(site, n) for n in numbers] if case.joined)

    dispatcher, limin = await site.staff("chenlu"), await site.staff("limin")
    first, *rest = numbers
    for number in rest:
        await dispatcher.step(number, "merge", master=first)
    await site.settle()
    merged = [(await resident.look())[-1]["text"] for resident in people[1:]]
    assert merged == [
        f"{numbers[1]} 与反映同一问题的另一件一并办理，进展和结果会同时告诉您，编号不变。",
        f"{numbers[2]} 與反映同一問題的另一件一併辦理，進展和結果會同時告訴您，編號不變。",
        f"{numbers[3]} is now handled together with another report of the same problem. "
        "You will hear of every step and of the result; your number stays.",
        f"{numbers[4]} 与反映同一问题的另一件一并办理，进展和结果会同时告诉您，编号不变。",
    ]
    assert await limin.tasks() == [first]

    await limin.step(first, "sign")
    await limin.step(first, "contact")
    clock.forward(hours=3)
    await limin.step(first, "reply", text="已装净化器，晚上不再营业。", outcome="solved", photos=[await limin.upload()])
    await site.settle()
    for resident, number in zip(people, numbers, strict=True):
        said = [line["text"] for line in await resident.look() if line["from"] == "us"]
        assert number in said[-1] and "已装净化器，晚上不再营业。" in said[-1]
        others = set(numbers) - {number}
        assert not any(other in text for other in others for text in said), "nothing about the neighbours"
    assert {(await the_case(site, number)).status for number in numbers} == {"resolved"}
    assert (await joined.texts())[-1].startswith(f"您附议的 {followed} 有结果了（已解决）")

    await people[0].press("rate", "联系过")
    await people[0].press("rate", "解决了")
    await people[0].press("rate", "满意")
    await people[3].press("reopen")
    await people[3].say("Still smoke at midnight")
    assert [(await the_case(site, n)).status for n in numbers] == [
        "closed", "resolved", "resolved", "dispatched", "resolved",
    ]  # fmt: skip
    assert (await the_case(site, numbers[3])).assignee == "wangxing"
    assert [key for key, _ in await told(site, numbers[1], None)][-4:] == [
        "resident.merge", "resident.sign", "merged.contact", "resident.resolve_along",
    ]  # fmt: skip
    clock.forward(days=8)
    await site.sweep()
    assert [(await the_case(site, n)).status for n in numbers[:3]] == ["closed"] * 3
