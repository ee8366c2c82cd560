"""The learning commands: good lines answered, bad ones told, unusable data refused in one line."""

import io
import json
import shutil
from pathlib import Path

import pytest

from app.learn import LARGE, classify_command, train_command

GOOD = "id,text,label\n" + "".join(
    f"{i},{place}{text},{label}\n"
    for i, place in enumerate("东西南北中上下")
    for text, label in (("门油烟太大", "城市管理"), ("工地拖欠工资", "人力社保"))
)

UNUSABLE = {
    "empty": ("", "column label and text missing"),
    "no rows": ("id,text,label\n", "no row"),
    "no label column": ("id,text\n1,停水\n", "column label missing; found id, text"),
    "one label": ("text,label\n停水,公用事业\n停电,公用事业\n", "only one label (公用事业)"),
    "no words": ("text,label\n" + "。。,公用事业\n！！,城市管理\n" * 9, "no word"),
    "blank texts": ("text,label\n  ,公用事业\n,城市管理\n", "no row"),
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learned")
    (folder / "rows.csv").write_text(GOOD, "utf-8")
    assert train_command(folder / "rows.csv", folder / "model") == 0
    return folder / "model"


@pytest.fixture
def trained(learned: Path, tmp_path: Path) -> Path:
    """A model of the test's own."""
    return Path(shutil.copytree(learned, tmp_path / "model"))


def asked(model: Path, lines: bytes) -> tuple[int, list[dict[str, object]]]:
    sink = io.BytesIO()
    code = classify_command(model, io.BufferedReader(io.BytesIO(lines)), sink)
    return code, [json.loads(line) for line in sink.getvalue().splitlines()]


def test_lines_are_answered_in_order(trained: Path) -> None:
    code, said = asked(trained, '{"id": "a", "text": "油烟"}\n\n{"id": 2, "text": "拖欠工资"}'.encode())
    assert code == 0
    assert [(line["id"], line["label"]) for line in said] == [("a", "城市管理"), (2, "人力社保")]
    assert said[0].keys() == {
        *("id", "label", "confidence", "ranking", "item", "item_confidence", "action", "version"),
    }


def test_bad_lines_are_told_and_passed_over(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = [
        b"{",
        b"[]",
        b'{"id": 1}',
        b'{"text": 5}',
        b"\xff\xfe",
        b'{"text": "' + b"x" * 1_100_000 + b'"}',
        b"[" * 9_999,
    ]
    code, said = asked(trained, b"\n".join([*bad, b'{"id": 7, "text": "\\ud800\\u0000"}', b""]))
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert code == 1
    assert [line["line"] for line in told] == [1, 2, 3, 4, 5, 6, 7]
    assert all(line["error"] for line in told)
    assert [line["id"] for line in said] == [7]


def test_a_file_too_large_for_memory_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rows.csv").write_text(GOOD, "utf-8")
    for out, limit, told in (("asked", LARGE, True), ("large", 10, False)):
        monkeypatch.setattr("app.learn.LARGE", limit)
        assert train_command(tmp_path / "rows.csv", tmp_path / out, out_of_core=told) == 0
        assert json.loads((tmp_path / out / "manifest.json").read_text("utf-8"))["training"]["folds"] == 1
        _, said = asked(tmp_path / out, '{"id": 1, "text": "拖欠工资"}'.encode())
        assert [line["label"] for line in said] == ["人力社保"]


@pytest.mark.parametrize("how", UNUSABLE)
def test_unusable_data_is_refused_in_one_line(how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, complaint = UNUSABLE[how]
    (tmp_path / "rows.csv").write_text(content, "utf-8")
    assert train_command(tmp_path / "rows.csv", tmp_path / "model") == 2
    told = capsys.readouterr().err
    assert complaint in told
    assert told.count("\n") == 1
    assert not (tmp_path / "model").exists()


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"text,label\n\xff\xfe,x\n")
    assert train_command(tmp_path / "rows.csv", tmp_path / "model") == 2
    assert train_command(tmp_path / "absent.csv", tmp_path / "model") == 2


@pytest.mark.promise("R16")
def test_a_damaged_model_is_refused_not_replaced(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (trained / "manifest.json").write_text("{")
    assert asked(trained, b'{"text": "x"}\n') == (2, [])
    assert "damaged" in capsys.readouterr().err
    assert (trained / "manifest.json").read_text() == "{"
