"""What ballots decide, as plain rules: a quorum, a majority, and no decision where two are level. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

FEWEST = 5  # ballots: below it nothing is told but that they were too few
YES, NO = 0, 1  # the two options of a question
OPTIONS = range(2, 7)
LASTS = (timedelta(days=1), timedelta(days=60))
MAJORITIES: Mapping[str, tuple[Fraction, bool]] = {  # of the ballots cast; whether that share itself is enough
    "most": (Fraction(0), False),  # more than any other option
    "half": (Fraction(1, 2), False),
    "two_thirds": (Fraction(2, 3), True),
    "three_quarters": (Fraction(3, 4), True),
}


@dataclass(frozen=True)
class Result:
    outcome: str  # passed, not_passed, tie, no_quorum
    winner: int | None = None  # which option most are for; none where two are level or too few voted


def count(choices: Iterable[int], options: int) -> list[int]:
    """How many are for each option; a choice that is none counts for nothing."""
    counted = Counter(choices)
    return [counted[n] for n in range(options)]


def decide(counts: Sequence[int], quorum: int, majority: str) -> Result:
    """Below the quorum nothing is decided; level at the top neither. A question passes by its first option only."""
    cast = sum(counts)
    if cast < max(quorum, FEWEST):
        return Result("no_quorum")
    most = max(counts)
    if counts.count(most) > 1:
        return Result("tie")
    winner, (share, itself) = counts.index(most), MAJORITIES[majority]
    enough = Fraction(most, cast) >= share if itself else Fraction(most, cast) > share
    refused = len(counts) == len((YES, NO)) and winner == NO
    return Result("passed" if enough and not refused else "not_passed", winner)
