"""Texts cut into pieces, many at once, and their runs of words and characters as 64-bit keys. NumPy only.

A run of up to three characters is their code points, 21 bits each. A word is a hash of its letters, and a run of words
is a hash of theirs; the sign bit tells both from characters. Nothing here loops over words in Python.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from classifiers.lookup import Ints
from classifiers.words import Segment, codes, normalised, stopwords

Tokens = Sequence[str]
Hashes = NDArray[np.uint64]
Owners = NDArray[np.int32]
Runs = tuple[Ints, NDArray[np.bool_]]
"""Keys beginning at each place, and which of them cross no break."""

BITS = 21
LONGEST_WORDS, LONGEST_CHARACTERS = 2, 3

END, BREAK = "\0", "\n"
"""No normalised text has the first; the second is any piece without letters."""

WORDS = np.uint64(1 << 63)
"""The bit that only keys of words have."""

BASE = 0xD1342543DE82EF95  # of the polynomial that hashes a word (Steele and Vigna, 2021)
NEXT = np.uint64(0xAF251AF3B0F025B5)  # what a word is multiplied with before the one after it (the same)


@dataclass(frozen=True, slots=True)
class Pieces:
    """All pieces of some texts in order, each followed by END; how many each text has, and of how many characters.

    The first piece of a text is a BREAK.
    """

    text: str
    counts: list[int]
    sizes: list[int]

    @classmethod
    def cut(cls, texts: Sequence[str], segment: Segment) -> "Pieces":
        """Whole texts, normalised and cut, without stop words; spaces and marks are pieces too."""
        stop = stopwords()
        return cls._of([BREAK, *[piece for piece in segment(text) if piece not in stop]] for text in normalised(texts))

    @classmethod
    def of(cls, documents: Iterable[Tokens]) -> "Pieces":
        """Documents that were cut before, a "" being a break. Gives the same runs as their texts do."""
        return cls._of([BREAK, *(word or BREAK for word in document)] for document in documents)

    @classmethod
    def _of(cls, cut: Iterable[list[str]]) -> "Pieces":
        texts, counts = [], []
        for mine in cut:
            texts.append(END.join(mine) + END)
            counts.append(len(mine))
        return cls("".join(texts), counts, list(map(len, texts)))


@dataclass(frozen=True, slots=True)
class Streams:
    """The words and the characters of some texts as two rows of numbers, 0 for a break, each with its text's number.

    A word is a hash of its letters, a character its code point.
    """

    words: Hashes
    word_owner: Owners
    characters: Ints
    character_owner: Owners

    @classmethod
    def of(cls, pieces: Pieces) -> "Streams":
        points = codes(pieces.text)
        letter = letters().take(points)
        ends = np.flatnonzero(points == 0)
        words = hashes(points, letter, ends)
        texts = np.arange(len(pieces.counts), dtype=np.int32)
        marks = np.flatnonzero(words == 0)
        shown = letter.copy()
        shown[ends.take(marks)] = True  # the END of a mark stands for the break it is
        kept = np.flatnonzero(shown)
        characters = (points * letter).take(kept).astype(np.int64)
        return cls(words, texts.repeat(pieces.counts), characters, texts.repeat(pieces.sizes).take(kept))

    def runs(self) -> tuple[Ints, Owners]:
        """Every run of words and of characters as one key, with its text's number. No run crosses a break."""
        words, characters = self._runs_of_words(), self._runs_of_characters()
        owners = [self.word_owner[: len(keys)] for keys, _ in words]
        owners += [self.character_owner[: len(keys)] for keys, _ in characters]
        whole = np.concatenate([whole for _, whole in (*words, *characters)])
        return np.concatenate([keys for keys, _ in (*words, *characters)])[whole], np.concatenate(owners)[whole]

    def word_runs(self) -> Iterable[tuple[Ints, Ints]]:
        """Keys of single words, then of two neighbours, each with the place of its first word in `words`."""
        for keys, whole in self._runs_of_words():
            yield keys[whole], np.flatnonzero(whole)

    def _runs_of_words(self) -> list[Runs]:
        words, some = self.words, self.words > 0
        one, two = words | WORDS, words[:-1] * NEXT + words[1:] | WORDS
        return [(one.view(np.int64), some), (two.view(np.int64), some[:-1] & some[1:])]

    def _runs_of_characters(self) -> list[Runs]:
        one, some = self.characters, self.characters > 0
        two, both = (one[:-1] << BITS) | one[1:], some[:-1] & some[1:]
        return [(one, some), (two, both), ((two[:-1] << BITS) | one[2:], both[:-1] & some[2:])]


def hashes(points: NDArray[np.uint32], letter: NDArray[np.bool_], ends: Ints) -> Hashes:
    """One number for each piece, given where it ends: Σ letter · BASEⁱ mod 2⁶⁴; 0 for a piece without letters.

    As differences of running sums, so that all pieces cost one pass: a piece that begins after n letters is BASEⁿ times
    too heavy, which is taken back.
    """
    said = points[letter].astype(np.uint64)
    powers, inverse = _powers(len(said).bit_length())
    sums = np.zeros(len(said) + 1, dtype=np.uint64)
    np.cumsum(said * powers[: len(said)], out=sums[1:])
    after = np.cumsum(letter).take(ends)
    before = np.zeros_like(after)
    before[1:] = after[:-1]
    return np.asarray((sums.take(after) - sums.take(before)) * inverse.take(before))


@cache
def _powers(bits: int) -> tuple[Hashes, Hashes]:
    """The first 2ᵇⁱᵗˢ powers of BASE, and of its inverse."""
    return _power(BASE, 1 << bits), _power(pow(BASE, -1, 1 << 64), 1 << bits)


def _power(base: int, count: int) -> Hashes:
    out = np.full(count, base, dtype=np.uint64)
    out[0] = 1
    return np.asarray(np.multiply.accumulate(out))


@cache
def letters() -> NDArray[np.bool_]:
    """Which code points are letters or digits; all else is a mark."""
    return np.asarray(np.char.isalnum(np.arange(0x110000, dtype=np.uint32).view("U1")))


def word_keys(words: Sequence[str]) -> Ints:
    """The keys of these words."""
    return np.asarray((Streams.of(Pieces.of([words])).words[1:] | WORDS).view(np.int64))


def of_words(keys: Ints) -> NDArray[np.bool_]:
    """Which keys are runs of words."""
    return np.asarray(keys < 0)


def shown(key: int) -> str:
    """The characters a key of characters was made from."""
    numbers = []
    while key:
        numbers.append(key & ((1 << BITS) - 1))
        key >>= BITS
    return "".join(map(chr, reversed(numbers)))


def spelled(pieces: Pieces, first: Ints, count: int) -> list[str]:
    """What runs of `count` words, beginning at the `first` of all pieces, are spelled like, a space between."""
    every = pieces.text.split(END)
    words = [[every[i] for i in (first + n).tolist()] for n in range(count)]
    return [" ".join("".join(filter(str.isalnum, word)) for word in run) for run in zip(*words, strict=True)]
