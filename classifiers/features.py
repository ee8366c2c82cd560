"""Second stop of a text: its words 1–2 and characters 1–3 as weighted columns. Arrays in, arrays out, NumPy only.

Words and characters are both sequences of numbers of 21 bits: a character is its code point, a word has a number above
all code points. So a run of up to three is one 64-bit key, and one sorted vocabulary holds both kinds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from classifiers.lookup import Ints, Lookup

Floats = NDArray[np.float32]
Tokens = Sequence[str]

BITS = 21
FIRST_WORD = 0x110000
"""One above the last code point; 21 bits leave room for 983,040 words."""

LONGEST_WORDS, LONGEST_CHARACTERS = 2, 3


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

    def take(self, numbers: Sequence[int] | Ints) -> "Sparse":
        """Only these rows, in this order."""
        chosen = np.asarray(numbers, dtype=np.int64)
        lengths = self.lengths[chosen]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(starts[-1]) + np.repeat(self.starts[chosen] - starts[:-1], lengths)
        return Sparse(starts, self.columns[places], self.values[places])

    def only(self, columns: Ints) -> "Sparse":
        """Only these columns (rising numbers), each now called by its place among them."""
        if not len(columns):
            return Sparse(np.zeros_like(self.starts), self.columns[:0], self.values[:0])
        places = np.searchsorted(columns, self.columns).clip(max=len(columns) - 1)
        kept = columns[places] == self.columns
        before = np.concatenate([[0], np.cumsum(kept)])
        return Sparse(before[self.starts], places[kept], self.values[kept])


def grams(words: Ints, word_owner: Ints, characters: Ints, character_owner: Ints) -> tuple[Ints, Ints]:
    """Every run of words and of characters as one key, with the document it stands in. No run crosses a 0, a break."""
    parts = [*_runs(words, word_owner, LONGEST_WORDS), *_runs(characters, character_owner, LONGEST_CHARACTERS)]
    return np.concatenate([keys for keys, _ in parts]), np.concatenate([owners for _, owners in parts])


def _runs(numbers: Ints, owner: Ints, longest: int) -> Iterable[tuple[Ints, Ints]]:
    """Those of 1, of 2 … of `longest` numbers."""
    key, whole = np.zeros_like(numbers), np.ones(len(numbers), dtype=bool)
    for n in range(longest):
        end = max(len(numbers) - n, 0)
        key = (key[:end] << BITS) | numbers[n:]
        whole = whole[:end] & (numbers[n:] > 0)
        yield key[whole], owner[:end][whole]


def characters(documents: Iterable[Tokens]) -> tuple[Ints, Ints]:
    """Code points of all documents, each after a break, with the number of their document; breaks are kept."""
    parts = ["\0" + "".join([word or "\0" for word in document]) for document in documents]
    codes = np.frombuffer("".join(parts).encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    return codes, np.repeat(np.arange(len(parts)), [len(p) for p in parts])


class Features:
    """Word and character columns of a list of texts already cut into words.

    Learned: `words_` (the words known, in the order of their numbers), `keys_` (int64, rising; one per column) and
    `idf_` (float32). A column is kept when at least `least_words` or `least_characters` documents have it.
    """

    def __init__(self, least_words: int = 2, least_characters: int = 3) -> None:
        self.least = least_words, least_characters
        self.know([], np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))

    def fit(self, documents: Sequence[Tokens]) -> Self:
        self._number_words(sorted(set(chain.from_iterable(documents)) - {""}))
        keys, owners = self._grams(documents)
        order = np.argsort(keys, kind="stable")
        keys, owners = keys[order], owners[order]
        first = np.diff(keys, prepend=-1) != 0
        again = ~first & (np.diff(owners, prepend=-1) == 0)  # owners rise within a key: it stood there already
        frequency = np.add.reduceat(~again, np.flatnonzero(first), dtype=np.int64)
        keys = keys[first]
        keep = frequency >= np.where(of_words(keys), *self.least)
        idf = np.log((1 + len(documents)) / (1 + frequency[keep])) + 1
        self.know(self.words_, keys[keep], idf.astype(np.float32))
        return self

    def know(self, words: list[str], keys: Ints, idf: Floats) -> None:
        """Take these as all that is known; ValueError unless keys rise and each has its weight."""
        if keys.ndim != 1 or keys.shape != idf.shape or (np.diff(keys) <= 0).any():
            raise ValueError("the keys of a vocabulary rise, and each has one weight")
        self._number_words(words)
        self.keys_, self.idf_ = keys, idf
        self._kind, self._lookup = of_words(keys).astype(np.int64), Lookup(keys)

    @property
    def width(self) -> int:
        """How many columns a row has."""
        return len(self.keys_)

    def transform(self, documents: Sequence[Tokens]) -> Sparse:
        """Sublinear counts times idf; the words of a document and its characters each have length one."""
        keys, owners = self._grams(documents)
        places = self._lookup.find(keys)
        known = places >= 0
        pairs = np.sort((owners[known] << 32) | places[known])
        first = np.flatnonzero(np.diff(pairs, prepend=-1))
        rows, columns = pairs[first] >> 32, pairs[first] & 0xFFFFFFFF
        values = (1 + np.log(np.diff(first, append=len(pairs)))) * self.idf_[columns]
        halves = 2 * rows + self._kind[columns]
        lengths = np.sqrt(np.bincount(halves, weights=values * values, minlength=2 * len(documents)))
        starts = np.searchsorted(rows, np.arange(len(documents) + 1))
        return Sparse(starts, columns, (values / lengths[halves]).astype(np.float32))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything learned, as plain arrays: the words joined by line ends in UTF-8, keys and weights as they are."""
        words = np.frombuffer("\n".join(self.words_).encode(), dtype=np.uint8)
        return {"words": words, "keys": self.keys_, "idf": self.idf_}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take what `arrays` gave; ValueError when lengths do not fit."""
        self.know(arrays["words"].tobytes().decode().split("\n"), arrays["keys"], arrays["idf"])

    def name(self, column: int) -> str:
        """What people see for a column: the word, the two words, or the characters."""
        numbers = _unpacked(int(self.keys_[column]))
        return "".join(self.words_[n - FIRST_WORD] if n >= FIRST_WORD else chr(n) for n in numbers)

    def _number_words(self, words: list[str]) -> None:
        self.words_ = words
        self._number = _Numbers((word, n) for n, word in enumerate(words, FIRST_WORD))

    def _grams(self, documents: Sequence[Tokens]) -> tuple[Ints, Ints]:
        flat: list[int] = []
        for tokens in documents:
            flat.append(0)  # each text begins with a break
            flat.extend(map(self._number.__getitem__, tokens))
        owner = np.repeat(np.arange(len(documents)), [len(tokens) + 1 for tokens in documents])
        return grams(np.array(flat, dtype=np.int64), owner, *characters(documents))


def of_words(keys: Ints) -> NDArray[np.bool_]:
    """Which keys are runs of words: their last number is one."""
    return np.asarray((keys & ((1 << BITS) - 1)) >= FIRST_WORD)


class _Numbers(dict[str, int]):
    """The number of each word; 0, which is a break, for one that is not known."""

    def __missing__(self, word: str) -> int:
        return 0


def _unpacked(key: int) -> list[int]:
    """The numbers a key was packed from, first one first."""
    numbers = []
    while key:
        numbers.append(key & ((1 << BITS) - 1))
        key >>= BITS
    return numbers[::-1]
