"""Columns of words and characters: which there are, what they are called, how they are weighed."""

import numpy as np
import pytest

from classifiers import firstday
from classifiers.features import Features, Sparse
from classifiers.linear import Linear
from classifiers.pieces import of_words

DOCUMENTS = [["路灯", "坏"], ["路灯", "", "坏"], ["停电"]]


def names(features: Features) -> set[str]:
    return {features.name(column) for column in range(features.width)}


def same(one: Sparse, two: Sparse) -> bool:
    arrays = zip((one.starts, one.columns, one.values), (two.starts, two.columns, two.values), strict=True)
    return all(a.tolist() == b.tolist() for a, b in arrays)


def test_names_are_what_people_see() -> None:
    features = Features(1, 1).fit(DOCUMENTS)
    assert names(features) == {"路灯", "坏", "停电", "路灯坏", "路", "灯", "停", "电", "灯坏"}
    assert sorted(features.words_) == ["停电", "坏", "路灯"]


def test_rare_runs_are_left_out() -> None:
    assert names(Features(2, 2).fit(DOCUMENTS)) == {"路灯", "坏", "路", "灯"}


def test_each_kind_of_column_has_length_one() -> None:
    features = Features(1, 1).fit(DOCUMENTS)
    table = features.transform([["路灯", "坏", "坏"]])
    words = of_words(features.keys_[table.columns])
    for part in (words, ~words):
        assert np.isclose(np.square(table.values[part]).sum(), 1)


def test_nothing_known_gives_an_empty_row() -> None:
    features = Features(1, 1).fit(DOCUMENTS)
    assert features.transform([["hello"], [], ["坏"]]).lengths.tolist() == [0, 0, 2]
    assert features.transform([]).count == 0


def test_one_text_and_many_give_the_same_rows() -> None:
    features = Features(1, 1).fit(DOCUMENTS)
    together = features.transform(DOCUMENTS * 200)
    for i, document in enumerate(DOCUMENTS):
        assert same(features.transform([document]), together.take([i + 300]))


def test_texts_give_the_rows_of_their_words() -> None:
    """Training learns from `tokens`, which reads as plain Python; serving never makes them."""
    texts = [row.text for row in firstday.rows()][::7]
    odd = ["", "  \n\t ", "ＷｉＦｉ-6.5坏了！！", "電梯壞了", "a.b的c", "停\x00水\ud800了", "垃圾" * 9_000, "。的。"]
    linear = Linear(least=(1, 1))
    linear.features_.fit(linear.documents(texts))
    for some in (texts + odd, odd[:1], odd[2:5], []):
        assert same(linear.rows(some), linear.features_.transform(linear.documents(some)))


def test_what_was_learned_comes_back_from_its_arrays() -> None:
    features, again = Features(1, 1).fit(DOCUMENTS), Features()
    again.restore(features.arrays())
    assert again.arrays().keys() == {"words", "keys", "idf"}
    assert [again.name(c) for c in range(again.width)] == [features.name(c) for c in range(features.width)]
    assert same(again.transform(DOCUMENTS), features.transform(DOCUMENTS))


@pytest.mark.parametrize("array", ["words", "keys", "idf"])
def test_arrays_that_do_not_fit_are_refused(array: str) -> None:
    arrays = Features(1, 1).fit(DOCUMENTS).arrays()
    with pytest.raises(ValueError):
        Features().restore(arrays | {array: arrays[array][:-1]})
    with pytest.raises(ValueError):
        Features().restore(arrays | {"keys": arrays["keys"][::-1].copy()})


def test_weights_equal_scikit_learns() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["停电停电了", "停水", "路灯停电"]
    reference = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True).fit(texts)
    ours = Features(99, 1).fit([[text] for text in texts])
    table = ours.transform([["停电停水"]])
    mine = {ours.name(int(c)): float(v) for c, v in zip(table.columns, table.values, strict=True)}
    row = reference.transform(["停电停水"])
    theirs = {reference.get_feature_names_out()[c]: v for c, v in zip(row.indices, row.data, strict=True)}
    assert mine.keys() == theirs.keys()
    assert all(np.isclose(mine[name], theirs[name], atol=1e-6) for name in mine)
