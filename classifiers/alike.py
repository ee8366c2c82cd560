"""Texts that say nearly the same: the second one teaches nothing new, and many of them teach too much."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from zlib import crc32

from classifiers.words import normalise

ALIKE = 0.8
"""Share of common runs of characters from which two texts are one."""

RUN = 3
MARKS = 6
"""Smallest hashes of a text under which it is looked up: two texts that are alike share one all but surely."""


def distinct(texts: Sequence[str], known: Iterable[str] = ()) -> list[int]:
    """Which of the texts to keep: each that is like none kept before it and like none of the `known` ones."""
    seen: dict[int, list[frozenset[int]]] = defaultdict(list)
    for text in known:
        _remember(seen, runs(text))
    kept = []
    for i, text in enumerate(texts):
        mine = runs(text)
        if not any(_alike(mine, other) for mark in _marks(mine) for other in seen[mark]):
            kept.append(i)
            _remember(seen, mine)
    return kept


def share(one: str, other: str) -> float:
    """How much of the shorter text stands in the other, by its runs of two and three characters: 0 to 1."""
    first, second = _short_runs(one), _short_runs(other)
    least = min(len(first), len(second))
    return len(first & second) / least if least else 0.0


def _short_runs(text: str) -> frozenset[str]:
    plain = "".join(c for c in normalise(text) if c.isalnum())
    return frozenset(plain[i : i + n] for n in (2, 3) for i in range(len(plain) - n + 1))


def runs(text: str) -> frozenset[int]:
    """Every run of RUN characters as a number; spaces and marks do not make a text another one."""
    plain = "".join(c for c in normalise(text) if c.isalnum())
    return frozenset(crc32(plain[i : i + RUN].encode()) for i in range(max(1, len(plain) - RUN + 1)))


def _remember(seen: dict[int, list[frozenset[int]]], mine: frozenset[int]) -> None:
    for mark in _marks(mine):
        seen[mark].append(mine)


def _marks(mine: frozenset[int]) -> list[int]:
    return sorted(mine)[:MARKS]


def _alike(a: frozenset[int], b: frozenset[int]) -> bool:
    return len(a & b) >= ALIKE * len(a | b)
