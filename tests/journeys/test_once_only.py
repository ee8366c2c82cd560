"""The same message or step sent again, as after a lost answer: one effect, the same answer."""

from uuid import uuid4

from tests.support.site import Site


async def test_a_message_sent_three_times(site: Site) -> None:
    resident = await site.resident("B0103")
    body = {"key": str(uuid4()), "text": "楼下烧烤店油烟太大"}
    answers = [(await resident.http.post("/api/chat/messages", json=body)).json() for _ in range(3)]
    assert answers[0]["messages"] == answers[1]["messages"] == answers[2]["messages"]
    assert [line["from"] for line in await resident.look()] == ["us", "resident", "us"]


async def test_a_step_sent_twice(site: Site) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    worker = await site.staff("limin")
    body = {"key": str(uuid4()), "step": "sign", "version": (await worker.case(number))["case"]["version"]}
    answers = [await worker.http.post(f"/api/staff/cases/{number}/steps", json=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [event["kind"] for event in answers[1].json()["timeline"]] == ["submit", "route", "sign"]


async def test_whoever_presses_before_they_have_read_is_heard(site: Site) -> None:
    """An old button brings the open card once more; a press on the card before, on its way already, still counts."""
    resident = await site.resident("B0103")
    await resident.say("楼下烧烤店油烟太大")
    await resident.say("晚上十一点还在烤")
    (_, _, old), (_, _, current) = resident.buttons["submit"]
    said = [await resident.choose(token) for token in (old, old)]
    assert all("用过" in lines[0] and len(lines) == 2 for lines in said), "what is open is shown once more"
    filed = await resident.choose(current)
    assert any("查询码" in line for line in filed)
    copies = resident.buttons["submit"][-2:]
    for _, _, token in copies:
        assert "用过" in (await resident.choose(token))[0]
    assert len([line for line in await resident.look() if "case" in line]) == 1
