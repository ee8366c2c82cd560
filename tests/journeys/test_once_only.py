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
