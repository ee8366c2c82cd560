"""Beside routing: which rows came close and did not decide, and what each lacked. For whoever tries the table out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from models import RoutingRule
from routing.conditions import Condition, conditions_of
from routing.facts import Facts
from routing.rules import ordered

LATER, NEARLY = 3, 4  # shown at most


@dataclass(frozen=True)
class Lost:
    """`lacks`: the names of conditions that did not hold; none of them: it fits, but comes later, or is `barred`."""

    rule: RoutingRule
    lacks: tuple[str, ...] = ()
    barred: bool = False  # its unit sent the case back, or the case is about it


def runners_up(rules: Iterable[RoutingRule], areas: Mapping[str, int], facts: Facts, won: str | None) -> list[Lost]:
    """In the table's order. Nearly: of this very category, and only one other thing is amiss."""
    rows = [row for row in ordered((rule for rule in rules if rule.enabled), areas) if row.code != won]
    lost = [one for row in rows for one in _lost(row, facts)]
    later = islice((one for one in lost if not one.lacks), LATER)
    nearly = islice((one for one in lost if one.lacks and _close(one, facts)), NEARLY)
    kept = {one.rule.code for one in (*later, *nearly)}
    return [one for one in lost if one.rule.code in kept]


def _lost(row: RoutingRule, facts: Facts) -> Iterator[Lost]:
    try:
        asked = conditions_of(row)
    except (ValueError, TypeError, AttributeError):  # a broken row is told of elsewhere
        return
    yield Lost(row, _lacks(asked, facts), row.unit in facts.refused_units | facts.accused)


def _lacks(asked: Iterable[Condition], facts: Facts) -> tuple[str, ...]:
    return tuple(condition.name for condition in asked if not condition.holds(facts))


def _close(one: Lost, facts: Facts) -> bool:
    about_it = one.rule.category in (facts.item, facts.category) and one.rule.category is not None
    return about_it and len(one.lacks) == 1
