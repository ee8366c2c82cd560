"""Beside the stops: what a message wants (投诉 求助 咨询 建议 举报 表扬), whatever it is about.

A small model of its own. It reads characters with marks, both ends of the text, and the first and last clause once
more: what somebody wants stands mostly there, in the very words that the stops drop (请问, 希望, 谢谢, “？”). It knows
no departments, so it ships with the program and no town trains it again.
"""

import io
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from classifiers.words import normalise

KINDS = ("complaint", "help", "question", "suggestion", "report", "praise")

FILE = "kinds.npz"

LONGEST = 3
"""Characters of a run. Four gain nothing; words as well lose a point: they say what it is about."""

SHORT = 2
"""The same, within the first and the last clause."""

BEGINNING, END, FIRST, LAST = "\x02", "\x03", "\x05", "\x06"
"""Both ends of a text, and what marks a run of its first or last clause. `normalise` leaves none of them in a text."""

_CLAUSES = re.compile("[,。!?;:、]+")


@dataclass(frozen=True, slots=True)
class Example:
    """One message of classifiers/corpus_kinds.toml."""

    text: str
    kind: str
    department: str


@dataclass(frozen=True, slots=True)
class Kinds:
    """A softmax over runs of characters. `sure`: below it no kind is named."""

    columns: dict[str, int]
    idf: NDArray[np.float32]
    coef: NDArray[np.float32]  # kinds × columns
    intercept: NDArray[np.float32]
    sure: float
    learned: str  # sha256 of the examples

    def of(self, text: str) -> str | None:
        """What the text wants, None where that is not clear."""
        chances = self.chances(text)
        best = int(chances.argmax())
        return KINDS[best] if chances[best] >= self.sure else None

    def chances(self, text: str) -> NDArray[np.float64]:
        """One probability for each of KINDS; they sum to one."""
        places, values = weighed(runs(text), self.columns, self.idf)
        scores = (self.coef[:, places] @ values + self.intercept).astype(np.float64)
        powers = np.exp(scores - scores.max())
        return np.asarray(powers / powers.sum())


def runs(text: str) -> Counter[str]:
    """How often each run stands in the text; spaces are no characters."""
    plain = "".join(normalise(text).split())
    out = Counter(_runs(BEGINNING + plain + END, LONGEST))
    if len(clauses := [clause for clause in _CLAUSES.split(plain) if clause]) > 1:
        out.update(FIRST + run for run in _runs(clauses[0], SHORT))
        out.update(LAST + run for run in _runs(clauses[-1], SHORT))
    return out


def _runs(text: str, longest: int) -> Iterator[str]:
    return (text[i : i + n] for n in range(1, longest + 1) for i in range(len(text) - n + 1))


def weighed(
    counts: Counter[str], columns: dict[str, int], idf: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Known columns and their values: sublinear counts times idf, of length one."""
    known = {columns[run]: count for run, count in counts.items() if run in columns}
    places = np.fromiter(known, np.int64, len(known))
    values = (1 + np.log(np.fromiter(known.values(), np.float32, len(known)))) * idf[places]
    return places, np.asarray(values / max(float(np.linalg.norm(values)), 1e-9), dtype=np.float32)


def kind(text: str) -> str | None:
    """One of KINDS, or None where it is not clear."""
    return shipped().of(text)


@cache
def shipped() -> Kinds:
    """The model that lies beside this file."""
    return unpacked(files("classifiers").joinpath(FILE).read_bytes())


def packed(model: Kinds) -> bytes:
    facts = json.dumps({"kinds": KINDS, "sure": model.sure, "learned": model.learned})
    out = io.BytesIO()
    np.savez_compressed(
        out,
        allow_pickle=False,
        columns=np.frombuffer("\n".join(model.columns).encode(), np.uint8),
        idf=model.idf.astype(np.float16),
        coef=model.coef.astype(np.float16),
        intercept=model.intercept,
        facts=np.frombuffer(facts.encode(), np.uint8),
    )
    return out.getvalue()


def unpacked(data: bytes) -> Kinds:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        facts = json.loads(arrays["facts"].tobytes())
        names = arrays["columns"].tobytes().decode().split("\n")
        idf, coef = arrays["idf"].astype(np.float32), arrays["coef"].astype(np.float32)
        columns = {name: i for i, name in enumerate(names)}
        return Kinds(columns, idf, coef, arrays["intercept"], facts["sure"], facts["learned"])


def examples() -> Sequence[Example]:
    """All messages of the corpus of kinds, in file order."""
    table = tomllib.loads(files("classifiers").joinpath("corpus_kinds.toml").read_text("utf-8"))
    return [
        Example(text, kind, department)
        for department, kinds in table.items()
        for kind, texts in kinds.items()
        for text in texts
    ]
