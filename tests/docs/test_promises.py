"""Every promise is shown by a test, and what the long run saw is told."""

import ast
import json
from pathlib import Path

from tests.support.databases import ROOT
from tests.support.promises import JSON, ROWS, TABLE, Record, write


def marked() -> set[str]:
    """Rows named by a `promise("…")` in a test file."""
    found = set[str]()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "promise":
                found |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    return found


def test_each_row_has_its_tests() -> None:
    assert marked() == set(ROWS)


class Report:
    when, nodeid = "call", "tests/a.py::test_b"

    def __init__(self, *told: tuple[str, str], failed: bool = False) -> None:
        self.user_properties, self.failed = list(told), failed


def test_a_run_is_told_and_other_rows_stay(tmp_path: Path) -> None:
    to, table = tmp_path / "a.json", tmp_path / "a.md"
    record = Record()
    record.hear(Report(("promise", "R2"), ("tried", "35 kills"), ("reached", "0 lost")))
    write(record.as_json(), to, table)
    record = Record()
    record.hear(Report(("promise", "R1")))
    record.hear(Report(("promise", "R1"), failed=True))
    write(record.as_json(), to, table)
    told = json.loads(to.read_text())
    assert [(row, seen["tried"], seen["reached"], seen["ok"]) for row, seen in told.items()] == [
        ("R1", "2 tests", "1 of 2 hold", False),
        ("R2", "35 kills", "0 lost", True),
    ]
    assert "| **no** | `tests/a.py` |" in table.read_text()


def test_the_table_is_what_the_file_says(tmp_path: Path) -> None:
    if JSON.exists():
        table = tmp_path / "table.md"
        write(json.loads(JSON.read_text("utf-8")), tmp_path / "a.json", table)
        assert table.read_text() == TABLE.read_text()
