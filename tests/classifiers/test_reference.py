"""The fast path says what the slow one says, which is plain Python."""

import numpy as np
import pytest

from classifiers import Model, Row, firstday, train
from classifiers.head import SHORT
from classifiers.reference import Reference

ODD = ["", "  ", "hello", "Wi-Fi 6坏了", "電梯壞了", "停\x00水\ud800", "垃圾" * 9_000, "。。。", "油烟" * 200]


@pytest.fixture(scope="module")
def hinted(rows: list[Row]) -> Model:
    """A model that our corpus gives hints to."""
    return train(rows, corpus=firstday.rows()[::5])


@pytest.mark.parametrize("which", ["model", "hinted"])
def test_both_decide_alike_on_our_corpus(which: str, request: pytest.FixtureRequest) -> None:
    model: Model = request.getfixturevalue(which)
    texts = [row.text for row in firstday.rows()][::3] + ODD
    slow = Reference(model)
    assert np.allclose(model.classifier.decision_function(texts), [slow.scores(text) for text in texts], atol=1e-4)
    assert model.classifier.predict(texts) == [slow.predict(text) for text in texts]
    assert [said.label for said in model.predict_many(texts)] == [slow.predict(text) for text in texts]


def test_longer_texts_hear_hints_less(hinted: Model) -> None:
    """So that the test above has both kinds."""
    lengths = hinted.classifier.rows(["油烟", " ".join(row.text for row in firstday.rows()[:200])]).lengths
    assert lengths[0] < SHORT < lengths[1]
