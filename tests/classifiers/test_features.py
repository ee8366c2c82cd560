"""Columns of words and characters: which runs there are, what they are called, how they are weighed."""

import numpy as np

from classifiers.features import Features, grams, of_words

DOCUMENTS = [["路灯", "坏"], ["路灯", "", "坏"], ["停电"]]


def names(features: Features) -> set[str]:
    return {features.name(column) for column in range(features.width)}


def test_runs_do_not_cross_breaks_or_documents() -> None:
    words, signs = [0, 1, 2, 0, 3], [0, 7, 8, 9, 0, 7]
    keys, owners = grams(np.array(words), np.array([0, 0, 0, 1, 1]), np.array(signs), np.array([0, 0, 0, 0, 1, 1]))
    shift = 1 << 21
    of_one, of_two, of_three = [7, 8, 9, 7], [7 * shift + 8, 8 * shift + 9], [(7 * shift + 8) * shift + 9]
    assert keys.tolist() == [1, 2, 3, shift + 2, *of_one, *of_two, *of_three]
    assert owners.tolist() == [0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0]


def test_names_are_what_people_see() -> None:
    features = Features(1, 1).fit(DOCUMENTS)
    assert names(features) == {"路灯", "坏", "停电", "路灯坏", "路", "灯", "停", "电", "灯坏"}


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


def test_one_text_and_many_give_the_same_rows() -> None:
    features = Features(1, 1).fit(DOCUMENTS)
    together = features.transform(DOCUMENTS)
    for i, document in enumerate(DOCUMENTS):
        alone, row = features.transform([document]), together.take([i])
        assert alone.columns.tolist() == row.columns.tolist()
        assert alone.values.tolist() == row.values.tolist()


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
