"""Neighbours decide (E5): one raises it, the grid worker puts it to the vote, ten vote, the clock closes it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app.neighbours import Neighbours
from tests.support.clock import Clock
from tests.support.people import Resident, Staff
from tests.support.site import Site

HOME, ELSEWHERE = "B0103", "B0201"


async def go_on(site: Site) -> None:
    """What the clock does between neighbours, and the deliveries of it."""
    parts = site.parts
    work = Neighbours(parts.transactions, parts.senses, parts.keys, parts.now)
    while await work.go_on():
        pass
    await site.settle()


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
    assert "加装充电桩" in said[0]
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
