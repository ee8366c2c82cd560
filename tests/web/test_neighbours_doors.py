"""Who may do what at the pages about residents: own grids, own area, all; auditors read; strangers' words are inert."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.neighbours import go_on, move_in
from tests.support.site import Site
from web.console import places

HERE = "B0103"
NOTICE = {"title": "停水", "text": "周四停水", "places": [HERE]}


def ballot(clock: Clock, **more: Any) -> dict[str, Any]:
    until = (clock() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    return {"title": "装充电桩", "places": [HERE], "closes_at": until, **more}


@pytest.mark.parametrize(
    ("who", "sees", "writes"),
    [
        ("limin", 200, 200),  # the grid's worker
        ("kangkeqin", 404, 403),  # another grid's
        ("wangxing", 200, 200),  # the community's leader
        ("chenlu", 200, 200),
        ("caoying", 200, 403),  # reads
        ("wufan", 403, 403),  # a department's clerk
    ],
)
async def test_each_sees_and_writes_for_whom_they_look_after(
    site: Site, clock: Clock, who: str, sees: int, writes: int
) -> None:
    await move_in(site, 2, HERE)
    desk = await site.staff("jiangyan")
    vote = (await desk.http.post("/console/proposals", json=ballot(clock))).json()["to"]
    notice = (await desk.http.post("/console/announcements", json=NOTICE)).json()["to"]
    http = (await site.staff(who)).http
    assert [(await http.get(path)).status_code for path in (vote, notice)] == [sees, sees]
    made = [
        await http.post("/console/proposals", json=ballot(clock)),
        await http.post("/console/announcements", json=NOTICE),
    ]
    assert [answer.status_code for answer in made] == [writes, writes]
    assert (await http.post(f"{notice}/send", json={})).status_code in (403, 404, 409), "not theirs to let out"
    foreign = {"x-csrf-token": "guessed"}
    assert (await http.post("/console/announcements", json=NOTICE, headers=foreign)).status_code == 403


@pytest.mark.parametrize(
    ("who", "area", "status"),
    [
        ("limin", "CX-DG-01-03", 200),
        ("limin", "CX-DG-01-01", 404),  # another's
        ("limin", "nowhere", 404),
        ("chenlu", "CX-DG-01-01", 200),
        ("caoying", "CX-DG-01-01", 403),  # reads, and writes to nobody
    ],
)
async def test_buildings_to_tick_are_those_of_an_area_that_is_theirs(
    site: Site, who: str, area: str, status: int
) -> None:
    answer = await (await site.staff(who)).http.get("/console/places", params={"area": area})
    assert (answer.status_code, 'name="places[]"' in answer.text) == (status, status == 200)
    assert ("B0103" in answer.text) == (status == 200 and area == "CX-DG-01-03")


async def test_more_buildings_than_anybody_looks_through_are_not_listed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "TICKED_MOST", 50)
    said = (await (await site.staff("chenlu")).http.get("/console/places", params={"area": "CX"})).text
    assert "请先把上面的范围选到社区" in said
    assert "places[]" not in said


async def test_what_cannot_be_is_refused(site: Site, clock: Clock) -> None:
    http = (await site.staff("limin")).http
    wrongs: list[tuple[str, dict[str, Any]]] = [
        ("/console/proposals", ballot(clock, closes_at="9999-12-31T23:59")),
        ("/console/proposals", ballot(clock, opens_at="0001-01-01T00:00", closes_at="0001-01-02T00:00")),
        ("/console/proposals", ballot(clock, quorum=2**70)),
        ("/console/proposals", ballot(clock, choices="只有一个")),
        ("/console/proposals", ballot(clock, places=["nowhere", "' OR 1=1 --"])),
        ("/console/proposals", ballot(clock, title="\x00\ud83d")),
        ("/console/proposals", ballot(clock, way="everybody")),
        ("/console/proposals/99/accept", ballot(clock)),
        ("/console/proposals/99/slips.pdf", {"place": HERE}),
        ("/console/announcements", {**NOTICE, "text": "长" * 5000}),
        ("/console/announcements", {**NOTICE, "places": [], "area": "CX"}),
        ("/console/announcements/9223372036854775808/send", {}),
    ]
    for path, body in wrongs:
        said = json.dumps(body)  # escaped: half an emoji goes over no wire otherwise
        answer = await http.post(path, content=said, headers={"content-type": "application/json"})
        assert 400 <= answer.status_code < 500 and answer.json()["error"]["message"], (path, answer.text)
    for path in ("/console/scores?quarter=%00", "/console/scores?area=' OR 1=1", "/console/proposals?stage=x",
                 "/console/proposals/0", "/p/forged/talks"):  # fmt: skip
        assert (await http.get(path)).status_code in (400, 403, 404)


async def test_a_building_s_page_shows_what_was_said_and_that_it_was_taken_back(site: Site, clock: Clock) -> None:
    await move_in(site, 1, HERE)
    http = (await site.staff("wangxing")).http
    notice = (await http.post("/console/announcements", json={**NOTICE, "title": "<script>alert(1)</script>"})).json()
    path = f"/p/{site.code(HERE)}/talks"
    assert "alert(1)" not in (await site.client().get(path)).text, "a draft is nobody's yet"
    await http.post(f"{notice['to']}/send", json={})
    await go_on(site)
    shown = (await site.client().get(path)).text
    assert "&lt;script&gt;alert(1)" in shown and "<script>alert" not in shown and "丹桂社区居委会 · 王兴" in shown
    await http.post(f"{notice['to']}/withdraw", json={"correction": "改到周五"})
    shown = (await site.client().get(path)).text
    assert "已撤回" in shown and "改到周五" in shown
    assert (await site.client().get(f"/p/{site.code('B0201')}/talks")).text.count("改到周五") == 0
