"""Second stop of a text: its words 1–2 and characters 1–3 as weighted columns. Arrays in, arrays out, NumPy only.

Words and characters are both sequences of small numbers, so one packing serves both: a run of n numbers of 21 bits
is one 64-bit key, the vocabulary is the sorted keys, and a lookup is a binary search.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Tokens = Sequence[str]

BITS = 21
"""Enough for every Unicode code point and for two million words; three of them fit one 64-bit key."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """Sparse rows in the usual compressed form: row i holds columns[starts[i]:starts[i + 1]] and their values."""

    starts: Ints
    columns: Ints
    values: Floats

    @property
    def count(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Ints:
        """How many columns each row has."""
        return np.diff(self.starts)

    def take(self, numbers: Sequence[int]) -> "Sparse":
        """Only these rows, in this order."""
        spans = [np.arange(self.starts[i], self.starts[i + 1]) for i in numbers]
        places = np.concatenate(spans) if spans else np.zeros(0, dtype=np.int64)
        return Sparse(np.cumsum([0, *map(len, spans)]), self.columns[places], self.values[places])


def grams(numbers: Ints, owner: Ints, longest: int) -> tuple[Ints, Ints]:
    """Every run of 1…longest numbers as one key, with the document it stands in. 0 is a break: no run crosses it."""
    keys, owners = [], []
    key, whole = np.zeros_like(numbers), np.ones(len(numbers), dtype=bool)
    for n in range(longest):
        end = max(len(numbers) - n, 0)
        key = (key[:end] << BITS) | numbers[n:]
        whole = whole[:end] & (numbers[n:] > 0)
        keys.append(key[whole])
        owners.append(owner[:end][whole])
    return np.concatenate(keys), np.concatenate(owners)


def characters(texts: Iterable[str]) -> tuple[Ints, Ints]:
    """Code points of all texts with the number of their text; each text begins with a break."""
    parts = ["\0" + text for text in texts]
    codes = np.frombuffer("".join(parts).encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    return codes, np.repeat(np.arange(len(parts)), [len(p) for p in parts])


class Block:
    """One kind of column: runs of numbers up to `longest`, kept when at least `least` documents have them.

    Learned: `keys_` (int64, sorted) and `idf_` (float32), one entry per column.
    """

    def __init__(self, longest: int, least: int) -> None:
        self.longest = longest
        self.least = least
        self.keys_: Ints = np.zeros(0, dtype=np.int64)
        self.idf_: Floats = np.zeros(0, dtype=np.float32)

    def fit(self, numbers: Ints, owner: Ints, documents: int) -> Self:
        keys, owners = grams(numbers, owner, self.longest)
        order = np.argsort(keys, kind="stable")  # owners came in order and so stay in order within a key
        keys, owners = keys[order], owners[order]
        first = np.diff(keys, prepend=-1) != 0
        frequency = np.add.reduceat(first | (np.diff(owners, prepend=-1) != 0), np.flatnonzero(first), dtype=np.int64)
        keep = frequency >= self.least
        self.keys_ = keys[first][keep]
        self.idf_ = (np.log((1 + documents) / (1 + frequency[keep])) + 1).astype(np.float32)
        return self

    def transform(self, numbers: Ints, owner: Ints, documents: int) -> tuple[Ints, Ints, Floats]:
        """(document, column, value) of every known run; each document's values have length one."""
        keys, owners = grams(numbers, owner, self.longest)
        places = np.searchsorted(self.keys_, keys)
        places[places == len(self.keys_)] = 0
        hit = self.keys_[places] == keys if len(self.keys_) else np.zeros(len(keys), dtype=bool)
        width = max(len(self.keys_), 1)
        pairs, counts = np.unique(owners[hit] * width + places[hit], return_counts=True)
        rows, columns = pairs // width, pairs % width
        values = (1 + np.log(counts)) * self.idf_[columns]
        norms = np.sqrt(np.bincount(rows, weights=values * values, minlength=documents))
        return rows, columns, (values / norms[rows]).astype(np.float32)


class Features:
    """Word and character columns of a list of texts already cut into words.

    Learned: `words_` (the words known, in order of their number from 1) and the two blocks.
    """

    def __init__(self, least_words: int = 2, least_characters: int = 3) -> None:
        self.word_block = Block(2, least_words)
        self.character_block = Block(3, least_characters)
        self.know([])

    def fit(self, documents: Sequence[Tokens]) -> Self:
        self.know(sorted(set(chain.from_iterable(documents)) - {""}))
        self.word_block.fit(*self._words(documents), len(documents))
        self.character_block.fit(*characters(map(_joined, documents)), len(documents))
        return self

    def know(self, words: list[str]) -> None:
        """Take these as the words there are; their order is their number."""
        self.words_: list[str] = words
        self._number = {word: n for n, word in enumerate(words, 1)}

    @property
    def width(self) -> int:
        """How many columns a row has."""
        return len(self.word_block.keys_) + len(self.character_block.keys_)

    def transform(self, documents: Sequence[Tokens]) -> Sparse:
        n = len(documents)
        words = self.word_block.transform(*self._words(documents), n)
        signs = self.character_block.transform(*characters(map(_joined, documents)), n)
        rows = np.concatenate([words[0], signs[0]])
        order = np.argsort(rows, kind="stable")
        columns = np.concatenate([words[1], signs[1] + len(self.word_block.keys_)])[order]
        values = np.concatenate([words[2], signs[2]])[order]
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
        return Sparse(starts, columns, values)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything learned, as plain arrays: the words joined by line ends in UTF-8, keys and weights as they are."""
        return {
            "words": np.frombuffer("\n".join(self.words_).encode(), dtype=np.uint8),
            "word_keys": self.word_block.keys_,
            "word_idf": self.word_block.idf_,
            "character_keys": self.character_block.keys_,
            "character_idf": self.character_block.idf_,
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take what `arrays` gave; ValueError when lengths do not fit."""
        self.know(arrays["words"].tobytes().decode().split("\n"))
        for name, block in (("word", self.word_block), ("character", self.character_block)):
            block.keys_, block.idf_ = arrays[f"{name}_keys"], arrays[f"{name}_idf"]
            if block.keys_.shape != block.idf_.shape or block.keys_.ndim != 1:
                raise ValueError(f"{name} keys and weights differ in length")

    def name(self, column: int) -> str:
        """What people see for a column: the word, the two words, or the characters."""
        split = len(self.word_block.keys_)
        if column < split:
            return "".join(self.words_[n - 1] for n in _unpacked(int(self.word_block.keys_[column])))
        return "".join(map(chr, _unpacked(int(self.character_block.keys_[column - split]))))

    def _words(self, documents: Sequence[Tokens]) -> tuple[Ints, Ints]:
        number = self._number
        flat = [n for tokens in documents for n in chain((0,), (number.get(w, 0) for w in tokens))]
        owner = np.repeat(np.arange(len(documents)), [len(tokens) + 1 for tokens in documents])
        return np.array(flat, dtype=np.int64), owner


def _joined(tokens: Tokens) -> str:
    """The characters of the words, breaks kept as breaks."""
    return "".join(word or "\0" for word in tokens)


def _unpacked(key: int) -> list[int]:
    """The numbers a key was packed from, first one first."""
    numbers = []
    while key:
        numbers.append(key & ((1 << BITS) - 1))
        key >>= BITS
    return numbers[::-1]
