"""What ballots decide: quorum, majority, level votes; as a table."""

import pytest

from cases.elections import decide


@pytest.mark.parametrize(
    ("counts", "quorum", "majority", "outcome", "winner"),
    [
        ([6, 4], 5, "half", "passed", 0),
        ([5, 5], 5, "half", "tie", None),
        ([4, 6], 5, "half", "not_passed", 1),
        ([4, 0], 5, "half", "no_quorum", None),
        ([4, 0], 0, "half", "no_quorum", None),  # five is the least of all
        ([0, 0], 5, "most", "no_quorum", None),
        ([9, 1], 11, "half", "no_quorum", None),
        ([6, 3], 5, "two_thirds", "passed", 0),  # exactly two thirds is enough
        ([6, 4], 5, "two_thirds", "not_passed", 0),
        ([9, 3], 5, "three_quarters", "passed", 0),
        ([8, 3], 5, "three_quarters", "not_passed", 0),
        ([4, 3, 3], 5, "most", "passed", 0),
        ([4, 3, 3], 5, "half", "not_passed", 0),
        ([3, 4, 4], 5, "most", "tie", None),
        ([1, 3, 6], 5, "half", "passed", 2),  # of several options none is a no
    ],
)
def test_what_is_decided(counts: list[int], quorum: int, majority: str, outcome: str, winner: int | None) -> None:
    result = decide(counts, quorum, majority)
    assert (result.outcome, result.winner) == (outcome, winner)
