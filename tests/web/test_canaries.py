"""Somebody with names and numbers of their own complains; then everybody opens every door. Nothing of it is anywhere.

What is looked through: every page, answer and export behind every door that is asked for with GET, for every role, for
a neighbour and for a stranger; PDFs, spreadsheets and photos as what they hold; the log; the files; the database.
"""

import io
import logging
import re
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import structlog
from PIL import Image
from sqlalchemy import text

from app import logs
from tests.support import pdf
from tests.support.people import Resident
from tests.support.site import Site
from web.roles import RULES_OF

LEFT = "13987650917"  # as a contact
NAME = "欧阳玄霜"
CANARIES = {
    "contact": LEFT, "name": NAME, "mobile": "13876540923", "landline": "0728-6654091",
    "identity": "420624198711230917", "card": "6222021509177340917", "plate": "鄂A9K917", "flat": "2单元1917",
    "mail": "xuanshuang0917", "chat": "xs_ouyang0917",
}  # fmt: skip
SAID = (
    f"我叫{NAME}，住丹桂苑3栋{CANARIES['flat']}室，楼下烧烤店油烟太大。电话{CANARIES['mobile']}，家里{CANARIES['landline']}，"
    f"身份证{CANARIES['identity']}，退款到{CANARIES['card']}，车{CANARIES['plate']}，邮箱{CANARIES['mail']}@qq.com，"
    f"微信号{CANARIES['chat']}"
)
STAFF = ("qinlan", "limin", "wufan", "wangxing", "chenlu", "guwenbo", "jiangyan", "caoying")
STREAMS = {door for door in RULES_OF if door.endswith("/stream")}
ASKED = (  # what a door shows may depend on what it is asked
    ("/api/staff/tasks", "?view=unit"), ("/api/staff/tasks", "?view=open"), ("/console/cases", "?status=all"),
    ("/console/cases", "?q=烧烤店油烟"), ("/console/cases/export", "?form=xlsx"), ("/console/board", "?area=CX-DG"),
    ("/console/audit", "?kind=case"), ("/staff/bulletins/", "?area=CX"), ("/console/scores/export", "?form=csv"),
)  # fmt: skip


@dataclass
class Town:
    site: Site
    ann: Resident
    number: str
    photo: str
    said: io.StringIO


@pytest.fixture(scope="module")
async def town(shared_site: Site) -> AsyncIterator[Town]:
    said, root = io.StringIO(), logging.getLogger()
    before = (root.handlers, root.level)
    logs.set_up("DEBUG", "json", said)
    ann = await shared_site.resident("B0103")
    shared_site.thinks("生态环境", "生态环境/餐饮油烟")
    await ann.say(SAID)
    await ann.send_photo(_with_her_name())
    lines = {line["name"]: line for line in ann.said[-1]["card"]["lines"]}
    await ann.choose(lines["contact"]["token"])
    await ann.say(LEFT)
    await ann.press("submit")
    number = ann.said[-1]["case"]["number"]
    clerk = await shared_site.staff("limin")
    await clerk.step(number, "sign")
    await clerk.step(number, "relay", text="今晚八点来看")
    await ann.say(f"好的，打我{CANARIES['mobile']}")
    await clerk.step(number, "reply", text="已清洗。", outcome="solved", photos=[await clerk.upload()])
    await shared_site.settle()
    photo = (await clerk.case(number))["case"]["photos"][0]
    yield Town(shared_site, ann, number, photo, said)
    root.handlers, level = before
    root.setLevel(level)
    structlog.reset_defaults()


def _with_her_name() -> bytes:
    """A telephone writes down who it belongs to and where it was."""
    picture, data = Image.new("RGB", (640, 480), "firebrick"), io.BytesIO()
    exif = Image.Exif()
    exif[0x013B], exif[0x010E] = "xuanshuang0917", CANARIES["mobile"]
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 21.0, 9.17), 3: "E", 4: (113.0, 27.0, 9.17)})
    picture.save(data, "JPEG", exif=exif, comment=CANARIES["mail"].encode())
    return data.getvalue()


def found(shown: str) -> list[str]:
    return [kind for kind, canary in CANARIES.items() if canary in shown]


def read(answer: httpx.Response) -> str:
    kind = answer.headers.get("content-type", "")
    if "pdf" in kind:
        return pdf.words(answer.content)
    if "spreadsheet" in kind:
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            return "\n".join(book.read(name).decode("utf-8", "ignore") for name in book.namelist())
    return answer.content.decode("utf-8", "ignore")


def addresses(town: Town) -> list[str]:
    """Every door that is asked for with GET, about her case where it is about one."""
    filled = {
        "number": town.number, "photo": town.photo.rsplit("/", 1)[-1], "form": "json", "week": "2026-W40",
        "name": "people", "code": town.site.code("B0103"), "which": "1", "version": "v1", "token": "1",
    }  # fmt: skip
    doors = [door.split(" ")[1] for door in RULES_OF if door.startswith("GET ") and door not in STREAMS]
    paths = [re.sub(r"\{(\w+)\}", lambda hole: filled.get(hole[1], "1"), path) for path in doors]
    more = [path + query for path in paths for start, query in ASKED if path.startswith(start)]
    return [*paths, *more]


@pytest.mark.parametrize("who", [*STAFF, "a neighbour", "a stranger"])
async def test_nobody_is_shown_any_of_it(town: Town, who: str) -> None:
    leaks, opened = {}, 0
    http = await _as(town, who)
    for address in addresses(town):
        answer = await http.get(address, follow_redirects=True)
        opened += answer.status_code == 200
        if leaked := found(read(answer)):
            leaks[address] = leaked
    assert leaks == {}
    assert opened >= (20 if who in STAFF else 8)


async def _as(town: Town, who: str) -> httpx.AsyncClient:
    if who in STAFF:
        return (await town.site.staff(who)).http
    return (await town.site.resident("B0103")).http if who == "a neighbour" else town.site.client()


async def test_the_walk_would_have_seen_it(town: Town) -> None:
    """She herself reads what she said, on her page and on paper; a masked telephone is where it belongs."""
    assert {"mobile", "identity", "plate"} <= set(found(str(await town.ann.look())))
    paper = await town.ann.http.get(f"/api/chat/cases/{town.number}/receipt.pdf")
    assert town.number in pdf.words(paper.content) and "已清洗" not in pdf.words(paper.content)
    page = await (await town.site.staff("limin")).case(town.number)
    assert page["case"]["contact"] == "139****0917" and "138****0923" in page["case"]["text"]
    assert found(_with_her_name().decode("latin-1")) == ["mobile", "mail"]


async def test_the_photo_tells_nothing_but_the_picture(town: Town) -> None:
    answer = await (await town.site.staff("limin")).http.get(town.photo)
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert dict(picture.getexif()) == {} and not picture.info.get("comment")
    assert found(answer.content.decode("latin-1")) == []


BAD: list[tuple[str, str, Any]] = [
    ("POST", "/api/chat/messages", {"key": "no key", "text": SAID}),
    ("POST", "/api/staff/session", {"name": NAME, "password": LEFT}),
    ("POST", "/console/cases/person", {"phone": LEFT}),
    ("POST", f"/console/cases/{LEFT}/unmask", {"reason": SAID}),
    ("GET", f"/console/cases?q={NAME}{LEFT}", None),
    ("GET", f"/api/staff/cases/{LEFT}", None),
    ("GET", f"/{NAME}/{LEFT}", None),
    ("POST", "/hooks/telegram", {"update": SAID}),
]


async def test_the_log_says_none_of_it_however_things_go_wrong(town: Town) -> None:
    http = (await town.site.staff("chenlu")).http
    for method, path, body in BAD:
        await http.request(method, path, json=body)
    await http.post("/api/chat/messages", content=SAID.encode(), headers={"content-type": "application/json"})
    async with town.site.parts.transactions.begin() as session:
        await session.execute(text("ALTER TABLE seen_messages RENAME TO seen_away"))
    try:
        answer = await town.ann.http.post("/api/chat/messages", json={"key": "0917" * 8, "text": SAID})
        assert answer.status_code >= 400
    finally:
        async with town.site.parts.transactions.begin() as session:
            await session.execute(text("ALTER TABLE seen_away RENAME TO seen_messages"))
    logging.getLogger("anything").warning("the log is read")
    assert "the log is read" in town.said.getvalue()
    assert found(town.said.getvalue()) == []


async def test_no_file_and_no_row_holds_her_contact(town: Town) -> None:
    for path in town.site.parts.settings.photos_dir.parent.rglob("*"):
        assert not path.is_file() or found(path.read_bytes().decode("latin-1")) == []
    async with town.site.parts.transactions.read() as session:
        tables = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        for table in (await session.scalars(text(tables))).all():
            rows = text(f'SELECT count(*) FROM "{table}" AS one WHERE one::text LIKE :number')
            assert await session.scalar(rows, {"number": f"%{LEFT}%"}) == 0, table
