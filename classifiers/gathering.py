"""Which texts speak of one thing: each new one is held against all said before it in a window of time. Pure.

A text is the set of its runs of two and three characters, each weighing as much as it is rare. So the name of an
estate, which few texts have, outweighs 噪音扰民, which hundreds have: the same trouble at two estates is two issues.
The weights of the parts of a likeness were fitted once on letters of which people had said what belongs together;
see docs/warnings.md for how they were measured.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from classifiers.words import normalise

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Key = TypeVar("Key", bound=Hashable)

WINDOW = timedelta(days=60)
"""So long after its last text a group takes another in; the next one founds a new group."""

ENOUGH = -3.2
"""Log odds from which a text belongs to a group: below even ones, for a letter left alone is never part of a card.
On the letters, .4 more costs .02 of recall and gains as much precision."""

HEAD, BODY = 60, 160
"""Characters read of the first sentence and of what follows: who writes says within these what it is about."""

BUCKETS = 1 << 20
KEPT, MARKS = 200, 48
"""Runs of a text that are kept, and those of them it is looked up by; the rarest."""

CANDIDATES = 16
COMMON = 0.02
"""Runs of more than this share of all texts find nothing."""

BACKGROUND = 0.3
"""What a text of the background counts beside one that was said here."""

WEIGHTS = (4.88, 3.78, 3.39, 1.76, -0.27, -20.11)
"""Of what the group's heads have and the text says, what the text's head says and the group has, all they share, the
group's size, its silence, and one."""

_GREETING = re.compile(
    r"^(您好|你好|尊敬的?[^,，。!！:：\s]{0,10}|领导|各位领导|敬爱的[^,，。!！:：\s]{0,10}"
    r"|我?[要想来]?(投诉|反映|咨询|问)(一下|一?个问题)?(?=[,，。!！:：、\s])|请问(一下)?)[,，。!！:：、\s]*"
)
_ENDS = re.compile(r"[。！？!?；;\n\r]+")
_LETTERS = re.compile(r"[^\W_]+")
_FIRST = 8  # characters: a shorter first sentence says too little by itself


def sentences(text: str) -> list[str]:
    """What it says, without the greeting; the first is at least a few characters long where there are more."""
    said = [clean for part in _ENDS.split(text) if (clean := _greeted(part))]
    while len(said) > 1 and len(said[0]) < _FIRST:
        said[:2] = [f"{said[0]}，{said[1]}"]
    return said


def _greeted(part: str) -> str:
    part = " ".join(part.split()).strip(" ,，、:：")
    while (rest := _GREETING.sub("", part)) != part:
        part = rest
    return part


@dataclass(frozen=True, slots=True)
class Said:
    """A text as it is compared. `path`: where it is, from the widest area to the very place; empty when unknown."""

    head: Ints
    runs: Ints  # of all that was read, the head's too
    at: datetime
    path: tuple[str, ...] = ()


def read(text: str, at: datetime, path: Sequence[str] = ()) -> Said:
    head, runs = _head_and_all(text)
    return Said(head, runs, at, tuple(path))


def clearest(texts: Sequence[str]) -> int:
    """Which of some texts says most of what they have in common."""
    said = [_head_and_all(text)[1] for text in texts]
    runs, counts = np.unique(np.concatenate(said), return_counts=True)
    weights = (counts / len(said) * _rarity(counts, len(said))) ** 2
    return max(range(len(said)), key=lambda i: weights[np.searchsorted(runs, said[i])].sum())


def _head_and_all(text: str) -> tuple[Ints, Ints]:
    first, *others = sentences(text) or [""]
    head = _runs(normalise(first)[:HEAD])
    return head, np.union1d(head, _runs(normalise("。".join([first[HEAD:], *others]))[:BODY]))


def _runs(plain: str) -> Ints:
    """The runs of two and three letters as numbers of buckets, each once, in order."""
    found = [np.zeros(0, np.int64)]
    for piece in _LETTERS.findall(plain):
        codes = np.frombuffer(piece.encode("utf-32-le"), np.uint32).astype(np.int64)
        pairs = codes[:-1] * 0x9E3779B1 + codes[1:] * 0x85EBCA6B
        found += [pairs % 1048573, (pairs[:-1] * 31 + codes[2:] * 0xC2B2AE35) % 1048573]
    return np.unique(np.concatenate(found))


@dataclass(slots=True)
class _Group:
    """How many of its texts have each run: anywhere, and in the head."""

    runs: Ints
    whole: Floats
    head: Floats
    size: int
    last: datetime
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A text beside all groups: how rare each of its runs is, which are in its head, and what the head says in all."""

    said: Said
    rare: Floats
    in_head: NDArray[np.bool_]
    told: float


@dataclass(frozen=True)
class Likeness(Generic[Key]):
    key: Key
    value: float


@dataclass
class Gathering(Generic[Key]):
    """Groups of texts, by their keys, in memory. Not for two threads at once."""

    counts: NDArray[np.float32] = field(default_factory=lambda: np.zeros(BUCKETS, np.float32))
    texts: float = 0.0
    _groups: dict[int, _Group] = field(default_factory=dict)
    _slots: dict[Key, int] = field(default_factory=dict)
    _keys: list[Key] = field(default_factory=list)
    _under: dict[int, "array[int]"] = field(default_factory=lambda: defaultdict(lambda: array("I")))

    def __len__(self) -> int:
        return len(self._slots)

    def background(self, texts: Iterable[str]) -> "Gathering[Key]":
        """How people write in general, so that from the first text on 小区 is common and a name is not."""
        for text in texts:
            self.counts[_runs(normalise(text, HEAD + BODY))] += BACKGROUND
            self.texts += BACKGROUND
        return self

    def nearest(self, said: Said) -> Likeness[Key] | None:
        """The group it belongs to, or None when it is about something else."""
        mine = self._asked(said)
        best = max(((self._likeness(mine, slot), slot) for slot in self._candidates(mine)), default=None)
        return Likeness(self._keys[best[1]], best[0]) if best and best[0] >= ENOUGH else None

    def put(self, key: Key, said: Said) -> None:
        """One more text of this group, which may be new."""
        self.counts[said.runs] += 1
        self.texts += 1
        kept = self._rarest(said.runs, KEPT)
        head = np.intersect1d(kept, said.head, assume_unique=True)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = len(self._keys)
            self._keys.append(key)
            self._groups[slot] = _Group(
                kept, np.ones(len(kept)), np.isin(kept, head).astype(np.float64), 1, said.at, said.path
            )
            new = kept
        else:
            new = self._grow(self._groups[slot], kept, head, said)
        for run in self._rarest(new, MARKS).tolist():
            self._under[run].append(slot)

    def rare(self, word: str) -> float:
        """How much a word says, as a logarithm: 0 for what every text says."""
        return float(self._rarity(_runs(word)).mean())

    def _grow(self, group: _Group, kept: Ints, head: Ints, said: Said) -> Ints:
        """Returns the runs that the group did not have."""
        runs = np.union1d(group.runs, kept)
        whole, first = np.zeros(len(runs)), np.zeros(len(runs))
        before = np.searchsorted(runs, group.runs)
        whole[before], first[before] = group.whole, group.head
        whole[np.searchsorted(runs, kept)] += 1
        first[np.searchsorted(runs, head)] += 1
        group.size += 1
        group.last, group.path = max(group.last, said.at), _shared(group.path, said.path)
        new = np.setdiff1d(kept, group.runs, assume_unique=True)
        stays = whole >= 0.12 * group.size if group.size in (12, 24, 48, 96, 192, 384) else np.ones(len(runs), bool)
        group.runs, group.whole, group.head = runs[stays], whole[stays], first[stays]
        return new

    def _asked(self, said: Said) -> _Asked:
        rare, in_head = self._rarity(said.runs), np.isin(said.runs, said.head)
        told = (rare[in_head & (self.counts[said.runs] > 0)] ** 2).sum()
        return _Asked(said, rare, in_head, float(told))

    def _candidates(self, mine: _Asked) -> list[int]:
        """Groups of the window with which it shares most of what is rare."""
        said = mine.said
        few = self.counts[said.runs] <= max(30.0, COMMON * self.texts)
        weight = np.where(mine.in_head, mine.rare, 0.4 * mine.rare)
        lists, weights = [], []
        for run, heavy in zip(said.runs[few].tolist(), weight[few].tolist(), strict=True):
            if (slots := self._under.get(run)) is not None:
                lists.append(np.array(slots))
                weights.append(heavy)
        if not lists:
            return []
        sums = np.bincount(np.concatenate(lists), np.repeat(weights, [len(one) for one in lists]))
        most = min(4 * CANDIDATES, len(sums))
        best = np.argpartition(-sums, most - 1)[:most]
        ordered = best[np.argsort(-sums[best], kind="stable")].tolist()
        recent = [slot for slot in ordered if sums[slot] and said.at - self._groups[slot].last <= WINDOW]
        return recent[:CANDIDATES]

    def _likeness(self, mine: _Asked, slot: int) -> float:
        """Log odds that it is of the group: of three shares of what is rare, the group's size and its silence."""
        said, group = mine.said, self._groups[slot]
        if not len(group.runs):  # of many texts that share nothing
            return float("-inf")
        theirs = np.searchsorted(group.runs, said.runs)
        theirs[theirs == len(group.runs)] = 0
        both = group.runs[theirs] == said.runs
        theirs, rare, in_head = theirs[both], mine.rare[both], mine.in_head[both]
        whole, head = group.whole[theirs] / group.size, group.head[theirs] / group.size
        weights = (group.head / group.size * self._rarity(group.runs)) ** 2
        covered = weights[theirs].sum() / max(weights.sum(), 1e-9)
        told = (rare**2 * whole * in_head).sum() / max(mine.told, 1e-9)
        evidence = (rare * np.where(in_head, whole, head)).sum()
        silence = (said.at - group.last).days
        parts = (covered, told, np.log1p(evidence), min(2.0, np.log(group.size)), np.log1p(max(silence, 0)), 1.0)
        return float(np.dot(parts, WEIGHTS)) + _nearness(said.path, group.path)

    def _rarity(self, runs: Ints) -> Floats:
        return _rarity(self.counts[runs], self.texts)

    def _rarest(self, runs: Ints, most: int) -> Ints:
        """In order of their numbers, as they came."""
        if len(runs) <= most:
            return runs
        return np.sort(runs[np.argpartition(self.counts[runs], most)[:most]])


def _rarity(counts: NDArray[Any], texts: float) -> Floats:
    rarity: Floats = np.log((texts + 1.0) / (counts + 0.5)).astype(np.float64)
    return rarity.clip(0.0)


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """What both are in; where one does not know, what the other knows."""
    if not one or not other:
        return one or other
    common = 0
    while common < min(len(one), len(other)) and one[common] == other[common]:
        common += 1
    return one[:common]


_SAME, _OTHER = (0.0, 0.0, 0.5, 2.0, 4.0), (-12.0, -9.0, -4.0, -1.0)
"""By how many levels (street, community, grid, place) two have in common: where all are, and where they part then."""


def _nearness(mine: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    """A place that is known on both sides speaks for or against; on one side only it says little."""
    if not mine or not theirs:
        return -1.0 if mine or theirs else 0.0
    common = len(_shared(mine, theirs))
    parted = common < min(len(mine), len(theirs))
    return _OTHER[min(common, 3)] if parted else _SAME[min(common, 4)]
