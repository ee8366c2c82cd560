"""In how many documents each run of words or characters stands, counted batch by batch; rare ones may be forgotten."""

import numpy as np

from classifiers.lookup import Ints
from classifiers.pieces import Owners, Pieces, Streams


class Vocabulary:
    """`keys`, rising, and `counts`. With `most`, runs seen once are forgotten when more than that are known, then those
    seen twice, and so on: who comes again is counted from then on (lossy counting; Manku and Motwani, 2002)."""

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.documents = 0
        self.keys, self.counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._new: list[tuple[Ints, Ints]] = []

    def add(self, pieces: Pieces) -> None:
        self.documents += len(pieces.counts)
        self._new.append(_counted(*Streams.of(pieces).runs()))
        if self.most and sum(len(keys) for keys, _ in self._new) > self.most // 2:
            self.merge()

    def merge(self) -> None:
        """Bring what was added into one."""
        parts, self._new = [(self.keys, self.counts), *self._new], []
        keys = np.concatenate([keys for keys, _ in parts])
        order = np.argsort(keys)
        keys, counts = keys[order], np.concatenate([counts for _, counts in parts])[order]
        first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
        self.keys, self.counts = keys[first], np.add.reduceat(counts, first) if len(first) else counts
        rare = 1
        while self.most and len(self.keys) > self.most:
            self.keep(self.counts > rare)
            rare += 1

    def keep(self, which: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> None:
        self.keys, self.counts = self.keys[which], self.counts[which]


def _counted(keys: Ints, owners: Owners) -> tuple[Ints, Ints]:
    """Each key once, with the number of documents it stands in."""
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    first = np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)]
    again = ~first & np.concatenate([[False], owners[1:] == owners[:-1]])[: len(keys)]
    if not len(keys):
        return keys, np.zeros(0, np.int64)
    return keys[first], np.add.reduceat(~again, np.flatnonzero(first), dtype=np.int64)
