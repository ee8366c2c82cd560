"""So many times in any span, each for themselves; what was too often does not count, nor what is long ago."""

import pytest

from bot import limits
from bot.limits import KEPT_MOST, Limit, Limits
from cases.errors import TooOften

THRICE = Limit("thrice", 3, 10.0)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_any_span_not_each_minute_anew(clock: Clock) -> None:
    counted, said = Limits(clock), []
    for clock.now in (0, 4, 8, 9.9, 10, 10.1, 14, 15):
        said.append(counted.allows(THRICE, "guilan"))
    assert said == [True, True, True, False, True, False, True, False]


def test_each_for_themselves(clock: Clock) -> None:
    counted = Limits(clock)
    assert [counted.allows(THRICE, who) for who in "aaaabb"] == [True] * 3 + [False] + [True] * 2
    assert counted.allows(Limit("other", 1), "a")


def test_one_too_many_is_refused(clock: Clock) -> None:
    counted = Limits(clock)
    counted.hit(limits.TOLD, "a")
    with pytest.raises(TooOften):
        counted.hit(limits.TOLD, "a")


def test_a_town_of_people_is_not_kept_for_ever(clock: Clock) -> None:
    counted = Limits(clock)
    for who in range(KEPT_MOST):
        counted.allows(THRICE, str(who))
    clock.now = 11
    assert counted.allows(THRICE, "late") and len(counted._counted) == 1
