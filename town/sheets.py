"""A town as plain cells, whichever way it came: what was written, what is in the database, what it shall become.

A sheet is one of the files: rows by their key. The outlines and the town's own settings are sheets as well, so that
comparing, merging and keeping knows one shape only.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Any

from models import Person
from town.files import Row
from town.problems import Problem
from town.profile import Profile
from town.read import OUTLINES, PROFILE, Town, Written
from town.tables import COLUMNS, key_of

Cells = dict[str, str]
Sheet = dict[str, Cells]  # by key
Sheets = dict[str, Sheet]  # by file

EMERGENCY = "emergency."
OUTLINE, VALUE = "outline", "value"  # the only columns of the outlines and of the settings
FIELDS = {  # where a Town has each file's rows
    "areas.csv": "areas", "categories.csv": "categories", "places.csv": "places", "units.csv": "units",
    "people.csv": "people", "clocks.csv": "clocks", "rules.csv": "rules", "calendar.csv": "workdays",
    "duty.csv": "shifts", "services.csv": "services",
}  # fmt: skip
NOTHING = {("rules.csv", "min_confidence"): "0.0", ("rules.csv", "predicates"): "{}"}  # asks nothing: an empty cell


@dataclass(frozen=True)
class Change:
    """One row: new where nothing was before, gone where nothing is after."""

    file: str
    key: str
    before: Cells | None
    after: Cells | None

    @property
    def action(self) -> str:
        return "add" if self.before is None else "retire" if self.after is None else "change"


def sheets_of(town: Town) -> Sheets:
    """Each value is written in one way only, so that cells can be compared."""
    sheets: Sheets = {file: {} for file in COLUMNS}
    for file, field in FIELDS.items():
        for row in getattr(town, field):
            _add(sheets, file, {column: cell(file, column, getattr(row, column)) for column in COLUMNS[file]})
    for person in town.people:
        for cells in holdings_of(person):
            _add(sheets, "holdings.csv", cells)
    sheets[OUTLINES] = {area.code: {OUTLINE: outline(area.outline)} for area in town.areas if area.outline}
    sheets[PROFILE] = {name: {VALUE: value} for name, value in _settings(town.profile).items()}
    return sheets


def _add(sheets: Sheets, file: str, cells: Cells) -> None:
    sheets[file][key_of(file, cells)] = cells


def holdings_of(person: Person) -> list[Cells]:
    return [{"person": person.code, "area": area} for area in person.holds]


def outline(geometry: Mapping[str, Any]) -> str:
    return json.dumps({"type": "Polygon", "coordinates": geometry["coordinates"]}, separators=(",", ":"))


def cell(file: str, column: str, value: Any) -> str:
    text = written(value)
    return "" if NOTHING.get((file, column)) == text else text


def written(value: Any) -> str:
    """As a cell: what town/cells.py reads."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case StrEnum():
            return value.value
        case time():
            return f"{value:%H:%M}"
        case date():
            return value.isoformat()
        case dict():
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
        case [int(), *_]:
            return _days(value)
        case list():
            return ";".join(value)
    return str(value)


def _days(days: Sequence[int]) -> str:
    """[1, 2, 3, 6] → 1-3;6"""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ";".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _settings(profile: Profile) -> dict[str, str]:
    names = ("name", "name_hant", "name_en", "timezone", "desk")
    hours = {"hours.start": written(profile.start), "hours.end": written(profile.end)}
    numbers = {EMERGENCY + kind: number for kind, number in profile.emergency.items()}
    kept = {"retention.years": str(profile.retention_years or "")}
    return {**{name: getattr(profile, name) for name in names}, **hours, **kept, **numbers}


def unchecked(sheets: Sheets, lines: Mapping[str, Mapping[str, int]] | None = None) -> Written:
    """As if it had been read from files, for the same checks. `lines`: where each row stood, by file."""
    problems: list[Problem] = []

    def line(of: str, key: str) -> int:
        return (lines or {}).get(of, {}).get(key, 0)

    rows: dict[str, list[Row] | None] = {
        of: [Row(of, line(of, key), cells, problems) for key, cells in sheets[of].items()] for of in COLUMNS
    }
    features = [(line(OUTLINES, code), feature(code, cells[OUTLINE])) for code, cells in sheets[OUTLINES].items()]
    return Written(rows, features, toml_of(sheets[PROFILE]), problems)


def feature(code: str, geometry: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"code": code}, "geometry": json.loads(geometry)}


def toml_of(settings: Sheet) -> str:
    lines, section = list[str](), ""
    for name, cells in sorted(settings.items(), key=lambda one: one[0].rpartition(".")[0]):  # section by section
        head, _, key = name.rpartition(".")
        if head != section:
            lines += ["", f"[{head}]"]
            section = head
        lines.append(f"{key} = {json.dumps(cells[VALUE], ensure_ascii=False)}")
    text = "\n".join(lines) + "\n"
    tomllib.loads(text)  # a name that is no key would be ours to mend
    return text


def diff(old: Sheets, new: Sheets) -> list[Change]:
    """What has to be done to get from one to the other; first what is added, last what goes."""
    changes = []
    for file in [*COLUMNS, OUTLINES, PROFILE]:
        was, is_ = old.get(file, {}), new.get(file, {})
        keys = [*is_, *(key for key in was if key not in is_)]
        changes += [Change(file, key, was.get(key), is_.get(key)) for key in keys if was.get(key) != is_.get(key)]
    return changes
