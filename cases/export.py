"""Tables that leave the house: no spreadsheet may take a cell for a formula, and what comes back is what went out."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# What spreadsheets take for the beginning of a formula, its full-width forms too, also after white space and quotes.
_ACTS = re.compile(r"[\s'\"\u3000\ufeff\u200b‘’“”]*[=+\-@＝＋－＠﹢﹣﹦﹫]|[\t\r]")
INERT = "'"


def inert(text: str) -> str:
    """With an apostrophe before it where it could act."""
    return INERT + text if _ACTS.match(text) else text


def restored(text: str) -> str:
    """What `inert` was given; anything else as it stands."""
    rest = text[1:]
    return rest if text.startswith(INERT) and _ACTS.match(rest) else text


def as_csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a byte-order mark, without which Excel takes Chinese for something else."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(map(inert, heading))
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(heading: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> bytes:
    """Cells are words, never anything a spreadsheet works out; rows are written as they come and not kept."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": False})
    sheet, bold = book.add_worksheet(_sheet_name(name)), book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(heading) - 1, 0), 18)
    for column, text in enumerate(heading):
        sheet.write_string(0, column, inert(text), bold)
    for line, row in enumerate(rows, 1):
        for column, text in enumerate(row):
            sheet.write_string(line, column, inert(text)[:32767])
    book.close()
    return out.getvalue()


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", name)[:31]
