"""The learning page: who may do what, one training for two who press at once, and its whole story in a browser."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page
from sqlmodel import col, select

from cases import at_hand, gate, gate_figures, lessons
from cases.at_hand import Standing
from cases.learning import State
from classifiers import firstday
from models import AuditEntry, Case, Correction, ModelVersion, Outcome, Role, Status
from tests.support.school import School, opened
from tests.support.site import Site
from tests.web.conftest import DESKTOP
from tests.web.test_access_matrix import ONE_OF_EACH

PAGES = ("/console/learning", "/console/learning/v1", "/console/learning/work")


@pytest.fixture
async def school(site: Site, tmp_path: Path) -> School:
    return await opened(site.parts, tmp_path)


async def test_admins_act_auditors_look_and_nobody_else_comes_in(site: Site, school: School) -> None:
    async with site.parts.transactions.begin() as session:
        v1 = await session.get_one(ModelVersion, "v1")
        session.add(ModelVersion(version="v2", trained_by="jiangyan", trained_at=site.parts.now(), report=v1.report))
    for role, name in ONE_OF_EACH.items():
        http = (await site.staff(name)).http
        looks = 200 if role in (Role.ADMIN, Role.AUDITOR) else 403
        shown = [await http.get(path) for path in PAGES]
        assert [answer.status_code for answer in shown] == [looks] * 3
        if role is Role.ADMIN:
            assert "data-post" in shown[0].text
            continue
        assert not any("data-post" in answer.text for answer in shown)
        doors = ("train", "cancel", "rollback", "v2/promote", "v2/shadow", "v2/shadow/stop")
        tried = [await http.post(f"/console/learning/{door}", json={"why": "x", "days": 3}) for door in doors]
        assert [answer.status_code for answer in tried] == [403] * 6
    assert await noted(site) == []


async def test_two_admins_press_at_once_and_one_training_begins(site: Site, school: School) -> None:
    admins = [(await site.staff(name)).http for name in ("jiangyan", "wenxuemei")]
    answers = await asyncio.gather(*(http.post("/console/learning/train", json={}) for http in admins))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [line[1:] for line in await noted(site)] == [("train", "v2")]


async def test_a_file_that_is_gone_is_said_and_intake_goes_on(site: Site, school: School) -> None:
    http = (await site.staff("caoying")).http
    assert "签名有效" in (await http.get("/console/learning")).text
    shutil.rmtree(school.models / "v1")
    page = (await http.get("/console/learning")).text
    assert "文件缺失" in page
    assert "v1 的文件用不了，内存里的还在工作。受理照常" in page
    assert await (await site.resident("B0103")).file("楼下烧烤店油烟太大")


async def test_a_training_is_called_off_from_the_page(site: Site, school: School) -> None:
    site.parts.learning.corpus = firstday.rows  # long enough
    http = (await site.staff("jiangyan")).http
    assert (await http.post("/console/learning/train", json={})).status_code == 200
    assert 'data-post="/console/learning/cancel"' in (await http.get("/console/learning")).text
    assert 'data-post="' not in (await (await site.staff("caoying")).http.get("/console/learning")).text
    answer = await http.post("/console/learning/cancel", json={})
    assert answer.json()["said"] == "v2 的训练已取消，现在用的照常。"
    page = (await http.get("/console/learning")).text
    assert "管理员取消了" in page and 'data-post="/console/learning/train"' in page
    assert await noted(site) == [("jiangyan", "train", "v2"), ("jiangyan", "cancel", "v2")]


async def test_what_cannot_be_is_refused_in_words(site: Site, school: School) -> None:
    http = (await site.staff("jiangyan")).http
    assert (await http.get("/console/learning/v9")).status_code == 404
    for door, body, status, words in (
        ("v9/promote", {}, 404, "没有 v9 这个版本"),
        ("v1/promote", {}, 409, "现在用的就是 v1"),
        ("v1/shadow", {"days": 3}, 409, "现在用的就是 v1"),
        ("v1/shadow", {"days": "三"}, 400, ""),
        ("v1/shadow/stop", {}, 409, "没有在试跑"),
        ("cancel", {}, 409, "现在没有在训练的版本"),
        ("rollback", {"why": " "}, 422, "请写明为什么"),
        ("rollback", {"why": "错得多"}, 409, "退不回去"),
    ):
        answer = await http.post(f"/console/learning/{door}", json=body)
        assert (answer.status_code, words in answer.json()["error"]["message"]) == (status, True), answer.text
    foreign = await http.post("/console/learning/train", json={}, headers={"x-csrf-token": "forged"})
    assert foreign.status_code == 403
    assert await noted(site) == []


async def test_the_counts_are_those_a_training_would_take(site: Site, school: School) -> None:
    """Five dogs teach; one waits for its end, one ended badly, one is a clerk's word, one only doubted."""
    now = site.parts.now()
    async with site.parts.sessions() as session:
        cases = [await (await site.resident("B0103")).file(f"第{n}处路灯不亮") for n in range(4)]
        rows = {case.number: case for case in (await session.exec(select(Case))).all()}
        words = [("assign", Role.DISPATCHER, "公安"), ("assign", Role.DISPATCHER, "公安")]
        words += [("propose", Role.CLERK, "公安"), ("return", Role.WORKER, None)]
        for number, (why, role, code) in zip(cases, words, strict=True):
            rows[number].category, rows[number].item = "公安", None
            session.add(Correction(case_id=rows[number].id, now=code, actor="x", role=role, why=why, at=now))
        rows[cases[1]].status, rows[cases[1]].outcome = Status.CLOSED, Outcome.INVALID
        await session.commit()
        found, taken = await at_hand.counted(session), await lessons.confirmed(session)
    assert found.of(Standing.TEACHES) == len(taken) == 5
    counts = {one: found.of(one) for one in Standing if found.of(one)}
    assert counts == dict.fromkeys((Standing.OPEN, Standing.ENDED, Standing.PROPOSED, Standing.DOUBTED), 1) | {
        Standing.TEACHES: 5
    }


def test_every_check_of_the_gate_has_a_figure() -> None:
    assert list(gate_figures.FIGURES) == [check.name for check in gate.CHECKS]


async def test_trained_with_a_bar_promoted_by_another_and_rolled_back(
    at_work: tuple[Site, str], window: Callable[..., Any], tmp_path: Path
) -> None:
    site, address = at_work
    school = await opened(site.parts, tmp_path)
    first, second = [await window(address, "/staff", DESKTOP) for _ in range(2)]
    await first.enter("jiangyan")
    await second.enter("wenxuemei")
    await first.go("/console/learning")
    await first.look_both("learning-before")
    await second.go("/console/learning")
    await watch_the_bar(second.page)
    await first.page.click("text=开始训练")
    await first.page.wait_for_selector("#training")
    await first.page.reload()
    await school.until("v2", State.READY)
    for one in (first, second):
        await one.page.wait_for_selector("text=v2 训练好了")
    seen = await second.page.evaluate("window.seen")
    assert seen == sorted(seen) and len(set(seen)) > 1, "it moved in the other admin's window too"

    await first.go("/console/learning/v2")
    assert "这一版是您训练的" in await first.page.inner_text("main")
    assert await first.page.locator("text=换用 v2").count() == 0
    await first.look_both("learning-second-person")
    second.page.on("dialog", lambda dialog: dialog.accept())
    await second.go("/console/learning/v2")
    await second.page.check("[name=knowingly]")
    await second.look_both("learning-candidate")
    await second.page.click("text=换用 v2")
    await second.page.wait_for_selector("text=这一版正在使用")
    assert await site.parts.in_use.look()
    await second.go("/console/learning")
    await second.page.click("text=退回 v1")
    await second.page.fill("[name=why]", "狗的事分错了")
    await second.page.click("dialog .next")
    await second.page.wait_for_selector("#used a:has-text('v1')")
    await site.parts.in_use.look()
    await second.page.reload()
    await second.look_both("learning-rolled-back")
    await second.go("/console/learning/work")
    await second.look_both("learning-work")
    assert await noted(site) == [
        ("jiangyan", "train", "v2"), ("wenxuemei", "promote", "v2"), ("wenxuemei", "roll back", "v1"),
    ]  # fmt: skip
    assert "狗的事分错了" in (await school.report("v2"))["history"][-1]["why"]


async def watch_the_bar(page: Page) -> None:
    """Every value the bar takes from now on, in `seen`."""
    await page.evaluate(
        """() => { window.seen = []; setInterval(() => {
            const bar = document.getElementById("progress");
            if (bar && bar.value !== window.seen.at(-1)) window.seen.push(bar.value); }, 20) }"""
    )


async def noted(site: Site) -> list[tuple[str, str, str]]:
    async with site.parts.sessions() as session:
        rows = (await session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))).all()
    return [(row.person, row.action, row.subject) for row in rows]
