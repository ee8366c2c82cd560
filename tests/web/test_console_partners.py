"""Other platforms in the console: keys told once, a hotline's table looked at, filed once, answered."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from models import AuditEntry, Case
from tests.support.people import photo
from tests.support.site import Site
from tests.web.conftest import Window

PAGE = "/console/partners"
TABLE = (
    "工单编号,诉求内容,诉求地点,联系电话,诉求类别,是否保密\n"
    "HL-1,楼下烧烤店油烟大，天天到半夜,丹桂苑3栋,13800001111,餐饮油烟,否\n"
    "HL-2,电梯一直坏着没人修,丹桂苑5栋,,,是\n"
    "HL-1,又说了一遍,,,,\n"
    ",没有编号,,,,\n"
    "HL-3,,,,,\n"
)


def table(text: str = TABLE, encoding: str = "utf-8-sig") -> dict[str, Any]:
    return {"file": ("work orders.csv", text.encode(encoding), "text/csv")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_table_is_looked_at_and_nothing_of_it_kept(site: Site, encoding: str) -> None:
    http = (await site.staff("chenlu")).http
    seen = (await http.post(f"{PAGE}/hotline/preview", files=table(encoding=encoding))).json()
    assert (seen["good"], seen["known"], [one["line"] for one in seen["problems"]]) == (2, 0, [4, 5, 6])
    async with site.parts.sessions() as session:
        assert (await session.exec(select(Case))).all() == []


async def test_each_work_order_is_filed_once_and_answered_in_the_hotline_s_own_numbers(site: Site) -> None:
    http = (await site.staff("chenlu")).http
    took = [(await http.post(f"{PAGE}/hotline/take", files=table())).json() for _ in range(2)]
    assert [(one["new"], one["done"], one["next"]) for one in took] == [(2, 2, None), (0, 2, None)]
    assert (await http.post(f"{PAGE}/hotline/preview", files=table())).json()["known"] == 2
    async with site.parts.sessions() as session:
        first, second = (await session.exec(select(Case).order_by(col(Case.number)))).all()
        log = (await session.exec(select(AuditEntry).where(AuditEntry.kind == "hotline"))).all()
    assert (first.item, first.place, first.anonymous, second.anonymous) == ("生态环境/餐饮油烟", "B0103", False, True)
    assert [(one.person, one.action, one.after) for one in log] == [("chenlu", "import", {"new": 2, "known": 0})]
    await site.settle()
    limin = await site.staff("limin")
    await limin.step(first.number, "sign")
    shot = await limin.upload(photo("teal"))
    await limin.step(first.number, "reply", text="=HYPERLINK(1) 已整改，13912345678", outcome="solved", photos=[shot])
    answer = await http.post(f"{PAGE}/hotline/answers", files=table())
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["工单编号"], row["受理编号"]) for row in rows] == [("HL-1", first.number), ("HL-2", second.number)]
    assert rows[0]["办理结果"] == "已解决" and rows[0]["答复内容"].startswith("'=") and "13912345678" not in answer.text


BAD = {
    "empty": (b"", "hotline.empty"),
    "other columns": ("姓名,年龄\n张三,3\n".encode(), "hotline.columns"),
    "no text at all": (b"\xff\xfe\x00\x81\x20\xff", "hotline.encoding"),
    "too long": (("工单编号,诉求内容\n" + "1,x\n" * 20_001).encode(), "hotline.too_long"),
}


@pytest.mark.parametrize("what", BAD)
async def test_what_is_no_such_table_is_refused_in_words(site: Site, what: str) -> None:
    data, key = BAD[what]
    http = (await site.staff("chenlu")).http
    for door in ("preview", "take", "answers"):
        answer = await http.post(f"{PAGE}/hotline/{door}", files={"file": ("x.csv", data)})
        assert (answer.status_code, answer.json()["error"]["key"]) == (422, key)


async def test_only_administrators_make_and_end_keys(site: Site) -> None:
    admin, other = await site.staff("jiangyan"), await site.staff("chenlu")
    asked = {"partner": "city-app", "name": "市民随手拍"}
    assert (await other.http.post(f"{PAGE}/keys", json=asked)).status_code == 403
    words = (await admin.http.post(f"{PAGE}/keys", json=asked)).json()["key"]
    shown = (await admin.http.get(PAGE)).text
    assert words[-4:] in shown and words not in shown
    assert (await other.http.post(f"{PAGE}/keys/1/revoke", json={})).status_code == 403
    assert [(await admin.http.post(f"{PAGE}/keys/1/revoke", json={})).status_code for _ in range(2)] == [200, 404]
    for wrong in ({"partner": "A B"}, {"name": " "}, {"per_minute": 0}):
        assert (await admin.http.post(f"{PAGE}/keys", json=asked | wrong)).status_code in (400, 422)


@pytest.mark.browser
async def test_a_table_and_a_key_in_the_browser(
    at_work: tuple[Site, str], window: Callable[..., Any], tmp_path: Path
) -> None:
    _, address = at_work
    (tmp_path / "12345.csv").write_text(TABLE, "utf-8")
    seen: Window = await window(address, "/staff")
    await seen.enter("jiangyan")
    await seen.go(PAGE)
    await seen.page.set_input_files("input[type=file]", tmp_path / "12345.csv")
    await seen.page.get_by_role("button", name="先看看").click()
    await seen.page.locator("#hotline-problems").wait_for()
    await seen.look_both("partners-preview")
    await seen.page.get_by_role("button", name="确认受理").click()
    await seen.page.get_by_text("受理了 2 件").wait_for()
    await seen.page.get_by_label("平台名称").fill("市民随手拍")
    await seen.page.get_by_label("平台代号").fill("city-app")
    await seen.page.get_by_role("button", name="生成密钥").click()
    await seen.page.locator("#key[open]").wait_for()
    await seen.look_both("partners-key")
    await seen.page.get_by_role("button", name="我已保存").click()
    await seen.page.get_by_role("button", name="停用").wait_for()
    await seen.look_both("partners")
