"""How many texts say much the same as each: groups that are one text, and neighbours that are of one kind. Pure.

Likeness is the share of common runs of three characters. Texts are looked up under their smallest hashes, a few
neighbours for each, so the time grows with the texts and not with their pairs.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from classifiers.alike import ALIKE, runs

MARKS = 6
LIKE = 0.05
"""From here on two texts are of one kind: of such pairs of letters three in five are for one department, of any one in
six. Clerks call more than that alike, but two messages about one thing rarely share more."""

NEIGHBOURS = 16
"""Texts under one mark that are compared: a phrase that stands in every letter would make it all pairs."""


@dataclass(frozen=True)
class Group:
    """Texts that are one, by their numbers; `density`: how many texts, these included, are of its kind."""

    members: Sequence[int]
    density: int


@dataclass(frozen=True, slots=True)
class Face:
    """A text as it is compared, with the smallest of its runs."""

    runs: frozenset[int]
    marks: Sequence[int]

    def like(self, other: "Face") -> float:
        common = len(self.runs & other.runs)
        return common / (len(self.runs) + len(other.runs) - common)


def groups(texts: Sequence[str]) -> list[Group]:
    """Every text in one group, in the order of their first texts."""
    heads, members = _gathered([_face(text) for text in texts])
    return [Group(group, density) for group, density in zip(members, _dense(heads, members), strict=True)]


def _gathered(faces: Sequence[Face]) -> tuple[list[Face], list[list[int]]]:
    """The first text of each group, and who is in it; one text are those of which only one would teach."""
    heads, members = list[Face](), list[list[int]]()
    under: dict[int, list[int]] = defaultdict(list)
    for i, mine in enumerate(faces):
        near = {head for mark in mine.marks for head in under[mark][-NEIGHBOURS:]}
        found = next((head for head in sorted(near) if mine.like(heads[head]) >= ALIKE), None)
        if found is not None:
            members[found].append(i)
            continue
        for mark in mine.marks:
            under[mark].append(len(heads))
        heads.append(mine)
        members.append([i])
    return heads, members


def _dense(heads: Sequence[Face], members: Sequence[Sequence[int]]) -> list[int]:
    """The texts of each group and of those like it."""
    under: dict[int, list[int]] = defaultdict(list)
    for i, mine in enumerate(heads):
        for mark in mine.marks:
            under[mark].append(i)
    dense = [len(group) for group in members]
    for i, mine in enumerate(heads):
        for j in {j for mark in mine.marks for j in _nearest(under[mark], i) if j > i}:
            if mine.like(heads[j]) >= LIKE:
                dense[i] += len(members[j])
                dense[j] += len(members[i])
    return dense


def _nearest(places: Sequence[int], i: int) -> Sequence[int]:
    """Those told about the same time, half before and half after."""
    if len(places) <= NEIGHBOURS:
        return places
    at = min(max(bisect_left(places, i) - NEIGHBOURS // 2, 0), len(places) - NEIGHBOURS)
    return places[at : at + NEIGHBOURS]


def _face(text: str) -> Face:
    mine = runs(text)
    return Face(mine, sorted(mine)[:MARKS])
