"""What is wrong with a town's files: where, and why in the reader's language."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

MAX_SHOWN = 60  # characters of an offending value that a reason repeats


@cache
def reasons() -> dict[str, dict[str, str]]:
    """Template by key by language."""
    return tomllib.loads((Path(__file__).parent / "problems.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong: where, and why. Line 1 of a CSV file is its header; line 0 is a row of no file, or all of it.

    `subject` is the row's key and `column` the cell that is to blame, where one is: for whoever edits a single row.
    """

    file: str
    line: int
    key: str
    value: str = ""
    subject: str = field(default="", compare=False)
    column: str = field(default="", compare=False)

    @property
    def reason(self) -> str:
        return self.say(locale="zh-Hans")

    def say(self, locale: str) -> str:
        shown = self.value if len(self.value) <= MAX_SHOWN else self.value[:MAX_SHOWN] + "…"
        return reasons()[locale][self.key].format(value=shown)

    def __str__(self) -> str:
        return f"{self.file}:{self.line or self.subject or 0}: {self.reason}"


class SeedRefused(Exception):
    """The town's files have problems; nothing was loaded."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class WrongValue(ValueError):
    """A cell cannot be read; `key` names the reason."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)
