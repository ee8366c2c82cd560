"""How one row teaches: whole; a letter by its openings too; a short message also with places in front.

Openings teach a model of letters to read one line. Places in front teach it that names of places say nothing about who
must act: titles on the first day gained 1.6 points, letters 0.5.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from classifiers.lookup import Ints
from classifiers.pieces import Tokens

LEADS = (6, 12)
"""Words of the openings."""

LETTER = 40
"""Words from which a text is a letter that has an opening; half a chat message is no message."""

LEAD_WEIGHT = 0.2
"""What an opening counts beside a whole text. At 1 titles gain nothing more and letters lose a point."""

MESSAGE = 30
"""Words up to which a message is also learned with places in front; a letter names its places itself."""

PLACES = (1, 2, 2, 3)
"""How many stand in front, each number as likely as it is frequent here."""


MANY = 1_000
"""Names of places drawn at a time."""


class Kind(IntEnum):
    """What a view shows of its row."""

    WHOLE = 0
    LEAD = 1
    PLACED = 2


@dataclass(frozen=True, slots=True)
class Views:
    """One entry per view: its words, the row it is of, what it shows and what it counts beside the whole row."""

    documents: list[Tokens]
    source: Ints
    kind: Ints
    share: NDArray[np.float64]


def views(documents: Sequence[Tokens], messages: Sequence[int], seed: int) -> Views:
    """All documents, then their other views. Only `messages` (their numbers) have any: word lists are no texts."""
    places = _places(np.random.default_rng(seed))
    out: list[tuple[Tokens, int, Kind, float]] = [(words, i, Kind.WHOLE, 1.0) for i, words in enumerate(documents)]
    for i in messages:
        words = documents[i]
        if len(words) > LETTER:
            out += [(words[:n], i, Kind.LEAD, LEAD_WEIGHT) for n in LEADS]
        elif len(words) <= MESSAGE:
            out.append(([*next(places), *words], i, Kind.PLACED, 1.0))
    texts, source, kind, share = zip(*out, strict=True)
    return Views(list(texts), np.array(source), np.array(kind), np.array(share))


def _places(draw: np.random.Generator) -> Iterator[list[str]]:
    """What stands in front of one message after the other; drawn many at a time, which is a hundred times faster."""
    stems, ends = place_words()
    while True:
        counts = draw.choice(PLACES, MANY)
        names = zip(
            draw.integers(len(stems), size=counts.sum()), draw.integers(len(ends), size=counts.sum()), strict=True
        )
        for count in counts.tolist():
            yield [word for stem, end in islice(names, count) for word in (stems[stem], ends[end])]


@cache
def place_words() -> tuple[list[str], list[str]]:
    """What names of places begin and end with."""
    words = tomllib.loads(files("classifiers").joinpath("lexicons/places.toml").read_text("utf-8"))
    return words["stems"].split(), words["ends"].split()
