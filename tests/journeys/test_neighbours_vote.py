"""Neighbours decide (E5): one raises it, the grid worker puts it to the vote, ten vote, the clock closes it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from cases import slips
from cases.keys import grouped
from models import Proposal
from tests.support.clock import Clock
from tests.support.neighbours import go_on
from tests.support.people import Resident, Staff
from tests.support.site import Site
from tests.support.telegram import Telegram

HOME, ELSEWHERE = "B0103", "B0201"


async def at_console(staff: Staff, path: str, **body: Any) -> Any:
    answer = await staff.http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def vote(site: Site, choice: str, place: str = HOME) -> Resident:
    resident = await site.resident(place)
    await resident.say("/votes")
    await resident.press("vote", choice)
    return resident


async def test_a_proposal_from_first_words_to_the_result(site: Site, clock: Clock) -> None:
    raiser = await site.resident(HOME)
    said = await raiser.say("我想提个议题：楼下加装充电桩，我叫陈大文，电话 13812345678")
    assert said[0].startswith("我这样报给社区：\n丹桂苑 3 栋\n“楼下加装充电桩，")
    await raiser.press("topic_send")
    assert (await raiser.say("/votes"))[-1].startswith("您这里现在没有")

    worker = await site.staff("limin")
    page = (await worker.http.get("/console/proposals")).text
    assert "加装充电桩" in page and "13812345678" not in page and "陈大文" not in page
    until = (clock() + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M")
    fields = {"title": "楼下加装充电桩", "choices": "", "places": [HOME], "majority": "half", "quorum": "5",
              "closes_at": until, "opens_at": "", "text": "", "way": "resident"}  # fmt: skip
    await at_console(worker, "/console/proposals/1/accept", **fields)
    await go_on(site)
    assert any("已通过审核" in line for line in await raiser.texts())
    assert any("【议事投票】楼下加装充电桩" in line for line in await raiser.texts())

    voters = [await vote(site, "同意") for _ in range(6)] + [await vote(site, "不同意")]
    voters[0].buttons = {}
    await voters[0].look()
    await voters[0].press("vote_show", "改投")
    await voters[0].press("vote", "不同意")
    stranger = await site.resident(ELSEWHERE)
    assert (await stranger.say("/votes"))[-1].startswith("您这里现在没有")
    shown = (await worker.http.get("/console/proposals/1")).text
    assert "7" in shown and "得票" not in shown, "turnout only while it is open"

    async with site.parts.sessions() as session:
        kept = str((await session.execute(text("select args, text, text_key from chat_messages"))).all())
        assert "said.vote" in kept and "button.option" not in kept.replace("'buttons'", "")
    clock.forward(days=5, minutes=1)
    await go_on(site)
    async with site.parts.sessions() as session:
        rows = (await session.execute(text("select counts, outcome, ballot_key from proposals"))).one()
        assert tuple(rows) == ([5, 2], "passed", None)
        left = await session.scalar(text("select (select count(*) from ballots) + (select count(*) from voters)"))
        assert left == 0
    for one in (raiser, *voters):
        assert any("同意：5 票" in line for line in await one.texts())


async def test_a_household_votes_by_its_slip_and_its_digits_stay_hidden(site: Site, clock: Clock) -> None:
    leader = await site.staff("wangxing")
    until = (clock() + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M")
    fields = {"title": "周末装修到几点", "choices": "不许\n到 18 点\n到 20 点", "places": [HOME], "way": "household",
              "closes_at": until}  # fmt: skip
    made = await at_console(leader, "/console/proposals", **fields)
    await go_on(site)
    paper = await leader.http.post(f"{made['to']}/slips.pdf", json={"place": HOME})
    assert paper.content.startswith(b"%PDF-")
    async with site.parts.transactions.begin() as session:
        row = await session.get_one(Proposal, int(made["to"].rpartition("/")[2]))
        code = (await slips.issue(session, site.parts.senses.book, site.parts.keys, row, HOME))[0]
    resident = await site.resident(ELSEWHERE)  # who holds the slip votes, wherever they opened the chat
    assert (await resident.say(f"投票码：{grouped(code)}"))[0].startswith("【议题】周末装修到几点")
    await resident.press("vote", "到 18 点")
    assert (await resident.say("2" * 12))[0].startswith("没有这个投票码")
    lines = [line["text"] for line in await resident.look()]
    assert f"•••• {code[-4:]}" in lines and code not in "".join(lines) and "到 18 点" not in lines
    for _ in range(3):
        await resident.say("3" * 12)
    refused = await resident.http.post("/api/chat/messages", json={"key": str(uuid4()), "text": code})
    assert refused.status_code == 429
    assert (await (await site.resident(HOME)).say(code))[0].startswith("【议题】周末装修到几点"), (
        "others are not held up"
    )


async def test_scores_notices_and_homes_in_the_talk(site: Site) -> None:
    resident = await site.resident(HOME)
    await resident.say("/score")
    await resident.press("score", "丹桂社区")
    await resident.press("score", "商户、企业")
    for mark in ("5 很好", "4 较好", "3 一般"):
        await resident.press("score", mark)
    assert (await resident.press("score", "2 较差"))[0].startswith("给丹桂社区的分记下了")
    assert "119" in (await resident.say("楼道里一股煤气味"))[0], "danger goes before words to a score"
    async with site.parts.sessions() as session:
        row = (await session.execute(text("select answers, business, words from scores"))).one()
        assert tuple(row) == ({"responsive": 5, "fair": 4, "tidy": 3, "safe": 2}, True, "")

    other = await site.resident(HOME)
    assert (await other.say("/notices off"))[0].startswith("好的，不再给您发通知")
    assert (await other.press("notices"))[0].startswith("您会收到")
    assert "丹桂苑 3 栋" in (await other.say("我的楼栋"))[0]
    await other.press("leave")
    assert (await other.say("/votes"))[0].startswith("还不知道您住哪一栋")
    assert (await other.say("/propose 加装电梯"))[0].startswith("还不知道您住哪一栋")


async def test_a_link_of_the_building_opened_in_telegram_is_enough(telegram: Telegram) -> None:
    phone = telegram.resident("张")
    phone.start(telegram.site.code(HOME))
    await phone.hears("丹桂苑 3 栋")
    phone.say("/votes")
    await phone.hears("您这里现在没有在投票的议题")
