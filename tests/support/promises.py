"""What the program promises, row by row: what is tried, what must be reached, and which tests show it.

A test that shows a row is marked `@pytest.mark.promise("R1")` and may tell by `record_property` what was `tried` and
`reached`. `make soak` (SOAK=1) plays them in their full sizes and writes docs/reliability.json and .md.
"""

import ast
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.databases import ROOT

Tests = dict[str, dict[str, Any]]
Wanted = Mapping[str, set[str]]

SOAK = bool(os.environ.get("SOAK"))
JSON, TABLE = ROOT / "docs" / "reliability.json", ROOT / "docs" / "reliability.md"
HEAD = """# What survives what

What the program promises when something breaks, when what comes in is bad, and when somebody is after its model; and
what was seen when each was tried. Nothing is pretended: the real program and a real database run, processes are killed,
lines are cut, disks are full. Each promise was played in its full size, on two processor cores with other work beside;
the small sizes run with every change. {played}

**{held} of {all} promises hold.**{open}
"""
PARTS = {
    "R": "Nothing lost, nothing twice",
    "I": "Bad input, and who sees what",
    "M": "The model",
}
TABLE_HEAD = """
## {part}

| | what happens | what is promised | what was tried → what was seen | holds |
| --- | --- | --- | --- | --- |
"""
AGAIN = """
## To try one again

`make soak` plays all of them, an hour and more, and writes this page; one is played by
`SOAK=1 .venv/bin/python -m pytest -m promise` and the files beside it:

| | tests |
| --- | --- |
"""
ROWS = {
    "R1": ("the program is killed at random moments", "0 lost, 0 doubled; a line sent twice only where it was cut off"),
    "R2": ("the database is killed, or its line broken, under load", "0 lost, 0 doubled"),
    "R3": ("control: R2 with a database that does not wait for its disk", "loss is seen, else these tests are blind"),
    "R4": ("every update comes three times, shuffled, at once", "no case and no answer twice"),
    "R5": (
        "a messenger's limits; it refuses and names a time to wait",
        "none early, none lost, no chat waits for another",
    ),
    "R6": ("sending fails, takes too long or breaks off", "0 lost; a line sent twice only where no answer came"),
    "R7": ("a resident blocks the bot, a chat is gone, a group moves", "one try, then marked, and the case says so"),
    "R8": ("the clock is put forward and back", "nothing escalated too early or twice"),
    "R9": ("the database is away", "a clear refusal (503) within 5 s, 0 lost, caught up within 60 s"),
    "R10": ("two people at two servers take the same task", "one wins, the other is told within 1 s"),
    "R11": ("a worker dies for good", "another takes up its work within 30 s"),
    "R12": ("asked to stop under load", "ends within 10 s, nothing left uncertain, open pages are told"),
    "R13": ("the disk is full", "refused for now (5xx), no half case, goes on by itself"),
    "R14": ("backup and restore while people write", "all counts and the record's seals are equal"),
    "R15": ("an old button is pressed after the case moved on", "nothing changes, a clear answer"),
    "R16": (
        "a model file is damaged, missing, huge or wrongly signed",
        "the last good one or a person decides; an alarm",
    ),
    "R17": ("the database is upgraded, put back and upgraded again", "nothing lost"),
    "I1": ("random updates and requests", "0 unhandled, 0 server errors; what is refused is kept"),
    "I2": ("invisible, broken and misleading characters", "cleaned; the category stays the same"),
    "I3": ("texts of 1 to 40,000 characters", "kept up to 20,000 with a notice; sent in pieces"),
    "I4": ("pictures that harm", "refused or drawn anew, in a process of its own with limits"),
    "I5": ("scripts in every field, on every page", "0 run, 0 violations of the pages' policy"),
    "I6": ("table cells that are formulas", "no spreadsheet works one out"),
    "I7": (
        "forged, huge and slow calls in a messenger's name",
        "refused (403, 413, 408), no server error, nothing kept",
    ),
    "I8": ("guessed lookup codes", "5 tries in 15 minutes, 10 a second from all; wrong and absent codes look alike"),
    "I9": ("changed QR codes", "none accepted; the complaint still comes in"),
    "I10": ("one resident floods", "others are answered; words of danger are never dropped"),
    "I11": (
        "every door, by every role, for every kind of case",
        "as the table of rights says; another's is not found (404)",
    ),
    "I12": ("database commands in filters and sorting", "they stay words"),
    "M1": ("code in a model file", "cannot run"),
    "M2": ("poisoned lessons", "blocked, or the planted word works in at most 10%"),
    "M3": ("who trained a model wants to put it to use alone", "refused: it takes two people"),
    "M4": ("training is killed", "the old model serves; the next try is clean"),
}


def size(small: Any, full: Any) -> Any:
    """How much of it: each time, or in the long run."""
    return full if SOAK else small


class Record:
    """Fed with pytest's reports by tests/conftest.py, in whichever process sees them all: of each row, by test."""

    def __init__(self) -> None:
        self.rows = dict[str, Tests]()

    def hear(self, report: Any) -> None:
        if report.skipped or (report.when != "call" and not report.failed):
            return
        told = list[tuple[str, Any]](report.user_properties)
        for row in {value for name, value in told if name == "promise"}:
            tests = self.rows.setdefault(row, {})
            before = tests.get(report.nodeid, {"ok": True})
            seen = {name: "; ".join(str(value) for key, value in told if key == name) for name in ("tried", "reached")}
            ok = before["ok"] and not report.failed
            tests[report.nodeid] = {**seen, "ok": ok, "played": f"{datetime.now(UTC):%Y-%m-%d}"}

    def as_json(self) -> dict[str, dict[str, Any]]:
        return {row: told(row, self.rows[row]) for row in ROWS if row in self.rows}


def told(row: str, tests: Tests, wanted: Iterable[str] = ()) -> dict[str, Any]:
    """One row: all that its tests saw. It holds when every test that is to show it was played and none failed."""
    held = sum(test["ok"] for test in tests.values())
    played = {_function(test) for test in tests}
    missing = [name.partition("::")[2] for name in sorted(set(wanted) - played)]
    figures = [test["reached"] for test in tests.values() if test["reached"]]
    plain = sum(not test["reached"] for test in tests.values())
    figures += [f"{held} of {len(tests)} tests hold"] * bool(plain or held < len(tests))
    figures += [f"not played: {', '.join(missing)}"] * bool(missing)
    return {
        "tried": "; ".join(test["tried"] for test in tests.values() if test["tried"]) or f"{len(tests)} tests",
        "reached": "; ".join(figures),
        "must": ROWS[row][1],
        "ok": held == len(tests) and not missing,
        "command": "SOAK=1 .venv/bin/python -m pytest -m promise "
        + " ".join(sorted({name.partition("::")[0] for name in {*tests, *wanted}})),
        "tests": tests,
    }


def _function(test: str) -> str:
    return test.partition("[")[0]


def marked() -> dict[str, set[str]]:
    """By row, the tests that are to show it: those marked `promise("…")`."""
    found = defaultdict[str, set[str]](set)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for mark in getattr(node, "decorator_list", ()):
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "promise":
                    test = f"{path.relative_to(ROOT)}::{node.name}"  # type: ignore[attr-defined]
                    for argument in mark.args:
                        found[argument.value].add(test)  # type: ignore[attr-defined]
    return dict(found)


def write(found: dict[str, dict[str, Any]], to: Path = JSON, table: Path = TABLE, wanted: Wanted | None = None) -> None:
    """Tests that were not played stay as they were last seen; those that are no more are forgotten."""
    known = json.loads(to.read_text("utf-8")) if to.exists() else {}
    wanted = marked() if wanted is None else wanted
    rows = dict[str, dict[str, Any]]()
    for row in ROWS:
        tests = {**known.get(row, {}).get("tests", {}), **found.get(row, {}).get("tests", {})}
        if tests := {name: seen for name, seen in tests.items() if _function(name) in wanted.get(row, ())}:
            rows[row] = told(row, tests, wanted[row])
    to.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", "utf-8")
    table.write_text(page(rows, wanted), "utf-8")


def page(rows: dict[str, dict[str, Any]], wanted: Wanted) -> str:
    """For those who answer for the town's machines: no name of a test where a sentence will do."""
    fails = [row for row in ROWS if not rows.get(row, {}).get("ok")]
    days = sorted({test.get("played", "") for seen in rows.values() for test in seen["tests"].values()} - {""})
    head = HEAD.format(
        played=f"Last played {' to '.join(sorted({days[0], days[-1]}))}." if days else "",
        held=len(ROWS) - len(fails), all=len(ROWS), open=f" Not, or not yet in full: {', '.join(fails)}." * bool(fails),
    )  # fmt: skip
    parts = [head]
    for letter, part in PARTS.items():
        parts += [TABLE_HEAD.format(part=part)]
        parts += [_line(row, rows.get(row), wanted.get(row, ())) + "\n" for row in ROWS if row.startswith(letter)]
    again = {row: seen["command"].split() for row, seen in rows.items()}
    files = {row: [f"`{word}`" for word in words if word.startswith("tests/")] for row, words in again.items()}
    return "".join([*parts, AGAIN, *(f"| {row} | {'<br>'.join(named)} |\n" for row, named in files.items())])


def _line(row: str, seen: Mapping[str, Any] | None, wanted: Iterable[str]) -> str:
    what, must = ROWS[row]
    tests: Tests = seen["tests"] if seen else {}
    told = [f"{test['tried']} → {test['reached'] or 'held'}" for test in tests.values() if test["tried"] and test["ok"]]
    plain = Counter(_function(name) for name, test in tests.items() if not test["tried"] and test["ok"])
    told += [_sentence(name) + f" ({count} ways)" * (count > 1) for name, count in plain.items()]
    told += [f"**failed:** {_sentence(name)}" for name, test in tests.items() if not test["ok"]]
    told += [f"**not yet in full:** {_sentence(name)}" for name in sorted(set(wanted) - set(map(_function, tests)))]
    dots, holds = "• " * (len(told) > 1), "yes" if seen and seen["ok"] else "**no**"
    cells = [row, what, must, "<br>".join(dots + one for one in told).replace("|", "\\|"), holds]
    return f"| {' | '.join(cells)} |"


def _sentence(test: str) -> str:
    return test.rpartition("::")[2].removeprefix("test_").replace("_", " ")
