"""Second stop of a text: its words 1–2 and characters 1–3 as weighted columns. Arrays in, arrays out, NumPy only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from classifiers.lookup import Ints, Lookup
from classifiers.pieces import Pieces, Streams, Tokens, of_words, shown, spelled
from classifiers.vocabulary import Vocabulary

Floats = NDArray[np.float32]

BATCH = 256
"""Documents looked at together: their arrays stay in the processor's cache, and memory flat."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """Sparse rows in the usual compressed form: row i holds columns[starts[i]:starts[i + 1]] and their values."""

    starts: Ints
    columns: Ints
    values: Floats

    @classmethod
    def stacked(cls, parts: Sequence["Sparse"]) -> "Sparse":
        """The rows of all parts, one below the other."""
        if len(parts) == 1:
            return parts[0]
        lengths = np.concatenate([np.zeros(1, np.int64), *(part.lengths for part in parts)])
        columns = [np.zeros(0, np.int64), *(part.columns for part in parts)]
        values = [np.zeros(0, np.float32), *(part.values for part in parts)]
        return cls(np.cumsum(lengths), np.concatenate(columns), np.concatenate(values))

    @property
    def count(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Ints:
        """How many columns each row has."""
        return self.starts[1:] - self.starts[:-1]

    def take(self, numbers: Sequence[int] | Ints) -> "Sparse":
        """Only these rows, in this order."""
        chosen = np.asarray(numbers, dtype=np.int64)
        lengths = self.lengths[chosen]
        starts = np.zeros(len(chosen) + 1, dtype=np.int64)
        lengths.cumsum(out=starts[1:])
        places = np.arange(starts[-1]) + np.repeat(self.starts[chosen] - starts[:-1], lengths)
        return Sparse(starts, self.columns[places], self.values[places])

    def only(self, columns: Ints) -> "Sparse":
        """Only these columns (rising numbers), each now called by its place among them."""
        if not len(columns):
            return Sparse(np.zeros_like(self.starts), self.columns[:0], self.values[:0])
        places = columns.searchsorted(self.columns)
        places[places == len(columns)] = 0
        kept = np.flatnonzero(columns.take(places) == self.columns)
        return Sparse(kept.searchsorted(self.starts), places.take(kept), self.values.take(kept))


class Features:
    """Word and character columns of texts cut into pieces.

    Learned: `keys_` (int64, rising, words first; one per column), `idf_` (float32) and `spelled_`, what the columns of
    words are spelled like. A column is kept when at least `least_words` or `least_characters` documents have it.
    """

    def __init__(self, least_words: int = 2, least_characters: int = 3) -> None:
        self.least = least_words, least_characters
        self.know(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32), "")

    def fit(self, documents: Sequence[Tokens]) -> Self:
        seen = Vocabulary()
        for batch in _batches(documents):
            seen.add(Pieces.of(batch))
        self.choose(seen)
        for batch in _batches(documents):
            pieces = Pieces.of(batch)
            self.spell(pieces, Streams.of(pieces))
        return self

    def choose(self, seen: Vocabulary) -> None:
        """Take what stands often enough as columns, words not spelled yet."""
        seen.merge()
        seen.keep(seen.counts >= np.where(of_words(seen.keys), *self.least))
        idf = np.log((1 + seen.documents) / (1 + seen.counts)) + 1
        self.know(seen.keys, idf.astype(np.float32), "\n" * int(of_words(seen.keys).sum()))
        self._unspelled = np.ones(self._words, dtype=np.bool_)

    def spell(self, pieces: Pieces, streams: Streams) -> None:
        """Learn from these texts what columns of words are spelled like."""
        for count, (keys, first) in enumerate(streams.word_runs(), 1):
            found, columns = self._lookup.find(keys)
            fresh = np.flatnonzero(self._unspelled.take(columns))
            words = spelled(pieces, first[found[fresh]], count) if len(fresh) else []
            for column, word in zip(columns[fresh].tolist(), words, strict=True):
                self.spelled_[column] = word
            self._unspelled[columns] = False

    def know(self, keys: Ints, idf: Floats, spelling: str) -> None:
        """Take these as all that is known; ValueError unless keys rise and each has its weight, each word its face."""
        if keys.ndim != 1 or keys.shape != idf.shape or (keys[1:] <= keys[:-1]).any():
            raise ValueError("the keys of a vocabulary rise, and each has one weight")
        self._words = int(np.count_nonzero(of_words(keys)))
        if spelling.count("\n") != self._words:
            raise ValueError("every column of words is spelled, each on a line")
        self.keys_, self.idf_, self._lookup = keys, idf, Lookup(keys)
        self._spelling, self._spelled = spelling, list[str]()

    @property
    def spelled_(self) -> list[str]:
        """What each column of words is spelled like, words with a space between; only explanations ask for it."""
        if not self._spelled:
            self._spelled = self._spelling.split("\n")[:-1]
        return self._spelled

    @property
    def width(self) -> int:
        """How many columns a row has."""
        return len(self.keys_)

    @property
    def words_(self) -> list[str]:
        """The single words that have a column."""
        return [face for face in self.spelled_ if " " not in face]

    def transform(self, documents: Sequence[Tokens]) -> Sparse:
        """The columns of documents cut before."""
        return Sparse.stacked([self.columns(Pieces.of(batch)) for batch in _batches(documents)])

    def columns(self, pieces: Pieces) -> Sparse:
        """Sublinear counts times idf; the words of a text and its characters each have length one."""
        keys, owners = Streams.of(pieces).runs()
        found, places = self._lookup.find(keys)
        pairs = (owners.take(found).astype(np.int64) << 32) | places
        pairs.sort()
        ends = np.flatnonzero(pairs[1:] != pairs[:-1])  # but the last
        edges = np.zeros(min(len(pairs), 1) + len(ends) + 1, dtype=np.int64)
        edges[1:-1], edges[-1] = ends + 1, len(pairs)
        times = (edges[1:] - edges[:-1]).astype(np.float32)
        pairs = pairs.take(edges[:-1])
        rows, columns = pairs >> 32, pairs & 0xFFFFFFFF
        values = (1 + np.log(times)) * self.idf_.take(columns)
        halves = 2 * rows + (columns >= self._words)
        lengths = np.sqrt(np.bincount(halves, weights=values * values, minlength=2 * len(pieces.counts)))
        starts = np.searchsorted(rows, np.arange(len(pieces.counts) + 1))
        return Sparse(starts, columns, values / lengths.astype(np.float32).take(halves))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything learned, as plain arrays: spellings joined by line ends in UTF-8, keys and weights as they are."""
        words = np.frombuffer("\n".join([*self.spelled_, ""]).encode(), dtype=np.uint8)
        return {"words": words, "keys": self.keys_, "idf": self.idf_}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take what `arrays` gave; ValueError when lengths do not fit."""
        self.know(arrays["keys"], arrays["idf"], arrays["words"].tobytes().decode())

    def name(self, column: int) -> str:
        """What people see for a column: the word, the two words, or the characters."""
        if column < self._words:
            return self.spelled_[column].replace(" ", "")
        return shown(int(self.keys_[column]))


def _batches(documents: Sequence[Tokens]) -> Iterator[Sequence[Tokens]]:
    for start in range(0, max(1, len(documents)), BATCH):
        yield documents[start : start + BATCH]
