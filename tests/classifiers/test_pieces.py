"""Runs of words and characters as keys: none crosses a break, and no two that differ share a key."""

from collections import Counter

import numpy as np

from classifiers import firstday
from classifiers.pieces import Pieces, Streams, of_words, shown, spelled, word_keys
from classifiers.words import segmenter, tokens

TEXTS = ["小区的电梯，坏了！", "Wi-Fi 6", "", "路灯\n路灯"]


def said(documents: list[list[str]]) -> Counter[tuple[int, str]]:
    """(text, run) as plain Python has them; runs of words with a space between."""
    found: Counter[tuple[int, str]] = Counter()
    for i, words in enumerate(documents):
        signs = "".join(word or "\0" for word in words)
        runs = [words[a : a + n] for n in (1, 2) for a in range(len(words) - n + 1)]
        found.update((i, "w " + " ".join(run)) for run in runs if all(run))
        runs_of_signs = [signs[a : a + n] for n in (1, 2, 3) for a in range(len(signs) - n + 1)]
        found.update((i, "c " + run) for run in runs_of_signs if "\0" not in run)
    return found


def read(pieces: Pieces) -> Counter[tuple[int, str]]:
    """The same as the arrays have it."""
    streams = Streams.of(pieces)
    keys, owners = streams.runs()
    found = Counter((int(o), "c " + shown(int(k))) for k, o in zip(keys, owners, strict=True) if k > 0)
    for count, (_, first) in enumerate(streams.word_runs(), 1):
        faces = spelled(pieces, first, count)
        found.update((int(o), "w " + face) for o, face in zip(streams.word_owner[first], faces, strict=True))
    return found


def test_runs_of_texts_and_of_their_words_are_those_of_plain_python() -> None:
    cut = segmenter("rjieba")
    documents = [tokens(text, cut) for text in TEXTS]
    assert read(Pieces.cut(TEXTS, cut)) == read(Pieces.of(documents)) == said(documents)


def test_nothing_at_all_has_no_runs() -> None:
    for pieces in (Pieces.of([]), Pieces.of([[]]), Pieces.of([["", ""]])):
        assert [part.tolist() for part in Streams.of(pieces).runs()] == [[], []]


def test_words_of_our_corpus_have_keys_of_their_own() -> None:
    cut = segmenter("rjieba")
    words = sorted({word for row in firstday.rows() for word in tokens(row.text, cut)} - {""})
    keys = word_keys(words)
    assert len(np.unique(keys)) == len(words)
    assert of_words(keys).all()


def test_a_word_has_the_same_key_wherever_it_stands() -> None:
    words = ["电梯", "wifi", "坏", "垃圾" * 40]
    for before in ([], ["路灯", ""], ["电梯" * 900]):
        streams = Streams.of(Pieces.of([before + words]))
        keys, _ = next(iter(streams.word_runs()))
        assert keys[-4:].tolist() == word_keys(words).tolist()
