"""Every classifier in the registry keeps the same manners."""

import numpy as np
import pytest

from classifiers import CLASSIFIERS, Row


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_conformance(name: str, rows: list[Row]) -> None:
    texts, labels = [r.text for r in rows], [r.label for r in rows]
    one, two = CLASSIFIERS[name](seed=1), CLASSIFIERS[name](seed=1)
    assert one.fit(texts, labels) is one
    two.fit(texts, labels)
    assert one.classes_ == sorted(set(labels))
    scores = one.decision_function(["烧烤店油烟", ""])
    assert scores.shape == (2, 3)
    assert np.array_equal(scores, two.decision_function(["烧烤店油烟", ""]))
    assert one.predict(["烧烤店油烟"]) == ["生态环境"]
    back = CLASSIFIERS[name].restore(one.arrays(), one.classes_, one.segmenter)
    assert np.array_equal(scores, back.decision_function(["烧烤店油烟", ""]))


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_two_labels_are_enough(name: str, rows: list[Row]) -> None:
    two = [r for r in rows if r.label != "公共交通"]
    learned = CLASSIFIERS[name]().fit([r.text for r in two], [r.label for r in two])
    assert learned.predict(["老板拖欠工资", "广场舞太吵"]) == ["人力社保", "生态环境"]
