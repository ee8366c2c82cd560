"""Where each of many 64-bit keys stands in a vocabulary: hash tables in NumPy, faster than a binary search."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

ROOM = 4
"""Slots per key in each layer: nine keys of ten find theirs free in the first."""

MIX = 0x9E3779B97F4A7C15  # 2⁶⁴ over the golden ratio (Knuth, vol. 3, 6.4): neighbouring keys land far apart
STEP = 0xD1342543DE82EF95  # from one layer's multiplier to the next (Steele and Vigna, 2021)


@dataclass(frozen=True, slots=True)
class Layer:
    """One table: slot `key * mix >> shift` holds the place of the key that got it, or −1."""

    mix: np.uint64
    shift: np.uint64
    places: NDArray[np.int32]

    def slots(self, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
        return (keys * self.mix) >> self.shift


class Lookup:
    """Built once from distinct keys. Keys whose slot is taken go on to the next, smaller layer."""

    def __init__(self, keys: Ints) -> None:
        self.keys = keys.view(np.uint64)
        self.layers: list[Layer] = []
        left, mix = np.arange(len(keys), dtype=np.int32), MIX
        while len(left):
            layer, mix = self._layer(left, mix), (mix * STEP) % 2**64 | 1
            self.layers.append(layer)
            left = left[layer.places[layer.slots(self.keys[left])] != left]

    def _layer(self, left: NDArray[np.int32], mix: int) -> Layer:
        bits = max(4, (ROOM * len(left) - 1).bit_length())
        layer = Layer(np.uint64(mix), np.uint64(64 - bits), np.full(1 << bits, -1, dtype=np.int32))
        layer.places[layer.slots(self.keys[left])] = left  # of several, the last one keeps the slot
        return layer

    def find(self, wanted: Ints) -> NDArray[np.int32]:
        """The place of each wanted key, −1 for a key that is not there."""
        keys = wanted.view(np.uint64)
        found = np.full(len(keys), -1, dtype=np.int32)
        still = np.arange(len(keys))
        for layer in self.layers:
            places = layer.places[layer.slots(keys)]
            hit = (self.keys[places] == keys) & (places >= 0)
            found[still[hit]] = places[hit]
            on = ~hit & (places >= 0)  # an empty slot: no layer has it
            still, keys = still[on], keys[on]
        return found
