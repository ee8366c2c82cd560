"""Every promise is shown by a test, and what the long run saw is told."""

import json
from pathlib import Path

from tests.support.promises import JSON, ROWS, TABLE, Record, marked, write


def test_each_row_has_its_tests() -> None:
    assert set(marked()) == set(ROWS)


class Report:
    when, skipped = "call", False

    def __init__(self, test: str, *told: tuple[str, str], failed: bool = False) -> None:
        self.nodeid, self.user_properties, self.failed = f"tests/a.py::{test}", list(told), failed


WANTED = {"R1": {"tests/a.py::test_b", "tests/a.py::test_c"}, "R2": {"tests/a.py::test_d"}}


def test_runs_are_told_together_and_no_row_holds_before_all_of_it_was_played(tmp_path: Path) -> None:
    to, table = tmp_path / "a.json", tmp_path / "a.md"

    def run(*reports: Report) -> list[tuple[str, str, str, bool]]:
        record = Record()
        for report in reports:
            record.hear(report)
        write(record.as_json(), to, table, WANTED)
        return [(row, seen["tried"], seen["reached"], seen["ok"]) for row, seen in json.loads(to.read_text()).items()]

    one, two = ("R2", "35 kills", "0 lost", True), ("tried", "9 kills")
    assert run(Report("test_d", ("promise", "R2"), ("tried", "35 kills"), ("reached", "0 lost"))) == [one]
    part = run(Report("test_b[1]", ("promise", "R1"), two, ("reached", "0 lost")))
    assert part == [("R1", "9 kills", "0 lost; not played: test_c", False), one]
    assert run(Report("test_c", ("promise", "R1")))[0] == ("R1", "9 kills", "0 lost; 2 of 2 tests hold", True)
    broken = run(Report("test_b[1]", ("promise", "R1"), two, failed=True))
    assert broken[0] == ("R1", "9 kills", "1 of 2 tests hold", False)
    [line] = [line for line in table.read_text().splitlines() if line.startswith("| R1 | the")]
    assert line.endswith("| • c<br>• **failed:** b[1] | **no** |")
    assert "**1 of 33 promises hold.** Not, or not yet in full: R1, R3," in table.read_text()
    skipped = Report("test_d", ("promise", "R2"))
    skipped.skipped = True
    assert run(skipped) == broken
    assert run(Report("test_gone", ("promise", "R1"))) == broken


def test_the_table_is_what_the_file_says(tmp_path: Path) -> None:
    if JSON.exists():
        table = tmp_path / "table.md"
        write(json.loads(JSON.read_text("utf-8")), tmp_path / "a.json", table)
        assert table.read_text() == TABLE.read_text()
