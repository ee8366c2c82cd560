"""Files of letters too large to hold: looked through once, cut into spans of bytes, each read by whoever judges it.

CSV (`text`, perhaps `label` and `id`) or JSON lines with the same names; a sheet (xlsx) becomes a CSV first, for
nothing in it can be read from the middle. Looking through finds whatever is wrong with a file before anybody begins.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

from classifiers.rows import FIELD_LIMIT, DataError

BOM = b"\xef\xbb\xbf"
ENCODINGS = ("utf-8", "gb18030")  # in both a line feed is never part of another character
LINE_LIMIT = 4 * FIELD_LIMIT
"""Bytes of one line: a file without line feeds must not be taken into memory as one."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the columns are called."""

    text: str = "text"
    label: str = "label"
    id: str = "id"


@dataclass(frozen=True, slots=True)
class Letter:
    """`row` counts the letters of a file from 1."""

    row: int
    text: str
    label: str
    id: str


@dataclass(frozen=True, slots=True)
class Span:
    """Letters `row` to `row + count - 1`, which are the bytes `start` to `end` of the file."""

    number: int
    start: int
    end: int
    row: int
    count: int


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was looked through. `heading`: the columns of a CSV; `labelled`: how many letters have a label."""

    path: Path
    encoding: str
    names: Names
    heading: tuple[str, ...]
    stamp: tuple[int, int]
    digest: str
    labelled: int
    spans: tuple[Span, ...]

    @property
    def letters(self) -> int:
        return sum(span.count for span in self.spans)

    def read(self, span: Span) -> list[Letter]:
        """DataError when the file is no longer the one that was looked through."""
        if _stamp(self.path) != self.stamp:
            raise DataError(f"{self.path}: changed while it was being read")
        with self.path.open("rb") as file:
            file.seek(span.start)
            lines = _Lines(file, self, span.start, span.end)
            found = [found for found in _rows(lines, self) if found is not None]
        return [Letter(span.row + i, *cells) for i, cells in enumerate(found)]


def looked_through(path: Path, names: Names, rows: int, encoding: str = "utf-8", *, labels: bool = False) -> Table:
    """The file with its spans of `rows` letters.

    DataError names the line of what cannot be read, and what is missing: a column, any letter, with `labels` any label.
    """
    heading: tuple[str, ...] = ()
    spans, labelled, count = list[Span](), 0, 0
    try:
        stamp = _stamp(path)
        with path.open("rb") as file:
            lines = _Lines(file, Table(path, encoding, names, (), stamp, "", 0, ()))
            if _is_csv(path):
                heading = _heading(lines, path, names, labels)
            table = Table(path, encoding, names, heading, stamp, "", 0, ())
            start = lines.offset
            for cells in _rows(lines, table):
                if cells is None:
                    continue
                count, labelled = count + 1, labelled + bool(cells[1])
                if count % rows == 0:
                    spans.append(Span(len(spans), start, lines.offset, count - rows + 1, rows))
                    start = lines.offset
            if left := count % rows:
                spans.append(Span(len(spans), start, lines.offset, count - left + 1, left))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    if not count:
        raise DataError(f"{path}: holds no letter")
    if labels and not labelled:
        raise DataError(f"{path}: no letter has a {names.label}")
    return Table(path, encoding, names, heading, stamp, lines.sha.hexdigest(), labelled, tuple(spans))


def from_sheet(path: Path, out: Path) -> None:
    """The first sheet of an xlsx as CSV, row by row. DataError when it is no such file."""
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ModuleNotFoundError as error:
        raise DataError("xlsx needs openpyxl: `make bulk` installs it; or save the sheet as CSV") from error
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        with out.open("w", newline="", encoding="utf-8") as file:
            cells = book.worksheets[0].iter_rows(values_only=True)
            csv.writer(file).writerows(["" if cell is None else str(cell) for cell in row] for row in cells)
        book.close()
    except (InvalidFileException, BadZipFile, KeyError, IndexError, ValueError, OSError) as error:
        raise DataError(f"{path}: cannot be read as xlsx ({type(error).__name__})") from error


class _Lines:
    """The decoded lines of a file, with how far it has been read: `offset` in bytes, `number` in lines."""

    def __init__(self, file: BinaryIO, table: Table, offset: int = 0, end: int | None = None) -> None:
        self.file, self.table, self.end = file, table, end
        self.offset, self.number = offset, 0
        self.sha = hashlib.sha256()

    def __iter__(self) -> Iterator[str]:
        for line in iter(partial(self.file.readline, LINE_LIMIT), b""):
            if len(line) == LINE_LIMIT:
                raise self.wrong(f"a line of more than {LINE_LIMIT} bytes", self.number + 1)
            self.sha.update(line)
            begins = self.offset == 0
            self.offset, self.number = self.offset + len(line), self.number + 1
            try:
                yield (line.removeprefix(BOM) if begins else line).decode(self.table.encoding)
            except UnicodeDecodeError:
                others = " or ".join(name for name in ENCODINGS if name != self.table.encoding)
                raise self.wrong(f"not {self.table.encoding}; perhaps {others} (--encoding)?") from None
            if self.offset == self.end:
                return

    def wrong(self, what: str, number: int | None = None) -> DataError:
        return DataError(f"{self.table.path}: line {number or self.number}: {what}")


def _heading(lines: _Lines, path: Path, names: Names, labels: bool) -> tuple[str, ...]:
    heading = next(_cells(lines), None)
    if heading is None:
        raise DataError(f"{path}: is empty")
    found = tuple(name.strip() for name in heading)
    missing = [name for name in (names.text, *([names.label] if labels else [])) if name not in found]
    if missing:
        raise DataError(f"{path}: column {' and '.join(missing)} missing; found {', '.join(found) or 'nothing'}")
    return found


def _rows(lines: _Lines, table: Table) -> Iterator[tuple[str, str, str] | None]:
    """(text, label, id) of each letter; None for an empty line, which is none."""
    if _is_csv(table.path):
        wanted = (table.names.text, table.names.label, table.names.id)
        places = [table.heading.index(name) if name in table.heading else len(table.heading) for name in wanted]
        for cells in _cells(lines):
            yield _chosen(cells, places) if cells else None
    else:
        for line in lines:
            yield _object(lines, line, table.names) if line.strip() else None


def _cells(lines: _Lines) -> Iterator[list[str]]:
    csv.field_size_limit(FIELD_LIMIT)
    try:
        yield from csv.reader(lines, strict=True)
    except csv.Error as error:
        raise lines.wrong(f"not CSV ({error})") from None


def _chosen(cells: Sequence[str], places: Iterable[int]) -> tuple[str, str, str]:
    text, label, id_ = (cells[place] if place < len(cells) else "" for place in places)
    return text, label.strip(), id_


def _object(lines: _Lines, line: str, names: Names) -> tuple[str, str, str]:
    try:
        said: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise lines.wrong("not JSON") from None
    if not isinstance(said, Mapping) or not isinstance(said.get(names.text), str):
        raise lines.wrong(f"not an object with {names.text}, a string")
    label, id_ = said.get(names.label), said.get(names.id)
    return said[names.text], "" if label is None else str(label).strip(), "" if id_ is None else str(id_)


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _stamp(path: Path) -> tuple[int, int]:
    """Size and time of change."""
    told = path.stat()
    return told.st_size, told.st_mtime_ns
