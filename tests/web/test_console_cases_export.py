"""Cases as a table: what the list shows and no more, masked, inert; a clerk's own unit's; with a line in the log."""

import csv
import io
from collections.abc import Callable

import openpyxl
import pytest
from sqlmodel import select

from models import AuditEntry
from tests.cases.test_export import ACTS, cells_of, works_out
from tests.support.site import Site

FORMULAS = (*ACTS, "\t=1", "\r=1", "\u3000=1", "\u200b@A1", "'=1")


@pytest.mark.promise("I6")
async def test_what_was_found_leaves_masked_and_inert(site: Site) -> None:
    resident = await site.resident()
    site.thinks("城市管理", "城市管理/占道经营")
    number = await resident.file("=HYPERLINK(1) 楼下占道经营，电话13812345678，请来看看")
    dispatcher, clerk = (await site.staff("chenlu")).http, (await site.staff("zhangwei")).http
    answer = await dispatcher.get("/console/cases/export", params={"to": "csv", "q": "占道经营", "status": "all"})
    heading, line = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    row = dict(zip(heading, line, strict=True))
    assert (row["编号"], row["内容"][:12]) == (number, "'=HYPERLINK(")
    assert "13812345678" not in answer.text
    async with site.parts.sessions() as session:
        logged = (await session.exec(select(AuditEntry).where(AuditEntry.action == "export"))).one()
    assert (logged.person, logged.kind, logged.after) == ("chenlu", "cases", {"rows": 1, "query": "status=all"})

    sheet = openpyxl.load_workbook(io.BytesIO((await clerk.get("/console/cases/export?status=all")).content)).active
    assert sheet is not None and [cell.data_type for line in sheet.iter_rows() for cell in line].count("f") == 0
    units = {line[6].value for line in sheet.iter_rows(min_row=2)}
    assert units <= {"市城市管理局"}


@pytest.mark.promise("I6")
async def test_words_of_residents_are_no_formulas(site: Site, record_property: Callable[..., None]) -> None:
    """Told at the chat's door, taken away by both doors for tables, read as a spreadsheet reads them."""
    for n, begins in enumerate(FORMULAS):
        await (await site.resident()).file(f"{begins} 楼下占道经营，第 {n} 件")
        await site.apart()
    http = (await site.staff("chenlu")).http
    made = [(await http.get(f"/console/cases/export?status=all&to={to}")).content for to in ("csv", "xlsx")]
    tables = [[*csv.reader(io.StringIO(made[0].decode("utf-8-sig"), newline=""))], cells_of(made[1])]
    for lines in tables:
        texts = [line[lines[0].index("内容")] for line in lines[1:]]
        assert len(texts) == len(FORMULAS) and all("占道经营" in text for text in texts)
        assert [cell for line in lines for cell in line if works_out(cell)] == []
        assert sum(text.startswith("'") for text in texts) >= len(FORMULAS) - 2, "their words are still there"
    record_property("tried", f"{len(FORMULAS)} complaints that begin like a formula, taken away as CSV and as xlsx")
    record_property("reached", "0 of their cells a formula")


async def test_only_whom_the_table_allows(site: Site) -> None:
    answers = {
        name: (await (await site.staff(name)).http.get("/console/cases/export?to=csv")).status_code
        for name in ("limin", "wufan", "wangxing", "chenlu", "guwenbo", "jiangyan", "caoying")
    }
    assert answers == {
        "limin": 403, "wufan": 200, "wangxing": 200, "chenlu": 200, "guwenbo": 200, "jiangyan": 403, "caoying": 403,
    }  # fmt: skip
