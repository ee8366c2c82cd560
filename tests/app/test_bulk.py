"""`python -m app bulk`: many letters over many processes, none lost, in order, whatever is killed on the way."""

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import openpyxl
import psutil
import pytest

from classifiers import Model, Row, measure, save, train
from tests.support import forked
from tests.support.databases import ROOT

PLACES = ["东门", "西街", "三单元", "菜场旁", "学校边", "河边", "老车站", "新村口"]
SAID = {
    ("生态环境", "生态环境/餐饮油烟"): "{}的烧烤店油烟直排，呛得不敢开窗",
    ("人力社保", "人力社保/拖欠工资"): "{}工地的老板拖欠工资不发",
    ("公共交通", "公共交通/公交线路"): "{}的公交车班次太少，等半小时",
}
LETTERS, PART = 16_000, 250
Letters = Sequence[tuple[str, str, str]]
Rows = list[list[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small model."""
    folder = tmp_path_factory.mktemp("bulk")
    save(train([Row(text.format(p), *label) for label, text in SAID.items() for p in PLACES]), folder / "model")
    return folder


@pytest.fixture(scope="module")
def model(home: Path) -> Model:
    from classifiers import load

    return load(home / "model")


def told(count: int) -> Letters:
    """(id, text, label): with line feeds, quotes and commas inside; every seventh label is another's."""
    kinds = [(label, text) for (label, _), text in SAID.items()]
    texts = [(kinds[i % 3][1].format(PLACES[i % 8]), kinds[(i + (i % 7 == 0)) % 3][0]) for i in range(count)]
    return [(f"n{i}", f'{text}，\n"急", {i}', label) for i, (text, label) in enumerate(texts)]


def as_csv(path: Path, letters: Letters, encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows([("id", "text", "label"), *letters])
    return path


@pytest.fixture(scope="module")
def many(home: Path) -> Path:
    return as_csv(home / "many.csv", told(LETTERS))


@pytest.fixture(scope="module")
def expected(home: Path, many: Path) -> bytes:
    """What one process writes."""
    assert said(home, "classify", many, home / "one.csv", workers=0)["letters"] == LETTERS
    return (home / "one.csv").read_bytes()


def call(home: Path, act: str, file: Path, out: Path, **more: object) -> list[str]:
    options = {"model": home / "model", **more}
    named = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return ["bulk", act, str(file), "--out", str(out), *named]


def run(home: Path, act: str, file: Path, out: Path, **more: object) -> tuple[int, str, str]:
    return forked.run(*call(home, act, file, out, **more), DATA_DIR=str(home), LOG_LEVEL="error")


def said(home: Path, act: str, file: Path, out: Path, **more: object) -> dict[str, object]:
    code, out_, err = run(home, act, file, out, **more)
    assert (code, err) == (0, ""), err
    return dict(json.loads(out_))


def table(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


@contextmanager
def started(home: Path, *words: str, cwd: Path = ROOT) -> Iterator["subprocess.Popen[str]"]:
    env = {"PATH": "/usr/bin:/bin", "DATA_DIR": str(home), "LOG_LEVEL": "error"}
    with subprocess.Popen(
        [sys.executable, "-m", *words], cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def parts(out: Path) -> int:
    return len(list(out.with_name(out.name + ".parts").glob("[0-9]*.csv")))


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def workers(program: "subprocess.Popen[str]") -> list[psutil.Process]:
    children = psutil.Process(program.pid).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


@pytest.mark.kill
def test_a_killed_worker_loses_nothing(home: Path, many: Path, expected: bytes) -> None:
    out = home / "two.csv"
    with started(home, "app", *call(home, "classify", many, out, workers=2, rows=PART)) as program:
        until(lambda: parts(out) > 3)
        victim = workers(program)[0]
        victim.send_signal(signal.SIGKILL)
        at_kill = parts(out)
        answer, complaint = program.communicate(timeout=60)
    assert (program.returncode, complaint) == (0, "")
    assert at_kill < LETTERS // PART - 2, "the worker was to be killed in the middle"
    assert out.read_bytes() == expected
    assert not out.with_name("two.csv.parts").exists()
    assert json.loads(answer)["letters"] == LETTERS


@pytest.mark.kill
def test_the_same_command_goes_on_where_a_killed_one_ended(home: Path, many: Path, expected: bytes) -> None:
    out = home / "again.csv"
    command = call(home, "classify", many, out, workers=0, rows=PART)
    with started(home, "app", *command) as program:
        until(lambda: parts(out) > 3)
        program.kill()
        program.wait()
    done = parts(out)
    assert not out.exists() and 3 < done < LETTERS // PART
    code, _, complaint = run(home, "classify", many, out, workers=0, rows=PART)
    assert (code, complaint) == (0, f"going on: {done * PART} of {LETTERS} letters were done before\n")
    assert out.read_bytes() == expected


def test_parts_of_other_letters_are_not_taken_for_these(home: Path, tmp_path: Path) -> None:
    out, left = tmp_path / "out.csv", tmp_path / "out.csv.parts"
    left.mkdir()
    (left / "plan.json").write_text("[]", encoding="utf-8")
    (left / "000000.csv").write_text("1,n0,人力社保,1.0,,0.0,route\r\n", encoding="utf-8")
    assert said(home, "classify", as_csv(tmp_path / "in.csv", told(3)), out, workers=0)["letters"] == 3
    assert [row[2] for row in table(out)[1:]] == ["生态环境", "人力社保", "公共交通"]


@pytest.mark.parametrize("kind", ["jsonl", "xlsx", "gb18030"])
def test_letters_come_in_several_forms(kind: str, home: Path, tmp_path: Path) -> None:
    letters = told(50)
    plain, out = tmp_path / "plain.csv", tmp_path / "out.csv"
    said(home, "classify", as_csv(tmp_path / "in.csv", letters), plain, workers=0)
    more = {}
    if kind == "jsonl":
        file = tmp_path / "in.jsonl"
        lines = [json.dumps(dict(zip(("id", "text", "label"), one, strict=True))) for one in letters]
        file.write_text("\ufeff" + "\n\n".join(lines), encoding="utf-8")
    elif kind == "xlsx":
        file, book = tmp_path / "in.xlsx", openpyxl.Workbook()
        for row in [("id", "text", "label"), *letters]:
            book.active.append(row)
        book.save(file)
    else:
        file, more = as_csv(tmp_path / "gb.csv", letters, "gb18030"), {"encoding": "gb18030"}
    said(home, "classify", file, out, workers=0, rows=7, **more)
    assert table(out) == table(plain) and len(table(out)) == 51


def test_what_changes_sides_is_told_for_review(home: Path, model: Model, tmp_path: Path) -> None:
    letters = [*told(70), ("=1+1", "=1+1 东门的公交车班次太少", "生态环境"), ("n", "没有标签", "")]
    out = tmp_path / "out.csv"
    short = said(home, "relabel", as_csv(tmp_path / "in.csv", letters), out, workers=0)
    judged = model.predict_many([text for _, text, _ in letters])
    other = [
        (str(i), label, one.label)
        for i, ((_, _, label), one) in enumerate(zip(letters, judged, strict=True), 1)
        if label and label != one.label
    ]
    head, *rows = table(out)
    assert head == ["row", "id", "given", "label", "confidence", "item", "action", "text"]
    assert [(row[0], row[2], row[3]) for row in rows] == other
    assert len(rows) == 11 and rows[-1][1] == "'=1+1" and rows[-1][7].startswith("'=1+1 东门")
    assert (short["letters"], short["labelled"], short["changed"]) == (72, 71, 11)
    highest = max(float(row[4]) for row in rows)
    for sure, left in ((highest - 0.001, [r for r in rows if float(r[4]) > highest - 0.001]), (highest + 0.001, [])):
        said(home, "relabel", tmp_path / "in.csv", out, workers=0, sure=sure)
        assert table(out)[1:] == left


def test_an_evaluation_tells_the_figures_of_a_training(home: Path, model: Model, tmp_path: Path) -> None:
    letters = [*told(140), ("x", "东门的公交车班次太少", "没有这个部门")]
    out = tmp_path / "figures.json"
    short = said(home, "evaluate", as_csv(tmp_path / "in.csv", letters), out, workers=0, rows=9)
    told_ = json.loads(out.read_text("utf-8"))
    right = [label for _, _, label in letters]
    said_ = model.predict_many([text for _, text, _ in letters])
    judged, good = [one.label for one in said_], [one.label == label for one, label in zip(said_, right, strict=True)]
    assert told_["accuracy"] == round(measure.accuracy(right, judged), 4) == round(120 / 141, 4)
    assert told_["macro_f1"] == round(measure.macro_f1(right, judged), 4)
    assert told_["confusion"] == [[*pair, n] for pair, n in measure.confusion(right, judged).items()]
    assert told_["unknown_labels"] == {"没有这个部门": 1} and told_["version"] == model.version
    assert sum(one["n"] for one in told_["departments"]) == told_["labelled"] == 141
    assert told_["top3"] == round(140 / 141, 4) and "confusion" not in short
    assert told_["held"] == round(sum(one.action == "hold" for one in said_) / 141, 4)
    sure = np.array([one.confidence for one in said_])
    assert told_["coverage_95"] == round(measure.coverage(np.array(good), sure, 0.95), 4)
    assert told_["ece"] == round(measure.calibration_error(np.array(good), sure), 4) > 0
    assert short["accuracy"] == told_["accuracy"]


BAD = {
    "nothing": (b"", "is empty"),
    "no letter": (b"id,text,label\n\n", "holds no letter"),
    "no column": ("id,内容,label\n1,路灯不亮,x\n".encode(), "column text missing; found id, 内容, label"),
    "no label": ("id,text\n1,路灯不亮\n".encode(), "column label missing"),
    "no labels": ("id,text,label\n1,路灯不亮,\n".encode(), "no letter has a label"),
    "encoding": (b"id,text,label\n" + "1,路灯不亮,x\n".encode("gb18030"), "line 2: not utf-8; perhaps gb18030"),
    "quote": ('id,text,label\n1,"路灯不亮,x\n'.encode(), "line 2: not CSV"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_letters_are_refused_before_anything_begins(kind: str, home: Path, tmp_path: Path) -> None:
    data, complaint = BAD[kind]
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_bytes(data)
    out.write_text("from before", encoding="utf-8")
    code, answer, told_ = run(home, "relabel", file, out)
    assert (code, answer) == (2, "") and complaint in told_ and "Traceback" not in told_
    assert out.read_text("utf-8") == "from before"
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "out.csv"}


def test_what_else_cannot_be_used_is_named(home: Path, tmp_path: Path) -> None:
    file = as_csv(tmp_path / "in.csv", told(9))
    lines, sheet = tmp_path / "in.jsonl", tmp_path / "in.xlsx"
    lines.write_text('{"text": "路灯不亮"}\n{"text": 1}\n', encoding="utf-8")
    sheet.write_bytes(b"no sheet")
    (tmp_path / "taken.csv.parts").mkdir()
    (tmp_path / "taken.csv.parts" / "diary.txt").write_text("mine", encoding="utf-8")
    out = tmp_path / "out.csv"
    tried = {
        "missing: manifest.json": run(home, "classify", file, out, model=tmp_path / "none"),
        "line 2: not an object with text": run(home, "classify", lines, out),
        "cannot be read as xlsx": run(home, "classify", sheet, out),
        "the results need a file of their own": run(home, "classify", file, file),
        "no such folder": run(home, "classify", file, tmp_path / "no" / "out.csv"),
        "it holds diary.txt": run(home, "classify", file, tmp_path / "taken.csv"),
        "no scheduler answers": run(home, "classify", file, out, scheduler="tcp://127.0.0.1:9", rows=1),
    }
    for complaint, (code, answer, told_) in tried.items():
        assert code in (1, 2) and answer == "" and complaint in told_, (complaint, told_)
        assert "Traceback" not in told_
    assert not out.exists() and (tmp_path / "taken.csv.parts" / "diary.txt").exists()


@pytest.fixture(scope="module")
def scheduler(home: Path) -> Iterator[str]:
    """As an operator starts one; its address."""
    where = home / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(where)]
    with started(home, "distributed.cli.dask_scheduler", *options):
        until(lambda: where.exists() and where.read_text("utf-8").endswith("}"))
        yield str(json.loads(where.read_text("utf-8"))["address"])


@contextmanager
def worker(home: Path, scheduler: str, cwd: Path) -> Iterator[None]:
    options = ["--nworkers", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(home)]
    with started(home, "distributed.cli.dask_worker", scheduler, *options, cwd=cwd):
        yield


def test_a_cluster_of_ones_own(home: Path, tmp_path: Path, scheduler: str) -> None:
    file, out = as_csv(tmp_path / "in.csv", told(40)), tmp_path / "out.csv"
    with worker(home, scheduler, ROOT):
        answer = said(home, "classify", file, out, scheduler=scheduler, rows=10)
    assert answer["letters"] == 40 and [row[1] for row in table(out)[1:]] == [f"n{i}" for i in range(40)]


def test_a_worker_without_this_program_is_told_so(home: Path, tmp_path: Path, scheduler: str) -> None:
    file, out = as_csv(tmp_path / "in.csv", told(40)), tmp_path / "out.csv"
    with worker(home, scheduler, tmp_path):
        code, _, complaint = run(home, "classify", file, out, scheduler=scheduler)
    assert (code, out.exists()) == (1, False)
    assert complaint == "scheduler and workers need this program, started in its folder (No module named 'app')\n"
