"""The files changed, and so did the console: take from each what only it changed, and name what both did."""

from dataclasses import dataclass

from town.sheets import Cells, Sheet, Sheets


@dataclass(frozen=True)
class Conflict:
    """Both changed this cell since the files were loaded last; no column where one changed a row the other removed."""

    file: str
    key: str
    column: str
    files: str
    console: str

    def __str__(self) -> str:
        where = f"{self.file} {self.key}" + (f" {self.column}" if self.column else "")
        return f"{where}: files {self.files!r}, console {self.console!r}"


def merge(base: Sheets, console: Sheets, files: Sheets) -> tuple[Sheets, list[Conflict]]:
    """`base`: the files as they were loaded last."""
    conflicts: list[Conflict] = []
    merged = {
        file: _sheet(file, base.get(file, {}), console.get(file, {}), rows, conflicts) for file, rows in files.items()
    }
    return merged, conflicts


def _sheet(file: str, base: Sheet, console: Sheet, files: Sheet, conflicts: list[Conflict]) -> Sheet:
    keys = [*files, *(key for key in console if key not in files)]
    rows = {key: _row(file, key, base.get(key), console.get(key), files.get(key), conflicts) for key in keys}
    return {key: cells for key, cells in rows.items() if cells is not None}


def _row(
    file: str, key: str, base: Cells | None, console: Cells | None, files: Cells | None, conflicts: list[Conflict]
) -> Cells | None:
    if files in (base, console):
        return console
    if console == base:
        return files
    if console is None or files is None:
        conflicts.append(Conflict(file, key, "", _short(files), _short(console)))
        return console
    was = base or {}
    return {
        column: _cell(Conflict(file, key, column, value, console.get(column, "")), was.get(column), conflicts)
        for column, value in files.items()
    }


def _cell(both: Conflict, base: str | None, conflicts: list[Conflict]) -> str:
    if both.files in (base, both.console):
        return both.console
    if both.console != base:
        conflicts.append(both)
    return both.files


def _short(cells: Cells | None) -> str:
    return "removed" if cells is None else "changed"
