"""Cells that a spreadsheet would work out instead of showing: none leaves the house, and all come back as they were."""

import csv
import io
import re
import unicodedata
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from cases import export
from tests.support.databases import ROOT

ACTS = ("=1+1", "+86", "-3", "@SUM(A1)", "＝1", "＋1", "－1", "＠A1", "﹦1", "=cmd|' /C calc'!A0")
BEFORE = ("", " ", "\t", "\r", "\n", "\u3000", "\u00a0", "\ufeff", "\u200b", "'", '"', "“", " \t'")
CELLS = [f"{blank}{act}" for blank in BEFORE for act in ACTS]
PLAIN = ("油烟", "3 栋 =1", "a@b.cn", "'s-Hertogenbosch", "“好”", "")


def works_out(cell: str) -> bool:
    """What Excel, WPS and LibreOffice do with it, whichever narrows full-width signs or skips blanks; not with text
    behind an apostrophe."""
    seen = re.sub(r"^[\s\u200b\ufeff]+", "", unicodedata.normalize("NFKC", cell))
    return cell[:1] in ("\t", "\r") or seen[:1] in ("=", "+", "-", "@")


@pytest.mark.promise("I6")
@pytest.mark.parametrize("to", ["csv", "xlsx"])
def test_no_cell_acts_when_a_spreadsheet_reads_it(to: str) -> None:
    assert sum(map(works_out, CELLS)) > len(CELLS) // 2, "or nothing is looked at"
    rows = [["油烟", cell] for cell in CELLS]
    if to == "csv":
        read = [*csv.reader(io.StringIO(export.as_csv(CELLS[:2], rows).decode("utf-8-sig"), newline=""))]
    else:
        read = cells_of(export.as_xlsx(CELLS[:2], rows, "=1+1"))
    assert [row for row in read for cell in row if works_out(cell)] == []
    assert [export.restored(row[1]) for row in read[1:]] == CELLS


def cells_of(book: bytes) -> list[list[str]]:
    """As openpyxl reads them; that no cell is a formula or a link stands in the file itself, too."""
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        inside = b"".join(parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/"))
    assert b"<f>" not in inside and b"<f " not in inside and b"hyperlink" not in inside
    sheet = openpyxl.load_workbook(io.BytesIO(book)).active
    assert sheet is not None
    cells = [[*row] for row in sheet.iter_rows()]
    assert {cell.data_type for row in cells for cell in row} <= {"s", "inlineStr"}
    return [[unescape(str(cell.value)) for cell in row] for row in cells]


@pytest.mark.parametrize("cell", PLAIN)
def test_other_words_are_left_alone(cell: str) -> None:
    assert export.inert(cell) == cell == export.restored(cell)


@pytest.mark.promise("I6")
def test_there_is_no_other_door_for_tables() -> None:
    wrote = [
        path.relative_to(ROOT).as_posix()
        for part in ("web", "bot", "cases", "town")
        for path in sorted(Path(ROOT, part).rglob("*.py"))
        if re.search(r"csv\.(Dict)?[wW]riter|xlsxwriter|openpyxl", path.read_text("utf-8"))
    ]
    assert wrote == ["cases/export.py", "town/export.py"], "the latter: the town's own files, read back by `seed`"
