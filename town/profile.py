"""The town as a whole: its names, working hours, emergency numbers and the desk that dispatches by hand."""

import re
import tomllib
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from town.cells import hour
from town.files import Known
from town.problems import Problem, WrongValue

NAMES = ("name", "name_hant", "name_en", "timezone", "desk")
NUMBERS = ("police", "fire", "medical", "gas_repair", "power_repair", "water_repair")


@dataclass(frozen=True)
class Profile:
    name: str
    name_hant: str
    name_en: str
    timezone: str
    desk: str  # code of a unit (分拨台)
    start: time  # of a working day, local
    end: time
    emergency: dict[str, str]  # number by kind: NUMBERS, and what a town adds
    retention_years: int | None = None  # whole calendar years a case keeps its words; None: for ever


@dataclass
class _Keys:
    """The file's keys, each known by the line it stands on."""

    file: str
    text: str
    table: dict[str, Any]
    problems: list[Problem]

    def wrong(self, key: str, name: str, value: str, section: str = "") -> None:
        found = re.search(rf"^\s*{name}\s*=", self.text, re.MULTILINE)
        line = self.text.count("\n", 0, found.start()) + 1 if found else 1
        subject = f"{section}.{name}" if section else name
        self.problems.append(Problem(self.file, line, key, value, subject, subject))

    def word(self, name: str, section: str = "") -> str:
        table = self.table.get(section) if section else self.table
        value = table.get(name) if isinstance(table, dict) else None
        if not isinstance(value, str) or not value.strip():
            self.wrong("missing_key", name, f"{section}.{name}" if section else name, section)
            return ""
        return value.strip()

    def time(self, name: str) -> time:
        text = self.word(name, "hours")
        try:
            return hour(text) if text else time.min
        except WrongValue as error:
            self.wrong(error.key, name, text, "hours")
            return time.min

    def years(self) -> int | None:
        """`[retention] years`: without it, or empty, nothing is forgotten by its age."""
        section = self.table.get("retention")
        given = section.get("years", "") if isinstance(section, dict) else ""
        text = str(given).strip()
        if text and not _within(text):
            self.wrong("years", "years", text, "retention")
            return None
        return int(text) if text else None


def _within(text: str) -> bool:
    return bool(re.fullmatch(r"[1-9]\d?", text, re.ASCII))


def profile_in(text: str | None, file: str, units: Known, problems: list[Problem]) -> Profile | None:
    if text is None:
        return None
    try:
        keys = _Keys(file, text, tomllib.loads(text), problems)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        problems.append(Problem(file, int(line[1]) if line else text.count("\n") + 1, "toml", str(error)))
        return None
    words = {name: keys.word(name) for name in NAMES}
    numbers = {name: keys.word(name, "emergency") for name in _numbers(keys)}
    kept = keys.years()
    profile = Profile(**words, start=keys.time("start"), end=keys.time("end"), emergency=numbers, retention_years=kept)
    _check(profile, units, keys)
    return profile


def _numbers(keys: _Keys) -> list[str]:
    given = keys.table.get("emergency")
    return list(dict.fromkeys([*NUMBERS, *(given if isinstance(given, dict) else ())]))


def _check(profile: Profile, units: Known, keys: _Keys) -> None:
    if units is not None and profile.desk and profile.desk not in units:
        keys.wrong("unknown", "desk", profile.desk)
    if profile.start >= profile.end and not keys.problems:
        keys.wrong("hours", "start", f"{profile.start:%H:%M}–{profile.end:%H:%M}", "hours")
    try:
        ZoneInfo(profile.timezone or "UTC")
    except (OSError, ValueError, KeyError):  # KeyError: ZoneInfoNotFoundError
        keys.wrong("timezone", "timezone", profile.timezone)
