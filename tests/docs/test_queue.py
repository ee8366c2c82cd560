"""The simulation behind docs/scale.md against the formula known for M/M/c, and its ends."""

import numpy as np
import pytest

from benchmarks.queue_simulation import arrivals, erlang_c, mean_wait, needed, p99, services, waits


@pytest.mark.parametrize(("servers", "share"), [(1, 0.5), (2, 0.7), (4, 0.8), (8, 0.85)])
def test_as_erlang_says(servers: int, share: float) -> None:
    mean, draw = 0.01, np.random.default_rng(7)
    rate = share * servers / mean
    came = arrivals(rate, 300_000 / rate, draw)
    waited = waits(came, services(len(came), mean, 1.0, draw), servers)
    assert waited.mean() == pytest.approx(mean_wait(rate, mean, servers), rel=0.08)
    assert (waited > 0).mean() == pytest.approx(erlang_c(rate * mean, servers), rel=0.05)


def test_nobody_waits_for_a_free_one() -> None:
    came, took = np.array([0.0, 0.0, 0.0, 5.0]), np.array([1.0, 2.0, 4.0, 1.0])
    assert waits(came, took, 2).tolist() == [0.0, 0.0, 1.0, 0.0]
    assert waits(came, took, 1).tolist() == [0.0, 1.0, 3.0, 2.0]


def test_known_values_of_erlang() -> None:
    """Load 1 of 2: a third waits; 8 of 10: 0.4092 (tables of C)."""
    assert erlang_c(1, 2) == pytest.approx(1 / 3)
    assert erlang_c(8, 10) == pytest.approx(0.4092, abs=5e-4)
    assert erlang_c(3, 2) == 1.0


def test_what_is_needed_is_enough_and_one_less_is_not() -> None:
    servers = needed(400, 0.012)
    assert p99(400, 0.012, servers) <= 0.15 < p99(400, 0.012, servers - 1)
