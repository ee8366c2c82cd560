"""The town's tables in the console: changed only where the whole stays sound, by one at a time, with a line each."""

import asyncio
import csv
import io
import json
import re
from typing import Any

import httpx
import openpyxl
import pytest
from sqlmodel import select

from bot.texts import catalogue
from models import AuditEntry, Person, Place, RoutingRule
from routing.gcj02 import to_gcj02
from tests.support.databases import ROOT
from tests.support.site import Site
from town.describe import TABLES
from town.tables import COLUMNS

DUTY = "unit,weekdays,from_time,to_time,person\nZLZX,明天,08:00,20:00,chenlu\n"


async def admin(site: Site) -> httpx.AsyncClient:
    """Signed in, and posting what its pages would."""
    staff = await site.staff("jiangyan")
    return staff.http


async def row(http: httpx.AsyncClient, table: str, key: str) -> dict[str, Any]:
    """The form's fields as the page would send them."""
    page = (await http.get(f"/console/tables/{table}/row", params={"key": key})).text
    form = page.split('data-save="')[1].split("</form>")[0]
    fields: dict[str, Any] = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*?value="([^"]*)"', form))
    for name, body in re.findall(r'<select[^>]*name="(\w+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body)
        fields[name] = chosen[1] if chosen else ""
    fields |= dict(re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', form, re.S))
    return fields


async def save(http: httpx.AsyncClient, table: str, fields: dict[str, Any], door: str = "row") -> httpx.Response:
    csrf = (await http.get("/console/tables")).text.split('name="csrf" content="')[1].split('"')[0]
    return await http.post(f"/console/tables/{table}/{door}", json=fields, headers={"X-CSRF-Token": csrf})


def test_every_table_of_the_town_is_described_column_by_column() -> None:
    described = {table.file: tuple(column.name for column in table.columns) for table in TABLES}
    assert described == {file: columns for file, columns in COLUMNS.items() if file in described}
    assert COLUMNS.keys() - described.keys() <= {"services.csv"}, "which has a page of its own"


def test_the_log_has_words_for_whatever_is_logged() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "web").rglob("*.py"))
    known = set(catalogue("zh-Hans"))
    logged = re.findall(r'\.note\(\s*session, "(\w+)", "(\w+)"', code)
    assert ("password", "people") in logged
    wanted = {f"console.audit.{part}.{word}" for both in logged for part, word in zip(("act", "of"), both, strict=True)}
    tables = {f"console.audit.of.{table.name}" for table in TABLES} | {
        "console.audit.of.grids",
        "console.audit.of.town",
    }
    acts = {f"console.audit.act.{act}" for act in ("add", "change", "retire")}
    assert (wanted | tables | acts) - known == set()


async def test_a_row_is_changed_logged_and_known_at_once(site: Site) -> None:
    http = await admin(site)
    fields = await row(http, "places", "B0103")
    answer = await save(http, "places", {**fields, "name": "丹桂苑三号楼"})
    assert (answer.status_code, answer.json()) == (200, {"to": "/console/tables/places"})
    assert site.parts.senses.book.places["B0103"].name == "丹桂苑三号楼"
    async with site.parts.sessions() as session:
        line = (await session.exec(select(AuditEntry))).one()
    assert (line.person, line.action, line.kind, line.subject) == ("jiangyan", "change", "places", "B0103")
    assert (line.before, line.after) == ({"name": "丹桂苑 3 栋"}, {"name": "丹桂苑三号楼"})

    assert (await save(http, "places", {**fields, "name": "别的"})).status_code == 409, "it is another row by now"


@pytest.mark.parametrize(
    ("table", "key", "wrong", "where"),
    [
        ("places", "B0103", {"grid": "CX-LX-05-03"}, "grid"),  # outside its outline
        ("places", "B0103", {"name": ""}, "name"),
        ("places", "B0103", {"name": "一\x00栋"}, "name"),
        ("people", "zhangwei", {"unit": "没有这个单位"}, "unit"),
        ("clocks", "urgent", {"sign": "马上"}, "sign"),
    ],
)
async def test_what_does_not_fit_is_said_beside_its_field(
    site: Site, table: str, key: str, wrong: dict[str, str], where: str
) -> None:
    http = await admin(site)
    answer = await save(http, table, {**await row(http, table, key), **wrong})
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [where]
    async with site.parts.sessions() as session:
        assert (await session.exec(select(AuditEntry))).all() == []


async def test_whoever_is_needed_cannot_go_and_whoever_goes_is_kept(site: Site) -> None:
    http = await admin(site)
    fields = await row(http, "people", "limin")
    answer = await save(http, "people", fields, "retire")
    assert answer.status_code == 422
    assert "丹桂社区第三网格" in answer.json()["error"]["message"], "the grid would be without a worker"
    rules = await row(http, "categories", "税务")
    assert "税务" in (await save(http, "categories", rules, "retire")).json()["error"]["message"]

    mine = await row(http, "people", "jiangyan")
    assert (await save(http, "people", mine, "retire")).status_code == 403
    assert (await save(http, "people", {**mine, "role": "clerk"})).status_code == 403

    grave = await row(http, "places", "B0103")
    assert (await save(http, "places", grave, "retire")).status_code == 200
    async with site.parts.sessions() as session:
        place = await session.get(Place, "B0103")
    assert place and not place.active and place.name == "丹桂苑 3 栋"
    back = await row(http, "places", "B0103")
    assert (await save(http, "places", back)).status_code == 200
    async with site.parts.sessions() as session:
        again = await session.get(Place, "B0103")
    assert again and again.active


async def test_somebody_new_gets_a_password_shown_once(site: Site) -> None:
    http = await admin(site)
    seen = (await row(http, "people", ""))["_seen"]
    new = {"code": "qianjin", "name": "钱进", "role": "clerk", "unit": "CGJ 市城市管理局", "area": "CX"}
    assert (await save(http, "people", {"_key": "", "_seen": seen, **new})).status_code == 200
    assert (await site.staff_try("qianjin", "")).status_code == 401
    answer = await save(http, "people", {"code": "qianjin"}, "password")
    assert (await site.staff_try("qianjin", answer.json()["password"])).status_code == 200
    async with site.parts.sessions() as session:
        lines = (await session.exec(select(AuditEntry).order_by(AuditEntry.id))).all()  # type: ignore[arg-type]
        person = await session.get(Person, "qianjin")
    assert [(line.action, line.subject) for line in lines] == [("add", "qianjin"), ("password", "qianjin")]
    said = json.dumps([[line.before, line.after] for line in lines])
    assert person and person.password_hash and person.password_hash not in said
    assert answer.json()["password"] not in said


async def test_two_who_save_at_once_do_not_undo_each_other(site: Site) -> None:
    http = await admin(site)
    one, other = await row(http, "places", "B0103"), await row(http, "places", "B0104")
    answers = await asyncio.gather(
        save(http, "places", {**one, "name": "甲"}), save(http, "places", {**other, "name": "乙"})
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    names = {code: site.parts.senses.book.places[code].name for code in ("B0103", "B0104")}
    assert names == {"B0103": "甲", "B0104": "乙"}


async def test_an_auditor_looks_and_changes_nothing(site: Site) -> None:
    auditor = (await site.staff("caoying")).http
    for table in TABLES:
        page = await auditor.get(f"/console/tables/{table.name}")
        assert page.status_code == 200 and "/console/tables/import" not in page.text
    fields = await row(auditor, "places", "B0103")
    assert (await save(auditor, "places", fields)).status_code == 403
    assert (await auditor.get("/console/tables/import")).status_code == 403
    assert (await (await site.staff("chenlu")).http.get("/console/tables/people")).status_code == 403


async def test_lists_are_searched_by_names_of_other_tables_and_sorted(site: Site) -> None:
    http = await admin(site)
    page = (await http.get("/console/tables/people", params={"q": "李敏"})).text
    assert re.findall(r"row\?key=([\w.-]+)", page) == ["limin"]
    by_grid = (await http.get("/console/tables/people", params={"q": "丹桂社区第三网格"})).text
    assert "limin" in re.findall(r"row\?key=([\w.-]+)", by_grid)
    down = (await http.get("/console/tables/places", params={"sort": "households", "down": True})).text
    assert re.findall(r"row\?key=([\w.-]+)", down)[0] != "B0101"
    for odd in ("'; drop table places; --", "%", "\\", "_"):
        assert (await http.get("/console/tables/places", params={"q": odd, "sort": odd})).status_code == 200


async def test_what_leaves_acts_in_no_spreadsheet_and_comes_back_as_it_was(site: Site) -> None:
    http = await admin(site)
    nasty = ["=1+1", "+1", "-1", "@A1", "＝1+1", " =1", '"=1', "'=1", "平常"]
    fields = await row(http, "places", "B0103")
    await save(http, "places", {**fields, "aliases": nasty[0], "address": nasty[5].strip() + "\n" + nasty[6]})
    async with site.parts.transactions.begin() as session:
        place = await session.get(Place, "B0103")
        assert place
        place.name = "＝cmd|' /C calc'!A0"
        session.add(place)
    answer = await http.get("/console/tables/places/export", params={"to": "csv", "q": "B0103"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    heading, cells = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert heading[:3] == ["编码", "名称", "别名"]
    assert cells[1:3] == ["'＝cmd|' /C calc'!A0", "'=1+1"]
    sheet = openpyxl.load_workbook(
        io.BytesIO((await http.get("/console/tables/places/export", params={"to": "xlsx"})).content)
    ).active
    assert sheet is not None and sheet.max_row == 269
    assert {cell.data_type for line in sheet.iter_rows() for cell in line} <= {"s", "n"}  # n: an empty cell
    assert not [c for line in sheet.iter_rows() for c in line if str(c.value or "")[:1] in set("=+-@＝＋－＠\t\r")]

    assert await given(http, {"places.csv": answer.content}) == "与现在的台账一样，没有要改的。"


async def given(http: httpx.AsyncClient, files: dict[str, bytes], **wish: str) -> str:
    """What the preview says of them; its address is left in `http.preview`."""
    csrf = (await http.get("/console/tables")).text.split('name="csrf" content="')[1].split('"')[0]
    answer = await http.post(
        "/console/tables/import",
        files=[("files", (name, data)) for name, data in files.items()],
        data=wish,
        headers={"X-CSRF-Token": csrf},
    )
    if answer.status_code != 200:
        return str(answer.json()["error"]["message"])
    http.headers["x-preview"] = answer.json()["to"]
    page = (await http.get(answer.json()["to"])).text
    body = page.split("<main")[1].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body.split("</h1>")[1].split("</p>", 1)[1])).strip()


async def confirm(http: httpx.AsyncClient) -> httpx.Response:
    csrf = (await http.get("/console/tables")).text.split('name="csrf" content="')[1].split('"')[0]
    return await http.post(http.headers["x-preview"], json={}, headers={"X-CSRF-Token": csrf})


async def test_an_import_changes_nothing_before_it_is_confirmed_and_then_what_was_shown(site: Site) -> None:
    http = await admin(site)
    data = "编码,名称\nB0103,丹桂苑叁栋\n".encode("gb18030")
    said = await given(http, {"地点.csv": data}, table="places")
    assert "新增 0 行，修改 1 行，停用或删除 0 行。" in said and "丹桂苑 3 栋 → 丹桂苑叁栋" in said
    assert site.parts.senses.book.places["B0103"].name == "丹桂苑 3 栋"
    assert (await confirm(http)).status_code == 200
    assert site.parts.senses.book.places["B0103"].name == "丹桂苑叁栋"
    assert (await confirm(http)).status_code == 404, "done is done"

    await given(http, {"places.csv": "code,name\nB0103,丹桂苑四栋\n".encode("utf-8-sig")})
    await save(http, "places", {**await row(http, "places", "B0104"), "name": "乙"})
    assert (await confirm(http)).status_code == 409, "not what was looked at"
    assert site.parts.senses.book.places["B0103"].name == "丹桂苑叁栋"


async def test_an_import_names_every_problem_by_its_line(site: Site) -> None:
    http = await admin(site)
    said = await given(http, {"places.csv": "code,name,grid\nB0103,,CX-DG-01-03\nB0104,四栋,没有\n".encode()})
    assert "第 2 行 · B0103 请填写" in said and "第 3 行 · B0104 没有这个编码：没有" in said
    assert (await confirm(http)).status_code == 422
    assert "第 3 行" in await given(http, {"places.csv": b"code\nB0103\nB0103\n"})
    assert "认不出" in await given(http, {"x.csv": b"code,name\nB0103,x\n"})
    assert "缺少列 code" in await given(http, {"places.csv": b"name\nx\n"})
    assert "请先选择文件" in await given(http, {})
    assert "FeatureCollection" in await given(http, {"grids.geojson": b"[" * 100_000})
    assert "不是星期" in await given(http, {"duty.csv": DUTY.encode()})
    without = await given(http, {"clocks.csv": b"code\nsimple\n"}, missing="retire")
    assert "没有这个编码：urgent" in without, "rules go by it"


async def test_a_grid_is_brought_in_with_its_people_and_its_outline_at_once(site: Site) -> None:
    http = await admin(site)
    square = [[113.0, 31.0], [113.01, 31.0], [113.01, 31.01], [113.0, 31.01], [113.0, 31.0]]
    files = {
        "areas.csv": "code,name,level,parent\nCX-DG-01-99,新网格,3,CX-DG-01\n".encode(),
        "people.csv": "code,name,role,unit,area\nxinren,辛仁,worker,DG-01,CX-DG-01-99\n".encode(),
        "grids.geojson": collection("CX-DG-01-99", square),
    }
    assert "没有网格员" in await given(http, {name: files[name] for name in ("areas.csv", "grids.geojson")})
    assert "新增 3 行" in await given(http, files)
    assert (await confirm(http)).status_code == 200
    found = site.parts.senses.book.index.from_pin(113.005, 31.005, 5)
    assert found and found.grid == "CX-DG-01-99"

    chinese = [list(to_gcj02(lon + 0.001, lat)) for lon, lat in square]
    assert "修改 1 行" in await given(http, {"grids.geojson": collection("CX-DG-01-99", chinese)}, coordinates="gcj")
    assert (await confirm(http)).status_code == 200
    outline = site.parts.senses.book.areas["CX-DG-01-99"].outline
    assert outline and outline["coordinates"][0][0] == [113.001, 31.0]
    here = [[x - 0.62, y - 0.1] for x, y in square]
    assert "边界重叠" in await given(http, {"grids.geojson": collection("CX-DG-01-99", here)})


def collection(code: str, ring: list[list[float]]) -> bytes:
    one = {"type": "Feature", "properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    return json.dumps({"type": "FeatureCollection", "features": [one]}).encode()


async def test_outlines_go_out_and_come_in_the_same(site: Site) -> None:
    http = await admin(site)
    answer = await http.get("/console/tables/outlines/export")
    assert len(answer.json()["features"]) == 46
    assert await given(http, {"grids.geojson": answer.content}) == "与现在的台账一样，没有要改的。"


async def test_rules_are_brought_in_by_the_same_door(site: Site) -> None:
    http = await admin(site)
    out = await http.get("/console/tables/rules/export", params={"q": "R-LAST"})
    text = out.content.decode("utf-8-sig").replace("R-LAST,9999", "R-LAST,9998")
    assert "9999 → 9998" in await given(http, {"rules.csv": text.encode()})
    assert (await confirm(http)).status_code == 200
    async with site.parts.sessions() as session:
        rule = await session.get(RoutingRule, "R-LAST")
    assert rule and rule.priority == 9998
