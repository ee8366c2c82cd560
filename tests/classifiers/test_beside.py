"""A new model beside the one in use, and what counts as the same text twice."""

from pathlib import Path

import pytest

from classifiers import Model, Row, train
from classifiers.alike import distinct
from classifiers.beside import agreement, beside, canaries
from classifiers.compared import comparison, cost, figures, reference
from classifiers.danger import canaries as told_dangers


def test_texts_that_say_nearly_the_same_are_kept_once() -> None:
    texts = [
        "楼下烧烤店油烟直排，呛得不敢开窗",
        "樓下燒烤店油煙直排， 嗆得不敢開窗！！",  # the same in other signs
        "楼下烧烤店油烟直排，呛得不敢开窗了",
        "楼下的狗整夜叫",
        "",
        "  。",
    ]
    assert distinct(texts) == [0, 3, 4]
    assert distinct(texts, known=["樓下的狗，整夜叫"]) == [0, 4]


def test_long_letters_are_compared_too() -> None:
    letter = "".join(f"第{chr(0x4E00 + n)}次反映小区门口占道经营没人管。" for n in range(200))
    assert distinct([letter, letter.replace("第一次", "那一次"), letter[:400] + "电梯坏了" * 300]) == [0, 2]


def test_the_same_rows_make_the_same_figures(rows: list[Row]) -> None:
    steps: list[None] = []
    found = figures(beside(rows, rows, lambda: steps.append(None)))
    assert (found["messages"], found["only_old"], found["only_new"], len(steps)) == (60, 0, 0, 3)
    assert found["accuracy"][0] == found["accuracy"][1] > 0.9


def test_wrong_lessons_lose_what_was_known_and_their_own_gain_does_not_make_up_for_it(rows: list[Row]) -> None:
    wrong = [
        Row(f"{row.text}，{n}次了", "公共交通") for row in rows if "油烟" in row.text and row.gold for n in "三四五"
    ]
    found = figures(beside(rows, [*rows, *wrong], lambda: None))
    assert (found["messages"], found["lessons"]) == (60, 30)
    assert found["only_old"] > found["only_new"]
    assert found["accuracy"][1] < found["accuracy"][0]
    assert found["difference"]["accuracy"][0] < -0.005
    assert found["lessons_accuracy"][0] == 0.0 < found["lessons_accuracy"][1]


def test_right_lessons_gain(rows: list[Row]) -> None:
    dogs = [Row(f"{place}有人遛狗不牵绳", "公安", "公安/养犬") for place in "东西南北中上下左右前后里"]
    found = figures(beside(rows, [*rows, *dogs], lambda: None))
    assert (found["lessons_accuracy"], found["only_old"]) == ([0.0, 1.0], 0)


def test_agreement_on_texts_of_today(model: Model) -> None:
    assert agreement(model, model, []) is None
    same = agreement(model, model, ["油烟直排", "拖欠工资"])
    assert same == {"cases": 2, "share": 1.0, "routed": [same["routed"][0]] * 2}


def test_messages_of_danger_must_not_get_lost(rows: list[Row]) -> None:
    told = [Row(f"{n}号楼厨房着火了", "应急管理") for n in "一二三四五六"]
    old = train([*rows, *told])
    words = len(told_dangers())
    assert canaries(old, old, [*rows, *told]) == {"words": words, "told": words, "count": 6, "recall": 1.0}
    assert canaries(old, old, rows) == {"words": words, "told": words, "count": 0, "recall": 1.0}
    deaf = train([*rows, *(Row(row.text, "人力社保") for row in told), Row("环境", "自然资源"), Row("水", "水利")])
    assert canaries(old, deaf, told)["recall"] < 1.0


def test_of_very_many_messages_one_fold_says_enough(rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifiers.beside.JUDGED", 15)
    steps: list[None] = []
    held = beside(rows, rows, lambda: steps.append(None))
    assert (len(held.messages), len(steps)) == (20, 3)
    messages = [row for row in rows if row.gold]
    assert held.messages == [messages[i] for i in held.numbers]


def test_each_department_is_compared_by_itself(rows: list[Row]) -> None:
    wrong = [
        Row(f"{row.text}，{n}次了", "人力社保") for row in rows if "油烟" in row.text and row.gold for n in "三四五"
    ]
    found = {one["label"]: one for one in figures(beside(rows, [*rows, *wrong], lambda: None))["departments"]}
    (smoke,) = (row.label for row in rows if row.text == "油烟")
    assert found[smoke]["recall"][1] < found[smoke]["recall"][0] == 1.0
    assert found[smoke]["only_old"] >= 5
    assert sum(one["n"] for one in found.values()) == 60


def test_a_comparison_holds_figures_and_references_but_no_text(rows: list[Row]) -> None:
    dogs = [Row(f"{place}有人遛狗不牵绳", "公安", "公安/养犬") for place in "东西南北中上下左右前后里"]
    held = beside(rows, [*rows, *dogs], lambda: None)
    references = [*(reference(row.text) for row in rows if row.gold), *(f"case {n}" for n in range(12))]
    found = comparison(held, references)
    assert sorted(one[0] for one in found["gained"]) == sorted(references[60:])
    assert all(right == new == "公安" != old for _, right, old, new in found["gained"])
    assert (found["lost"], found["changed"]) == ([], 12)
    assert sum(n for *_, n in found["confusion"][1]) == 72
    assert all(0 <= one["ece"] <= 1 and sum(n for _, n, _, _ in one["curve"]) == 72 for one in found["calibration"])
    before, after = found["coverage"]["0.95"]
    assert before < after == 1.0
    assert "遛狗" not in str(found)


def test_what_a_model_costs(model: Model, folder: Path) -> None:
    found = cost(model, folder, ["油烟直排", "拖欠工资"] * 200)
    assert found["texts_per_second"] > 100
    assert found["disk"] == sum(path.stat().st_size for path in folder.iterdir())
    assert found["memory"] > found["disk"] / 10
