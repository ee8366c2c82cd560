"""Where each of many 64-bit keys stands in a vocabulary: one table in NumPy, faster than a binary search."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

ROOM = 2
"""Slots per key, at least. With fewer more keys share one, with more the table outgrows the processor's cache."""

MIX = np.uint64(0x9E3779B97F4A7C15)
"""2⁶⁴ over the golden ratio (Knuth, vol. 3, 6.4): neighbouring keys land far apart."""


class Lookup:
    """Built once from distinct keys. They lie in the order of their mixed values, whose first bits are the slot; so
    the few keys of one slot are neighbours, and the slot knows the first of them."""

    def __init__(self, keys: Ints) -> None:
        mixed = keys.view(np.uint64) * MIX
        order = np.argsort(mixed)
        bits = max(4, (ROOM * len(keys)).bit_length())
        self.shift = np.uint64(64 - bits)
        self.order = order.astype(np.int32)
        self.mixed = np.append(mixed[order], ~np.uint64(0))  # which stops every search
        counts = np.bincount((self.mixed[:-1] >> self.shift).astype(np.int64), minlength=1 << bits)
        self.first = np.zeros(1 << bits, dtype=np.int32)
        np.cumsum(counts[:-1], out=self.first[1:])

    def find(self, wanted: Ints) -> tuple[Ints, NDArray[np.int32]]:
        """Which of the wanted keys are there (their numbers, rising), and the place of each among the keys."""
        mixed = wanted.view(np.uint64) * MIX
        at = self.first.take((mixed >> self.shift).view(np.int64))
        met = self.mixed.take(at)
        passed = np.flatnonzero(met < mixed)  # another key of the same slot: look at the one after it
        while len(passed):
            at[passed] += 1
            met[passed] = self.mixed.take(at[passed])
            passed = passed[met[passed] < mixed[passed]]
        found = np.flatnonzero((met == mixed) & (at < len(self.order)))
        return found, self.order.take(at.take(found))

    def has(self, wanted: Ints) -> NDArray[np.bool_]:
        """Which of the wanted keys are there."""
        out = np.zeros(len(wanted), dtype=np.bool_)
        out[self.find(wanted)[0]] = True
        return out
