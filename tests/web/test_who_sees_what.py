"""What is seen when, by whom: what changes while a case goes its way. Who may enter at all: test_access_matrix.py."""

from uuid import uuid4

import httpx
import pytest

from cases.access import ABOUT_EXCLUSION
from tests.support.counts import counts, grown
from tests.support.onlookers import Town
from tests.support.site import Site

STAFF = (
    "wufan", "zhangwei", "dongchunsheng", "limin", "kangkeqin", "wangxing", "chenlu", "guwenbo", "jiangyan", "caoying",
)  # fmt: skip


@pytest.fixture(scope="module")
async def town(shared_site: Site) -> Town:
    town = await Town.opened(shared_site, STAFF)
    for desk in ("desk", "grid"):
        await town.file(desk, town.ann)
    limin = town.staff["limin"]
    await limin.step(town.numbers["desk"], "return", reason="other")
    await limin.step(town.numbers["grid"], "sign")
    await shared_site.settle()
    return town


async def test_who_may_leave_a_case_out_of_the_rates(town: Town) -> None:
    """Whoever handled it or leads the unit asks; another decides; of an appeal judges who had no part in either."""
    number = await town.bob.file("楼下烧烤店油烟太大，天天如此")
    limin, supervisor = town.staff["limin"], town.staff["guwenbo"]
    await limin.step(number, "sign")
    await limin.step(number, "reply", text="已检测。", outcome="solved", photos=[await limin.upload()])
    asking, deciding, judging = (
        ["exclude"],
        ["grant_exclusion", "refuse_exclusion"],
        ["uphold_appeal", "dismiss_appeal"],
    )
    assert await offered(town, number) == {"limin": asking, "dongchunsheng": asking}
    await limin.step(number, "exclude", ground="unreasonable", text="油烟净化设施检测合格。")
    assert await offered(town, number) == {"guwenbo": deciding}
    await supervisor.step(number, "grant_exclusion", text="检测合格。")
    assert await offered(town, number) == {}
    await town.site.settle()
    await town.bob.look()
    await town.bob.press("appeal")
    await town.bob.say("我不同意，昨晚还有油烟。")
    assert await offered(town, number) == {"jiangyan": judging}


async def offered(town: Town, number: str) -> dict[str, list[str]]:
    """Steps about the rates, by whom they are offered to."""
    pages = {name: await person.http.get(f"/api/staff/cases/{number}") for name, person in town.staff.items()}
    steps = {name: [one["name"] for one in page.json().get("steps", ())] for name, page in pages.items()}
    about = {name: [one for one in given if one in ABOUT_EXCLUSION] for name, given in steps.items()}
    return {name: given for name, given in about.items() if given}


async def test_after_signing_out_the_session_is_worth_nothing(town: Town) -> None:
    there = await town.site.staff("fengyuxin")
    again = town.site.client()
    again.cookies.set("fengqiao_staff", there.http.cookies["fengqiao_staff"])
    assert (await again.get("/api/staff/tasks")).status_code == 200
    assert (await there.http.delete("/api/staff/session")).status_code == 204
    assert (await again.get("/api/staff/tasks")).status_code == 401


async def test_a_page_sees_less_once_the_case_is_elsewhere(town: Town) -> None:
    """A clerk who returned it as not their unit's looks at a case that is not there."""
    number = await town.bob.file("楼下烧烤店油烟太大，又来了")
    await town.staff["limin"].step(number, "return", reason="other")
    clerk = await holder_of(town, number)
    photo = await town.staff[clerk].upload()
    await town.staff[clerk].step(number, "return", reason="not_my_unit")
    assert (await town.staff[clerk].http.get(f"/api/staff/cases/{number}")).status_code == 404
    assert (await town.staff[clerk].http.get(f"/api/staff/photos/{photo}")).status_code == 200
    notices = (await town.staff[clerk].http.get("/api/staff/notices")).json()["notices"]
    assert [notice["number"] for notice in notices if number in notice["text"]] == [None]


async def test_a_resident_sees_only_their_own(town: Town) -> None:
    eve = await town.site.resident("B0103")
    number, said = town.numbers["grid"], "楼下烧烤店油烟太大 grid"
    picture = next(line["photos"][0] for line in await town.ann.look() if line.get("photos"))
    assert (await town.ann.http.get(picture)).status_code == 200

    shown = (await eve.http.get("/api/chat/messages", params={"after": "0"})).json()
    assert [line["from"] for line in shown["messages"]] == ["us"] and shown["cases"] == []
    absent = await eve.http.get(f"/api/chat/photos/{uuid4()}")
    assert [(a.status_code, a.text) for a in (absent, await eve.http.get(picture))] == [(404, absent.text)] * 2
    for words in (number, f"查询 {number}", f"/my {number}", "/my", "进度", number.replace("-", "")):
        before = await counts(town.site)
        answer = await eve.http.post("/api/chat/messages", json={"key": str(uuid4()), "text": words})
        assert said not in answer.text and all("case" not in line for line in answer.json()["messages"])
        new = grown(before, await counts(town.site))
        assert set(new) == {"chat_messages", "seen_messages"} and new["seen_messages"] == 1


async def test_evidence_is_seen_when_it_is_told_and_not_before(town: Town) -> None:
    """Under review the reply's photo is for the staff; with the answer it is the resident's too, and nobody else's."""
    town.site.parts.senses.book.policies["simple"].review = True
    try:
        number = await town.bob.file("楼下烧烤店油烟太大")
        limin, leader = town.staff["limin"], town.staff["dongchunsheng"]
        await limin.step(number, "sign")
        photo = await limin.upload()
        await limin.step(number, "reply", text="已清洗。", outcome="solved", photos=[photo])
        assert await seen_by(town, photo) == {"bob": 404, "ann": 404, "limin": 200, "chenlu": 200, "kangkeqin": 404}
        assert "已清洗" not in str(await town.bob.look())
        await leader.step(number, "approve")
        assert await seen_by(town, photo) == {"bob": 200, "ann": 404, "limin": 200, "chenlu": 200, "kangkeqin": 404}
    finally:
        town.site.parts.senses.book.policies["simple"].review = False
        await town.site.settle()


async def seen_by(town: Town, photo: str) -> dict[str, int]:
    doors: dict[str, tuple[httpx.AsyncClient, str]] = {"bob": (town.bob.http, "chat"), "ann": (town.ann.http, "chat")}
    doors |= {name: (town.staff[name].http, "staff") for name in ("limin", "chenlu", "kangkeqin")}
    return {name: (await http.get(f"/api/{door}/photos/{photo}")).status_code for name, (http, door) in doors.items()}


async def holder_of(town: Town, number: str) -> str:
    return next(iter([name for name, person in town.staff.items() if number in await person.tasks()]))


NUMBERS = {
    "mobile": ("13812345678", "138****5678"),
    "mobile in groups": ("138-1234 5678", "138****5678"),
    "mobile from abroad": ("+86 13812345678", "+86 138****5678"),
    "mobile in full width": ("１３８１２３４５６７８", "138****5678"),
    "landline": ("0728-6212345", "0728****2345"),
    "identity": ("11010119900307123X", "110101********X"),
    "identity in groups": ("110101 19900307 1234", "110101********4"),
    "bank card": ("6222 0212 3456 7890 123", "6222****0123"),
}


@pytest.mark.parametrize("what", NUMBERS)
async def test_numbers_that_name_a_person_are_starred_for_the_staff(town: Town, what: str) -> None:
    """Wherever they were written: the complaint, the place, a supplement, the answer, the staff's own words."""
    written, shown = NUMBERS[what]
    resident = await town.site.resident(None)
    await resident.say(f"楼下油烟太大，找老张{written}问")
    await resident.say(f"门口有牌子{written}那里")  # the answer to where
    await resident.press("submit")
    number = resident.said[-1]["case"]["number"]
    holder = await holder_of(town, number)
    await town.staff[holder].step(number, "sign")
    await town.staff[holder].step(number, "ask", text=f"是{written}吗？")
    await town.site.settle()
    await resident.look()
    await resident.press("answer")
    await resident.say(f"对，{written}")
    await resident.press("supplement")
    await resident.say(f"又打了{written}")
    await town.site.settle()
    for name in (holder, "dongchunsheng", "chenlu", "jiangyan"):
        http = town.staff[name].http
        for path in (f"cases/{number}", "tasks?view=all", "notices"):
            answer = await http.get(f"/api/staff/{path}")
            assert answer.status_code == 200 and written not in answer.text, (name, path)
    page = await town.staff["chenlu"].case(number)
    assert f"找老张{shown}问" in page["case"]["text"] and f"牌子{shown}" in page["case"]["place"]
    texts = [event["text"] for event in page["timeline"] if event["text"]]
    assert [shown in text for text in texts] == [True] * 4
    assert written in str(await resident.look())  # their own words they read as they wrote them
