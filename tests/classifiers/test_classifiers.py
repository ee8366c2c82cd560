"""The linear classifier by itself: what it learns, and that it comes back from its arrays as it was."""

import numpy as np
import pytest

from classifiers import Row
from classifiers.linear import Linear


def learned(rows: list[Row], seed: int = 1) -> Linear:
    return Linear(seed=seed).fit([r.text for r in rows], [r.label for r in rows])


def test_the_same_seed_learns_the_same(rows: list[Row]) -> None:
    one, two = learned(rows), learned(rows)
    assert one.classes_ == sorted({row.label for row in rows})
    scores = one.decision_function(["烧烤店油烟", ""])
    assert scores.shape == (2, 3)
    assert np.array_equal(scores, two.decision_function(["烧烤店油烟", ""]))
    assert one.predict(["烧烤店油烟"]) == ["生态环境"]


def test_it_comes_back_from_its_arrays(rows: list[Row]) -> None:
    one = learned(rows)
    back = Linear.restore(one.arrays(), one.classes_, one.segmenter)
    asked = ["烧烤店油烟", "", "工资"]
    assert np.array_equal(one.decision_function(asked), back.decision_function(asked))


@pytest.mark.parametrize("spoil", ["coef", "intercept", "keys", "idf"])
def test_arrays_that_do_not_fit_are_refused(rows: list[Row], spoil: str) -> None:
    one = learned(rows)
    arrays = one.arrays()
    with pytest.raises(ValueError, match=r"differ|rise"):
        Linear.restore(arrays | {spoil: arrays[spoil][:-1]}, one.classes_, one.segmenter)


def test_two_labels_are_enough(rows: list[Row]) -> None:
    two = [r for r in rows if r.label != "公共交通"]
    assert learned(two).predict(["老板拖欠工资", "广场舞太吵"]) == ["人力社保", "生态环境"]
