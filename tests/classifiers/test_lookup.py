"""Keys are found where they are, whatever shares a slot with them, and no others."""

import numpy as np
import pytest

from classifiers.lookup import MIX, Lookup

CLOSE = [pow(int(MIX), -1, 1 << 64) * n % (1 << 64) for n in (0, 1, 2, 3, 7, (1 << 64) - 1, (1 << 64) - 2)]
"""Keys that fall into the first slot or the last."""


def found(keys: list[int], wanted: list[int]) -> dict[int, int]:
    lookup = Lookup(np.array(keys, dtype=np.uint64).view(np.int64))
    which, places = lookup.find(np.array(wanted, dtype=np.uint64).view(np.int64))
    return {wanted[i]: int(place) for i, place in zip(which, places, strict=True)}


@pytest.mark.parametrize("count", [0, 1, 2, 50, 20_000])
def test_every_key_is_found_and_no_other(count: int) -> None:
    draw = np.random.default_rng(count)
    keys = np.unique(draw.integers(-(1 << 63), (1 << 63) - 1, 2 * count)).view(np.uint64).tolist()
    draw.shuffle(keys)
    known = keys[: len(keys) // 2]
    assert found(known, keys) == {key: place for place, key in enumerate(known)}


def test_keys_that_crowd_one_slot() -> None:
    for missing in range(len(CLOSE)):
        known = CLOSE[:missing] + CLOSE[missing + 1 :]
        assert found(known, CLOSE) == {key: place for place, key in enumerate(known)}


def test_the_same_key_may_be_asked_for_twice() -> None:
    lookup = Lookup(np.array([5, 9]))
    assert lookup.has(np.array([9, 1, 9, 5])).tolist() == [True, False, True, True]
