"""Plain files, row by row: every row knows its line, and every problem is kept until all are known."""

import csv
import io
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from town.cells import many
from town.problems import Problem, WrongValue

T = TypeVar("T")
E = TypeVar("E")
Known = Collection[str] | None  # the codes of another file; None when that file could not be read


@dataclass
class Row:
    """One line of a table. A reader notes what is wrong and goes on, so that one pass finds everything.

    After a problem it returns None against its type: whoever builds from a row drops the result unless `ok`.
    """

    file: str
    line: int
    cells: dict[str, str]
    problems: list[Problem]
    subject: str = ""  # its key
    ok: bool = True

    def wrong(self, key: str, value: str, column: str = "") -> None:
        """`column`: the cell to blame, where it is one."""
        self.ok = False
        self.problems.append(Problem(self.file, self.line, key, value, self.subject, column))

    def get(self, column: str, parse: Callable[[str], T]) -> T:
        """The cell, which must not be empty."""
        if self.cells[column]:
            return self._parse(column, self.cells[column], parse)
        self.wrong("empty", column, column)
        return cast(T, None)

    def get_or(self, column: str, parse: Callable[[str], T], empty: E) -> T | E:
        return self._parse(column, self.cells[column], parse) if self.cells[column] else empty

    def ref(self, column: str, known: Known) -> str:
        """A code that must stand in another file."""
        return self.get(column, _one_of(known))

    def ref_or_none(self, column: str, known: Known) -> str | None:
        return self.get_or(column, _one_of(known), None)

    def refs(self, column: str, known: Known) -> list[str]:
        return [self._parse(column, code, _one_of(known)) for code in many(self.cells[column])]

    def _parse(self, column: str, text: str, parse: Callable[[str], T]) -> T:
        try:
            return parse(text)
        except WrongValue as error:
            self.wrong(error.key, text, column)
            return cast(T, None)


def _one_of(known: Known) -> Callable[[str], str]:
    def look_up(code: str) -> str:
        if known is not None and code not in known:
            raise WrongValue("unknown")
        return code

    return look_up


def read_text(folder: Path, file: str, problems: list[Problem]) -> str | None:
    try:
        raw = (folder / file).read_bytes()
    except OSError:
        problems.append(Problem(file, 0, "missing_file"))
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(Problem(file, error.object.count(b"\n", 0, error.start) + 1, "encoding"))
        return None


def read_rows(folder: Path, file: str, columns: tuple[str, ...], problems: list[Problem]) -> list[Row] | None:
    """The rows of a CSV file, or None when it cannot be read at all. Columns we do not know are left alone."""
    text = read_text(folder, file, problems)
    return None if text is None else rows_in(text, file, columns, problems)


def rows_in(text: str, file: str, columns: tuple[str, ...], problems: list[Problem]) -> list[Row] | None:
    lines = csv_lines(text, file, problems)
    header = lines.pop(0)[1] if lines else []
    missing = [Problem(file, 1, "missing_column", column) for column in columns if column not in header]
    problems.extend(missing)
    return None if missing else [_row(file, line, header, cells, problems) for line, cells in lines]


def csv_lines(text: str, file: str, problems: list[Problem]) -> list[tuple[int, list[str]]]:
    """(line on which it begins, trimmed cells) of every row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found, begins = [], 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                found.append((begins, [cell.strip() for cell in cells]))
            begins = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(file, begins, "csv", str(error)))
    return found


def _row(file: str, line: int, header: list[str], cells: list[str], problems: list[Problem]) -> Row:
    row = Row(file, line, dict(zip(header, cells + [""] * len(header), strict=False)), problems)
    if len(cells) != len(header):
        row.wrong("cells", f"{len(cells)} / {len(header)}")
    for cell in cells:
        if re.search(r"[\x00-\x09\x0b-\x1f\x7f]", cell):
            row.wrong("control", repr(cell))
    return row
