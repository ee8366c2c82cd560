"""Services and texts in the console: who may write what, what is refused, and that residents hear it at once."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlmodel import select

from bot.texts import original, reword, say
from cases import guide
from models import AuditEntry, Case
from tests.support.site import Site

QUESTION = "新生儿医保怎么办"
NEW = {
    "code": "cat-licence", "topic": "life", "unit": "GAJ", "category": "公安/养犬", "title": "养猫登记",
    "title_en": "Registering a cat", "asked": "养猫要登记吗\n猫证怎么办", "steps": "带猫来\n拍照", "materials": "",
    "place": "派出所", "hours": "工作日", "takes": "当场", "cost": "免费", "call": "12345",
    "answer_en": "Bring the cat.",     "reviewed_on": "2026-11-01", "valid_to": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _originals() -> Iterator[None]:
    yield
    reword({})


async def shown(http: httpx.AsyncClient, path: str, **asked: Any) -> str:
    answer = await http.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.text


async def audited(site: Site, kind: str) -> list[AuditEntry]:
    async with site.parts.sessions() as session:
        return list((await session.exec(select(AuditEntry).where(AuditEntry.kind == kind))).all())


async def test_a_question_is_answered_counted_and_filed_where_it_did_not_help(site: Site) -> None:
    resident = await site.resident()
    told = await resident.say(QUESTION)
    assert "一般这样办" in told[-1] and "窗口：" in told[-1]
    async with site.parts.sessions() as session:
        assert (await session.exec(select(Case))).first() is None
    await resident.press("service_unsolved")
    assert resident.said[-1]["card"]
    async with site.parts.sessions() as session:
        assert (await guide.counts(session))["medical-newborn"] == (1, 0, 1)


async def test_a_service_is_written_by_its_own_unit_and_told_at_once(site: Site) -> None:
    clerk, admin, leader = [(await site.staff(name)).http for name in ("wufan", "jiangyan", "wangxing")]
    refused = await clerk.post("/console/services/save", json=NEW)
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        403,
        say("console.services.not_your_unit", "zh-Hans"),
    )
    assert (await leader.post("/console/services/save", json=NEW)).status_code == 403
    assert (await leader.get("/console/services/one")).status_code == 403

    wrong = await admin.post("/console/services/save", json={**NEW, "reviewed_on": "soon"})
    assert wrong.status_code == 422 and "核对日期" in wrong.json()["error"]["message"]
    seen = (await admin.post("/console/services/preview", json=NEW)).json()["told"]
    assert "1. 带猫来" in seen["zh-Hans"] and "養貓" in seen["zh-Hant"] and "Bring the cat." in seen["en"]

    saved = await admin.post("/console/services/save", json=NEW)
    assert saved.json() == {"to": "/console/services/one?code=cat-licence"}
    assert site.parts.senses.book.guide.answers("养猫要登记吗", site.parts.now()) == ["cat-licence"]
    page = await shown(admin, "/console/services/one", code="cat-licence")
    mark = re.search(r'name="_seen" value="(\w+)"', page)
    assert mark
    changed = {**NEW, "_code": "cat-licence", "_seen": mark[1], "cost": "10 元"}
    assert (await admin.post("/console/services/save", json=changed)).status_code == 200
    assert (await admin.post("/console/services/save", json=changed)).status_code == 409  # somebody else's by now
    await admin.post("/console/services/active", json={"code": "cat-licence", "active": False})
    assert not site.parts.senses.book.guide.answers("养猫要登记吗", site.parts.now())
    lines = await audited(site, "services")
    assert [(one.action, one.subject) for one in lines] == [
        (what, "cat-licence") for what in ("add", "change", "retire")
    ]
    assert lines[1].after == {"cost": "10 元"}


async def test_what_is_due_is_found_and_a_question_tried(site: Site) -> None:
    http = (await site.staff("jiangyan")).http
    assert "新生儿医保" in await shown(http, "/console/services", q="新生儿 医保")
    assert "没有找到" in await shown(http, "/console/services", due=True)
    tried = await shown(http, "/console/services", ask=QUESTION)
    assert "会答复" in tried
    assert "当作诉求受理" in await shown(http, "/console/services", ask="楼下烧烤店油烟没人管")
    assert "险情" in await shown(http, "/console/services", ask="着火了怎么办")


async def test_a_text_is_worded_anew_checked_and_taken_back(site: Site) -> None:
    http = (await site.staff("jiangyan")).http
    assert "service.glad" in await shown(http, "/console/texts", q="能帮上忙")

    async def word(key: str, text: str, locale: str = "zh-Hans") -> tuple[int, str]:
        answer = await http.post("/console/texts/one", json={"locale": locale, "key": key, "text": text})
        return answer.status_code, answer.json().get("error", {}).get("message", "")

    assert (await word("service.glad", "  那就好！有事再来。 ")) == (200, "")
    assert say("service.glad", "zh-Hans") == "那就好！有事再来。"
    assert say("service.glad", "en") == original("en")["service.glad"]
    assert "那就好" in await shown(http, "/console/texts", own=True)

    refused = {
        ("service.glad", ""): "不能空着",
        ("service.glad", "好\u202e的"): "看不见",
        ("service.glad", "好{name}"): "不能用大括号",
        ("service.glad", "好{"): "不能用大括号",
        ("service.glad", "**好"): "成对",
        ("service.call", "打 {call.real} 问问"): "{call}",
        ("service.call", "问问吧"): "{call}",
        ("button.submit", "提" * 30): "最多 20 个字",
        ("danger.call", original("zh-Hans")["danger.call"] + " 119"): "紧急电话",
    }
    for (key, text), why in refused.items():
        status, message = await word(key, text)
        assert status == 422 and why in message, (key, text, message)
    assert (await word("no.such", "x"))[0] == 404 and (await word("service.glad", "x", "fr"))[0] == 404

    await http.post("/console/texts/reset", json={"locale": "zh-Hans", "key": "service.glad"})
    assert say("service.glad", "zh-Hans") == original("zh-Hans")["service.glad"]
    lines = await audited(site, "texts")
    assert [(one.action, one.subject) for one in lines] == [
        (what, "zh-Hans service.glad") for what in ("change", "reset")
    ]
    assert "那就好" in await shown(http, "/console/texts/one", key="service.glad")


async def test_another_process_says_it_within_its_next_look(site: Site) -> None:
    http = (await site.staff("jiangyan")).http
    await http.post("/console/texts/one", json={"locale": "en", "key": "service.glad", "text": "Good."})
    reword({})  # as a process that has not looked since
    site.parts.rewording._as_of = None
    async with site.parts.sessions() as session:
        assert await site.parts.rewording.look(session)
        assert not await site.parts.rewording.look(session)
    assert say("service.glad", "en") == "Good."
