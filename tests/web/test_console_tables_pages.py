"""The pages of the tables, looked at: lists, a form that is refused and then kept, an import, a border that moves."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.site import Site

pytestmark = pytest.mark.browser

REFUSED = "console: Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"
FILE = {"name": "places.csv", "mimeType": "text/csv", "buffer": "编码,名称\nB0103,丹桂苑叁栋\n".encode("gb18030")}


async def test_an_admin_at_the_tables(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    me = await window(address, "/staff")
    await me.enter("jiangyan")
    page = me.page
    await me.go("/console/tables")
    await me.look_both("tables")
    await me.go("/console/tables/places?q=丹桂苑")
    await me.look_both("tables-places")
    await me.go("/console/tables/duty")
    await me.look_both("tables-duty")

    await me.go("/console/tables/places/row?key=B0103")
    await page.get_by_label("名称", exact=True).fill("")
    await page.get_by_label("所在网格").fill("CX-LX-05-03")
    await page.get_by_role("button", name="保存").click()
    await page.get_by_text("请填写").wait_for()
    me.faults.remove(REFUSED)
    await me.look_both("tables-row")
    await page.get_by_label("名称", exact=True).fill("丹桂苑三号楼")
    await page.get_by_label("所在网格").fill("丹桂社区第三网格")
    await page.get_by_role("button", name="保存").click()
    await page.wait_for_url("**/console/tables/places")
    assert site.parts.senses.book.places["B0103"].name == "丹桂苑三号楼"

    await me.go("/console/tables/people/row?key=limin")
    await page.get_by_role("button", name="生成新密码").click()
    await page.get_by_text("只显示这一次）：").wait_for()
    await me.look_both("tables-person")
    await me.go("/console/tables/duty/row")
    await me.look_both("tables-duty-row")

    await me.go("/console/tables/import?table=places")
    await page.locator("input[type=file]").set_input_files(files=[FILE])
    await me.look_both("tables-import")
    await page.get_by_role("button", name="看看会改什么").click()
    await page.get_by_text("修改 1 行").wait_for()
    await me.look_both("tables-preview")
    await page.get_by_role("button", name="确认导入").click()
    await page.wait_for_url("**/console/tables")
    await me.go("/console/audit")
    await me.look_both("tables-audit")


async def test_a_border_moves_with_its_neighbour(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    me = await window(address, "/staff")
    await me.enter("jiangyan")
    page = me.page
    await me.go("/console/tables/map?area=CX-DG-01")
    await me.look_both("tables-map-quiet")
    await page.get_by_label("改哪个网格").select_option("CX-DG-01-03")
    await me.look_both("tables-map")
    dot = page.locator(".vertex").first
    before = {code: area.outline for code, area in site.parts.senses.book.areas.items()}
    await dot.focus()
    for _ in range(3):
        await page.keyboard.press("Shift+ArrowRight")
    await page.get_by_text("没有问题").wait_for()
    await me.look_both("tables-map-moved")
    await page.get_by_role("button", name="保存边界").click()
    await page.wait_for_load_state()
    await page.get_by_text("先选一个网格").last.wait_for()
    after = {code: area.outline for code, area in site.parts.senses.book.areas.items()}
    assert len({code for code in after if after[code] != before[code]}) > 1, "the neighbour's border with it"

    await page.get_by_label("改哪个网格").select_option("CX-DG-01-03")
    await page.get_by_label("第 1 点经度").fill("112.44")
    await page.keyboard.press("Tab")
    await page.locator("#map-wrong", has_text="·").wait_for()
    assert await page.get_by_role("button", name="保存边界").is_disabled()
    await me.look_both("tables-map-wrong")
