"""A receipt (受理告知书) for whoever filed the case, on the page and at Telegram, and for nobody else."""

from sqlmodel import select

from cases import bulletins
from models import Resident
from tests.support.clock import Clock
from tests.support.site import Site
from tests.support.telegram import Telegram, words


async def test_on_the_page_only_who_filed_it_gets_it(site: Site) -> None:
    guilan, other = await site.resident(), await site.resident()
    number = await guilan.file("楼下烧烤店油烟太大 #set page(fill: red)")
    assert guilan.said[-1]["buttons"][-2]["label"] == "受理告知书"
    await guilan.press("receipt")
    [paper] = guilan.said[-1]["papers"]
    assert paper == {"name": f"受理告知书 {number}.pdf", "url": f"/api/chat/cases/{number}/receipt.pdf"}
    got = await guilan.http.get(paper["url"])
    assert (got.status_code, got.headers["content-type"], got.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert got.headers["cache-control"] == "private, no-store"
    refused = [await who.get(paper["url"]) for who in (other.http, site.client(), (await site.staff("limin")).http)]
    assert [answer.status_code for answer in refused] == [404, 401, 401]
    missing = await other.http.get("/api/chat/cases/000000-0000/receipt.pdf")
    assert (missing.status_code, missing.json()["error"]["key"]) == (404, refused[0].json()["error"]["key"])


async def test_who_knows_the_lookup_code_sees_the_case_and_gets_no_receipt(site: Site) -> None:
    guilan, other = await site.resident(), await site.resident()
    number = await guilan.file("楼下烧烤店油烟太大")
    code = guilan.said[-1]["text"].partition("查询码 ")[2][:19]
    await other.say(code)
    assert number in other.said[-1]["text"] and "receipt" not in other.buttons
    assert (await other.http.get(f"/api/chat/cases/{number}/receipt.pdf")).status_code == 404


async def test_in_large_print_for_who_reads_in_elder_mode(site: Site) -> None:
    guilan = await site.resident()
    number = await guilan.file("楼下烧烤店油烟太大")
    url = f"/api/chat/cases/{number}/receipt.pdf"
    plain = (await guilan.http.get(url)).content
    await guilan.say("/large")
    large = (await guilan.http.get(url)).content
    assert plain != large
    async with site.parts.sessions() as session:
        assert [one.large for one in (await session.exec(select(Resident))).all()] == [True]


async def test_the_window_prints_it_for_a_visitor(site: Site) -> None:
    clerk, colleague = await site.staff("chenlu"), await site.staff("wufan")
    filed = await clerk.http.post(
        "/api/staff/filings",
        json={"key": "7d7f3f0e-58a2-4d38-9a0e-0d9a6b0f3a11", "how": "registered", "text": "楼下烧烤店油烟太大"},
    )
    url = f"/api/staff/cases/{filed.json()['number']}/receipt.pdf"
    assert (await clerk.http.get(url)).content.startswith(b"%PDF-")
    assert (await colleague.http.get(url)).status_code == 404


async def test_at_telegram_it_comes_as_a_document(telegram: Telegram) -> None:
    guilan = telegram.resident()
    guilan.start(telegram.site.code("B0103"))
    guilan.say("楼下烧烤店油烟太大，天天到半夜")
    await guilan.press("提交")
    await guilan.hears("查询码")
    await guilan.press("受理告知书")
    said = await guilan.hears("这是")
    assert "催办" in guilan.buttons(said)  # what one may do is offered again
    [paper] = [line.body["document"] for line in guilan.lines if "document" in line.body]
    assert paper.content.startswith(b"%PDF-")
    assert str(paper.facts["file_name"]).startswith("受理告知书 ")


async def test_a_leader_hears_of_the_week_and_asks_how_far_the_community_is(telegram: Telegram, clock: Clock) -> None:
    await (await telegram.site.resident("B0103")).file("楼下烧烤店油烟太大")
    clock.forward(days=7)
    wangxing, limin, parts = (
        await telegram.worker("wangxing", "王兴"),
        await telegram.worker("limin"),
        telegram.site.parts,
    )
    left = 1
    while left:
        async with parts.transactions.begin() as session:
            left = await bulletins.put_out(session, parts.senses.book, parts.now(), "https://town.example")
    line = await wangxing.hears("丹桂街道")
    assert "https://town.example/staff/bulletins/" in words(line)
    wangxing.say("/clearing")
    await wangxing.hears("没有清零任务")
    limin.say("清零")
    await limin.hears("您的岗位不能用这个命令")
    assert not [text for text in limin.texts if "周通报" in text]
