"""Bulletins and clearing lists as an operator asks for them."""

import json
from datetime import timedelta
from pathlib import Path

from app.build import utcnow
from cases.bulletin import last_monday, week_name
from cases.periods import today
from tests.app.conftest import Run

ROOT = Path(__file__).parents[2]


def test_a_bulletin_is_a_file(run: Run, tmp_path: Path) -> None:
    out, week = tmp_path / "b.pdf", week_name(last_monday(utcnow()) - timedelta(days=70))
    code, said, wrong = run("bulletin", "--week", week, "--area", "CX-DG", "--out", str(out), "--lang", "en")
    assert (code, wrong, out.read_bytes()[:5]) == (0, "", b"%PDF-"), wrong
    assert f"{week} of 丹桂街道" in said
    code, said, _ = run("bulletin", "--week", week, "--area", "CX-DG", "--json")
    assert (code, json.loads(said)["week"]) == (0, week)
    assert run("bulletin", "--area", "CX-DG-01")[0] == 1
    assert run("bulletin", "--week", "2026-W99")[0] == 2


def test_a_target_is_set_and_shown(run: Run) -> None:
    month = f"{today(utcnow()):%Y-%m}"
    given = ("clearing", "--month", month, "--area", "CX-DG-01", "--settle")
    assert run(*given, "3", "--by", "wangxing")[0] == 2
    assert run(*given, "3")[0] == 2
    code, said, wrong = run(*given, "3", "--by", "guwenbo")
    assert (code, said.strip()) == (0, f"丹桂社区, {month}: 3 to be settled"), wrong
    code, said, _ = run("clearing", "--json")
    [one] = json.loads(said)
    assert (one["area"], one["settle"], one["settled"], one["missing"], one["reached"]) == ("CX-DG-01", 3, 0, 3, False)
