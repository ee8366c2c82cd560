"""A file somebody gives to the console: which table it is, in which letters it is written, and what its rows say.

Rows it lacks stay unless it is said that they shall go; columns it lacks keep what they hold.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cases.export import restored
from routing.gcj02 import to_wgs84
from town.describe import BY_NAME, TABLES, Described
from town.edit import Unsound
from town.files import csv_lines
from town.outlines import features_in
from town.problems import Problem
from town.read import OUTLINES, PROFILE
from town.sheets import OUTLINE, VALUE, Cells, Sheet, Sheets
from town.tables import COLUMNS, key_of

MOST_ROWS = 100_000
DIGITS = 6  # of a degree: a tenth of a metre
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Wish:
    table: str = ""  # "": by its name and headings
    retire_missing: bool = False
    gcj: bool = False  # its coordinates are GCJ-02


@dataclass(frozen=True)
class Given:
    """One file as a sheet of the town, with the line of each of its own rows."""

    file: str
    sheet: Sheet
    lines: Mapping[str, int]


class WhatFile(Exception):
    """Neither its name nor its headings tell which table it is."""


def read(name: str, data: bytes, wish: Wish, headings: Mapping[str, str], town: Sheets) -> Given:
    """`headings`: column by what it may be called. Raises Unsound, WhatFile."""
    text = decoded(name, data)
    if name.lower().endswith((".geojson", ".json")):
        return _outlines(name, text, wish, town[OUTLINES])
    if name.lower().endswith(".toml"):
        return _settings(name, text, town[PROFILE])
    problems: list[Problem] = []
    lines = csv_lines(text, name, problems)
    if problems or not lines:
        raise Unsound(problems or [Problem(name, 0, "missing_file")])
    if len(lines) > MOST_ROWS:
        raise Unsound([Problem(name, MOST_ROWS + 1, "too_many", str(MOST_ROWS))])
    columns = [headings.get(restored(cell), "") for cell in lines[0][1]]
    table = _table(name, wish.table, columns)
    rows = [(line, _named(columns, cells)) for line, cells in lines[1:]]
    return _rows(table, columns, rows, wish, town[table.file])


def decoded(name: str, data: bytes) -> str:
    """UTF-8 with or without its mark, else what Chinese Windows writes. Raises Unsound."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unsound([Problem(name, 0, "encoding")])


def _table(name: str, chosen: str, columns: list[str]) -> Described:
    stem = re.split(r"[-.\s(（]", name.lower(), maxsplit=1)[0]
    if chosen in BY_NAME or stem in BY_NAME:
        return BY_NAME[chosen if chosen in BY_NAME else stem]
    fitting = [table for table in TABLES if {column.name for column in table.columns} <= set(columns)]
    if len(fitting) != 1:
        raise WhatFile(name)
    return fitting[0]


def _named(columns: list[str], cells: list[str]) -> Cells:
    return {column: restored(cell).strip() for column, cell in zip(columns, cells, strict=False) if column}


def _rows(table: Described, columns: list[str], rows: list[tuple[int, Cells]], wish: Wish, old: Sheet) -> Given:
    wanted = COLUMNS[table.file]
    keys = wanted[:1] if table.keyed else [column.name for column in table.columns if not column.empty]
    if missing := [key for key in keys if key not in columns]:
        raise Unsound([Problem(table.file, 1, "missing_column", key) for key in missing])
    problems: list[Problem] = []
    sheet: Sheet = {} if wish.retire_missing else dict(old)
    lines: dict[str, int] = {}
    for line, given in rows:
        key = key_of(table.file, {**dict.fromkeys(wanted, ""), **given})
        cells = {column: given.get(column, old.get(key, {}).get(column, "")) for column in wanted}
        problems += [Problem(table.file, line, "control", ascii(c), key) for c in cells.values() if _CONTROL.search(c)]
        if key in lines:
            problems.append(Problem(table.file, line, "duplicate", key, key))
        sheet[key] = _true(cells) if wish.gcj and "lon" in given else cells
        lines[key] = line
    if problems:
        raise Unsound(problems)
    return Given(table.file, sheet, lines)


def _true(cells: Cells) -> Cells:
    """A point on a Chinese map as it is on the ground; what is no number stays for the check to say so."""
    try:
        lon, lat = to_wgs84(float(cells["lon"]), float(cells["lat"]))
    except (ValueError, OverflowError):
        return cells
    return {**cells, "lon": f"{lon:.{DIGITS}f}", "lat": f"{lat:.{DIGITS}f}"}


def _outlines(name: str, text: str, wish: Wish, old: Sheet) -> Given:
    problems: list[Problem] = []
    features = features_in(text, name, problems)
    if features is None:
        raise Unsound(problems)
    sheet: Sheet = {} if wish.retire_missing else dict(old)
    lines: dict[str, int] = {}
    for line, one in features:
        code = one.get("properties", {}).get("code") if isinstance(one, dict) else None
        if not isinstance(code, str) or code in lines:
            raise Unsound([Problem(name, line, "duplicate" if code in lines else "features", str(code))])
        sheet[code] = {OUTLINE: json.dumps(_moved(one.get("geometry"), wish.gcj), separators=(",", ":"))}
        lines[code] = line
    return Given(OUTLINES, sheet, lines)


def _settings(name: str, text: str, old: Sheet) -> Given:
    """The town itself; what the file lacks stays as it is."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unsound([Problem(name, 0, "toml", str(error))]) from None
    flat = {key: value for key, value in table.items() if not isinstance(value, dict)}
    for section, values in table.items():
        if isinstance(values, dict):
            flat |= {f"{section}.{key}": value for key, value in values.items()}
    if type(flat.get("retention.years")) is int:  # as one would write it; the form has texts only
        flat["retention.years"] = str(flat["retention.years"])
    wrong = [key for key, value in flat.items() if not isinstance(value, str) or _CONTROL.search(value)]
    if wrong:
        raise Unsound([Problem(name, 0, "control", key, key) for key in wrong])
    known = {key for key in flat if key in old or re.fullmatch(r"emergency\.[a-z_]+", key)}
    sheet: Sheet = {**old, **{key: {VALUE: flat[key].strip()} for key in flat if key in known}}
    return Given(PROFILE, sheet, {})


def _moved(geometry: Any, gcj: bool) -> Any:
    """Only type and coordinates are kept."""
    if not isinstance(geometry, dict):
        return geometry
    kept: dict[str, Any] = {"type": geometry.get("type"), "coordinates": geometry.get("coordinates")}
    try:
        if gcj:
            kept["coordinates"] = [[_point(*point) for point in ring] for ring in kept["coordinates"]]
    except (TypeError, ValueError, OverflowError):
        pass  # for the check to say so
    return kept


def _point(lon: float, lat: float) -> list[float]:
    true_lon, true_lat = to_wgs84(lon, lat)
    return [round(true_lon, DIGITS), round(true_lat, DIGITS)]
