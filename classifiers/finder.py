"""Beside the stops: which of some entries a question asks for, by the words and characters it shares with them.

The columns are those of the classifier, weighed the same; no department is learned and nothing is trained. What stands
in no entry counts too: a question of which only “how do I” is known asks for none of them.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from classifiers.features import Features, Floats
from classifiers.lookup import Ints, Lookup
from classifiers.pieces import Pieces, Streams, of_words
from classifiers.words import segmenter

SEGMENTER = "rjieba"
BODY = 1.0
"""How much the whole of an entry says beside the one phrase of it that is nearest."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`phrases`: how people ask for it. `body`: all else it says."""

    code: str
    phrases: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class Near:
    """`score`: 0 where nothing is shared, about 1 for a phrase of the entry itself."""

    code: str
    score: float


class Finder:
    """Built from all entries at once; entries that change are a new one."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.codes = [entry.code for entry in entries]
        plain = plainer()
        phrases = [plain(phrase) for entry in entries for phrase in entry.phrases]
        asked = [plain("\n".join(entry.phrases)) for entry in entries]  # rare is what few are asked for by
        bodies = [f"{said}\n{plain(entry.body)}" for said, entry in zip(asked, entries, strict=True)]
        self._first = np.cumsum([0, *(len(entry.phrases) for entry in entries)])[:-1]
        self._segment = segmenter(SEGMENTER)
        self._features = Features(1, 1).fit([_tokens(Pieces.cut([text], self._segment)) for text in asked])
        self._lookup = Lookup(self._features.keys_)
        self._strange = float(np.log(1 + len(entries))) + 1  # the weight of what stands nowhere
        self._phrases = _Postings(self._features, Pieces.cut(phrases, self._segment))
        self._bodies = _Postings(self._features, Pieces.cut(bodies, self._segment))

    def near(self, text: str, most: int = 3) -> list[Near]:
        """The nearest entries, the nearest first."""
        if not self.codes:
            return []
        scores = self.scores(text)
        best = np.argsort(-scores, kind="stable")[:most]
        return [Near(self.codes[i], float(scores[i])) for i in best if scores[i] > 0]

    def scores(self, text: str) -> Floats:
        """One for each entry."""
        pieces = Pieces.cut([plainer()(text)], self._segment)
        row, known = self._features.columns(pieces), self._known(pieces)
        weights = row.values * known.take((~of_words(self._features.keys_.take(row.columns))).astype(np.int64))
        phrase = np.maximum.reduceat(self._phrases.times(row.columns, weights), self._first)
        return np.asarray((phrase + BODY * self._bodies.times(row.columns, weights)) / (2 + 2 * BODY))

    def _known(self, pieces: Pieces) -> Floats:
        """How much of the text's words and of its characters stands in any entry: a length each, 0 to 1."""
        keys = np.unique(Streams.of(pieces).runs()[0])
        found, places = self._lookup.find(keys)
        weights = np.full(len(keys), self._strange, dtype=np.float32)
        weights[found] = self._features.idf_.take(places)
        there = np.zeros(len(keys), dtype=np.bool_)
        there[found] = True
        return np.asarray([_share(weights, there, half) for half in (of_words(keys), ~of_words(keys))], np.float32)


class _Postings:
    """Rows by column: which rows have it, and how much."""

    def __init__(self, features: Features, pieces: Pieces) -> None:
        rows = features.columns(pieces)
        self.count = rows.count
        owners = np.repeat(np.arange(rows.count), rows.lengths)
        order = np.argsort(rows.columns, kind="stable")
        self.owners, self.values = owners[order], rows.values[order]
        self.starts = np.searchsorted(rows.columns[order], np.arange(features.width + 1))

    def times(self, columns: Ints, weights: Floats) -> NDArray[np.float64]:
        """The product of every row with one of these columns and weights."""
        lengths = self.starts[columns + 1] - self.starts[columns]
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self.starts[columns] - ends + lengths, lengths)
        values = self.values.take(places) * np.repeat(weights, lengths)
        return np.bincount(self.owners.take(places), values.astype(np.float64), self.count).astype(np.float64)


@cache
def plainer() -> Callable[[str], str]:
    """Replaces everyday words by what a window calls it, see lexicons/everyday.toml."""
    table = tomllib.loads(files("classifiers").joinpath("lexicons/everyday.toml").read_text("utf-8"))
    words: dict[str, str] = table["words"]
    known = "|".join(map(re.escape, sorted((*words, *words.values()), key=len, reverse=True)))
    found = re.compile(known)  # what is plain already stays: it may hold an everyday word
    return lambda text: found.sub(lambda one: words.get(one.group(), one.group()), text)


def _share(weights: Floats, there: NDArray[np.bool_], half: NDArray[np.bool_]) -> float:
    every, known = weights[half], weights[half & there]
    return float(np.sqrt((known @ known) / (every @ every))) if len(every) else 0.0


def _tokens(pieces: Pieces) -> list[str]:
    """Cut before, as `Features.fit` takes them."""
    return [piece if piece != "\n" else "" for piece in pieces.text.split("\0")[1:-1]]
