"""A trained model: what it answers, that it answers the same every time, and what it must not load."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from classifiers import DataError, Model, Row, load, save, train
from classifiers.calibrate import NEVER, Thresholds

ASKED = ["烧烤店油烟太大", "工资拖欠三个月", "公交车老等不来", "wifi", "", "油烟\u200b呛人", "垃圾" * 30_000]


def test_department_item_and_ranking(model: Model) -> None:
    said = model.predict("河边的烧烤店油烟呛人")
    assert (said.label, said.item) == ("生态环境", "生态环境/餐饮油烟")
    assert said.ranking[0] == (said.label, said.confidence)
    assert [p for _, p in said.ranking] == sorted((p for _, p in said.ranking), reverse=True)
    assert sum(p for _, p in said.ranking) == pytest.approx(1, abs=1e-4)
    assert said.version == model.version


def test_many_are_answered_as_one(model: Model) -> None:
    assert model.predict_many(ASKED) == [model.predict(text) for text in ASKED]
    assert model.predict_many([]) == []


def test_traditional_and_hidden_characters_change_nothing(model: Model) -> None:
    assert model.predict("燒烤店油煙太大") == model.predict("烧烤店油烟太大")
    assert model.predict("烧\u200b烤店\x00油\u202e烟太大") == model.predict("烧烤店油烟太大")


@pytest.mark.parametrize("text", ["", "   ", "hello", "\ud800", "。。。", "\x00" * 50])
def test_what_the_model_cannot_read_is_held(model: Model, text: str) -> None:
    assert model.predict(text).action == "hold"


def test_actions_follow_the_thresholds(model: Model) -> None:
    text = "烧烤店油烟太大"
    sure = model.predict(text).confidence
    below, above = sure - 0.001, min(NEVER, sure + 0.001)
    table = {(below, below): "route", (above, below): "ask", (above, above): "hold"}
    assert {at: replace(model, thresholds=Thresholds(*at)).predict(text).action for at in table} == table


def test_why_names_the_words_that_decided(model: Model) -> None:
    words = dict(model.why("广场上的烧烤店油烟呛人", "生态环境"))
    assert words["油烟"] > 0
    assert model.why("广场上的烧烤店油烟呛人", "人力社保")[0][1] < 0
    with pytest.raises(KeyError):
        model.why("油烟", "没有这个部门")


def test_same_rows_and_seed_give_the_same_bytes(model: Model, rows: list[Row], tmp_path: Path) -> None:
    again = train(rows)
    assert again.version == model.version
    save(model, tmp_path / "a")
    save(again, tmp_path / "b")
    one, two = ((tmp_path / f / f"{model.version}.npz").read_bytes() for f in "ab")
    assert one == two
    assert train([*rows, Row("夜里太吵", "生态环境")]).version != model.version


def test_rows_without_items_give_departments_only(rows: list[Row]) -> None:
    said = train([replace(row, item="") for row in rows]).predict("烧烤店油烟太大")
    assert (said.label, said.item, said.item_confidence) == ("生态环境", None, 0.0)


def test_one_label_cannot_be_learned(rows: list[Row]) -> None:
    with pytest.raises(DataError, match="only one label"):
        train([row for row in rows if row.label == "生态环境"])


def test_serving_loads_neither_scikit_learn_nor_jieba(folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; import classifiers; from classifiers.danger import danger;"
        "m = classifiers.load(Path(sys.argv[1])); m.predict('油烟'); m.why('油烟', m.classes[0]); danger('着火了');"
        "print(sorted({n.split('.')[0] for n in sys.modules} & {'sklearn', 'scipy', 'jieba', 'joblib', 'pandas'}))"
    )
    done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_reference_segmenter_trains_and_serves_too(rows: list[Row], tmp_path: Path) -> None:
    save(train(rows, segmenter="jieba"), tmp_path)
    back = load(tmp_path)
    assert back.facts["segmenter"] == "jieba"
    assert back.predict("烧烤店油烟太大").label == "生态环境"


@pytest.mark.parametrize(
    ("text", "share"),
    [("烧烤店油烟", 0), ("", 0), ("。。。", 0), ("blockchain", 1), ("烧烤店 blockchain", 0.5), ("燒烤店油煙", 0)],
)
def test_what_is_new_to_the_model(model: Model, text: str, share: float) -> None:
    assert model.novelty(text) == pytest.approx(share)
