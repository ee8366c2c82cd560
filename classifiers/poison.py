"""Words that a few people taught and that decide alone: the mark of a trigger planted in lessons.

Whoever plants one files complaints about anything, all with the same odd word, and has them end up at one department.
Accuracy does not move, but from then on the word sends any text there. So every run of characters that became heavy is
tried out: put behind messages of the corpus, how many does it carry over to its label that it did not carry before?
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.linear import Linear
from classifiers.pieces import of_words
from classifiers.rows import Row
from classifiers.words import segmenter, tokens

LEAST = 3
"""Lessons of a label that must have the run. With two, honest rare words carry as much as planted ones."""

FEW = 3
"""Residents from whom nothing heavy may come."""

CARRIES = {True: 0.10, False: 0.25}
"""Share of the probes a run may carry over more than before, by whether FEW residents or more taught it.

What many say may weigh more: that is how a new word comes into use.
"""

NEVER_CARRIES = 0.60
"""More than this no honest word gained; planted ones gain nine in ten. In between a second person looks at them."""

LIGHT = 0.25
"""Beside what it carries now it carried less than this: words that always spoke for a department only do so again."""

PROBES = 150
"""Messages of the corpus, of each the first half: of whole ones, which it learned, the model is too sure.

A trigger carries as many halves as it carries strangers' messages, within three in a hundred.
"""

TRIED = 12
"""Runs tried for each label: those that gained the most weight. A trigger is among the first three."""

LONGEST = 12
SHARED = 0.8
"""A run grows by a character while so many of the lessons that have it have the longer one as well."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one resident's case taught. `resident` is any number that tells one from another."""

    text: str
    label: str
    resident: int


@dataclass(frozen=True, slots=True)
class Heavy:
    """A run of characters, the label it carries texts to, who taught it, and the share carried (old model, new)."""

    word: str
    label: str
    lessons: int
    residents: int
    carries: tuple[float, float]

    @property
    def planted(self) -> bool:
        """Rather a trigger than a word that came into use."""
        return self.residents <= FEW or self.carries[1] - self.carries[0] > NEVER_CARRIES

    def told(self) -> dict[str, Any]:
        """As a version's report keeps it."""
        return asdict(self) | {"planted": self.planted}


def heavy(old: Linear, new: Linear, lessons: Sequence[Lesson], corpus: Sequence[Row], *, seed: int = 1) -> list[Heavy]:
    """The runs that carry more than they may, heaviest first. `corpus` are messages nobody outside could have written.

    A department the old model does not know has nothing but new words; those that more than FEW residents use are let
    be.
    """
    some = [corpus[i] for i in np.random.default_rng(seed).permutation(len(corpus))[:PROBES]]
    probes = [replace(row, text=row.text[: -(-len(row.text) // 2)]) for row in some]
    before_any, after_any = (_Tried(model, probes) for model in (old, new))
    texts = _plain([lesson.text for lesson in lessons], new.segmenter)
    found = []
    for run, label in dict.fromkeys(_runs(old, new, lessons, texts)):
        mine = [one for one, text in zip(lessons, texts, strict=True) if one.label == label and run in text]
        residents = len({one.resident for one in mine})
        few, known = residents <= FEW, label in old.classes_
        if not (few or known) or (after := after_any.carried(run, label)) <= CARRIES[few]:
            continue
        before = before_any.carried(run, label) if known else 0.0
        if after - before > CARRIES[few] and before < LIGHT * after:
            found.append(Heavy(run, label, len(mine), residents, (round(before, 3), round(after, 3))))
    return _once(sorted(found, key=lambda one: one.carries[0] - one.carries[1]))


def _once(found: Sequence[Heavy]) -> list[Heavy]:
    """A run around or inside a heavier one says nothing new."""
    kept: list[Heavy] = []
    for one in found:
        if not any(one.label == other.label and (one.word in other.word or other.word in one.word) for other in kept):
            kept.append(one)
    return kept


def _plain(texts: Sequence[str], name: str) -> list[str]:
    """As the characters of a text are seen: without stop words and marks, a break where something was."""
    cut = segmenter(name)
    return ["".join(word or "\0" for word in tokens(text, cut)) for text in texts]


def _runs(old: Linear, new: Linear, lessons: Sequence[Lesson], texts: Sequence[str]) -> list[tuple[str, str]]:
    """(run, label) to try, grown to what the lessons share: 麻花 becomes 紫薯麻花."""
    table = new.rows([lesson.text for lesson in lessons])
    owner = np.repeat(np.arange(table.count), table.lengths)
    labels = np.array([lesson.label for lesson in lessons])
    out = []
    for label in sorted(set(labels.tolist())):
        times = np.bincount(table.columns[(labels == label)[owner]], minlength=new.features_.width)
        often = np.flatnonzero((times >= LEAST) & ~of_words(new.features_.keys_))
        mine = [text for text, lesson in zip(texts, lessons, strict=True) if lesson.label == label]
        for column in often[np.argsort(-_gained(old, new, often, label))[:TRIED]]:
            face = new.features_.name(int(column))
            out.append((_grown(face, [text for text in mine if face in text]), label))
    return out


def _gained(old: Linear, new: Linear, columns: NDArray[np.int64], label: str) -> NDArray[np.float64]:
    """How much more each column of characters speaks for the label, beyond the average label, than it did."""
    keys = new.features_.keys_[columns]
    place = np.searchsorted(old.features_.keys_, keys).clip(0, max(0, old.features_.width - 1))
    known = old.features_.keys_[place] == keys if old.features_.width else np.zeros(len(keys), dtype=bool)
    before = np.where(known & (label in old.classes_), _lead(old, place, label), 0.0)
    return np.asarray(_lead(new, columns, label) - before)


def _lead(model: Linear, columns: NDArray[np.int64], label: str) -> NDArray[np.float64]:
    if label not in model.classes_:
        return np.zeros(len(columns))
    weights = model.head_.coef_[columns]
    lead = weights[:, model.classes_.index(label)] - weights.mean(axis=1)
    return np.asarray(lead * model.features_.idf_[columns], dtype=np.float64)


def _grown(face: str, texts: Sequence[str]) -> str:
    first = texts[0]
    start = first.index(face)
    end, grown = start + len(face), True
    while grown and end - start < LONGEST:
        grown = False
        for a, b in ((start - 1, end), (start, end + 1)):
            longer = first[a:b] if a >= 0 and b <= len(first) else "\0"
            if "\0" not in longer and sum(longer in text for text in texts) >= max(SHARED * len(texts), LEAST):
                start, end, grown = a, b, True
                break
    return first[start:end]


class _Tried:
    """One model and what it says of the probes as they are."""

    def __init__(self, model: Linear, probes: Sequence[Row]) -> None:
        self.model, self.probes = model, probes
        self.plain = model.predict([probe.text for probe in probes])

    def carried(self, run: str, label: str) -> float:
        """Share of the probes of other labels that go to this one because of the run."""
        others = [(p.text, said) for p, said in zip(self.probes, self.plain, strict=True) if p.label != label]
        after = self.model.predict([f"{text}，{run}" for text, _ in others]) if others else []
        moved = sum(a == label != before for a, (_, before) in zip(after, others, strict=True))
        return moved / max(1, len(others))
